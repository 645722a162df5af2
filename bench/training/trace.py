"""A step that is traced once into a flat graph of tensor operations, and run as that.

A step is a pure function of the state, the batch's rows and the noise. All that it asks of the host is the number of the step:
to read noise, and for the ordinary `if` of what comes every so many steps (`Rng.decides`). So it is traced once for each
pattern of answers, with what it reads as inputs: one *program* a pattern. A program is

- `graph`: run as it is, operation by operation, and equal to the engine's own step bit for bit;
- `inductor`: compiled by torch.compile, which fuses what is small; rounding differs;
- `cuda`: captured in a CUDA graph and replayed; on a GPU alone.

What can't be traced, or not be compiled here, is run by the engine, and says why.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor
from torch.fx import GraphModule
from torch.fx.experimental.proxy_tensor import make_fx
from torch.utils import _pytree as pytree
from torch.utils._python_dispatch import TorchDispatchMode

from bench.plugins import reason
from bench.training.cuda_graph import CudaGraph
from bench.training.engine import Engine
from bench.training.rng import Kind, NoiseTape
from bench.training.seed_axis import no_host
from bench.training.state import State

How = Literal["graph", "inductor", "cuda"]
LONGEST = 5000  # operations of a step that is traced; a thousand take some ten seconds
Run = Callable[..., Sequence[Tensor]]  # tensors in, tensors out, in the order of the trees that they are the leaves of
FIELDS = tuple(field.name for field in fields(State) if field.name != "collected")  # which is empty between steps


class Untraceable(RuntimeError):
    """A step asks for what no graph can hold."""


class Read(NamedTuple):
    """A draw of noise by its name: what `NoiseTape.read` is asked for, without the step."""

    purpose: str
    call: int
    kind: Kind
    shape: tuple[int, ...]


class Decision(NamedTuple):
    """A question about the number of the step, and the answer with which a program was traced."""

    question: Callable[[int], bool]
    answer: bool


class Program(NamedTuple):
    """A step as a function of tensors, for all numbers of steps that answer its decisions as the traced one did."""

    run: Run
    reads: tuple[Read, ...]
    decisions: tuple[Decision, ...]
    structure: pytree.TreeSpec  # of what comes out
    nodes: int

    def fits(self, number: int) -> bool:
        return all(question(number) == answer for question, answer in self.decisions)


def operations(engine: Engine, state: State) -> int:
    """How many tensor operations a step is, about as many as its graph has nodes; it is taken for that."""
    counted = _Counted()  # type: ignore[no-untyped-call]
    with counted:
        engine.step(state)
    return counted.count


class _Counted(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts what is asked of tensors, and does it."""

    count: int = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.count += 1
        return func(*args, **(kwargs or {}))


class Recorder(NoiseTape):
    """In the place of an engine's noise for one step: notes what it reads and decides; then hands out rows from outside."""

    def __init__(self, noise: NoiseTape, number: int) -> None:
        super().__init__(noise.seeds, noise.device, noise.dtype)
        self.noise, self.at = noise, number
        self.reads: dict[Read, Tensor | None] = {}
        self.decisions: list[Decision] = []
        self.given = False

    def number(self, step: Tensor) -> int:
        return self.at

    def read(self, purpose: str, call: int, step: int, kind: Kind, shape: tuple[int, ...]) -> Tensor:
        name = Read(purpose, call, kind, shape)
        if not self.given:
            self.reads[name] = None
            return self.noise.read(purpose, call, step, kind, shape)
        row = self.reads.get(name)
        if row is None:
            raise Untraceable(f"it reads other noise each time that it is run ({purpose})")
        return row

    def decides(self, step: int, question: Callable[[int], bool]) -> bool:
        answer = question(step)
        if not self.given:
            self.decisions.append(Decision(question, answer))
        return answer

    def once(self, purpose: str, call: int, step: int, kind: Kind, shape: tuple[int, ...]) -> Tensor:
        raise Untraceable(f"training reads noise that is no training's ({purpose})")

    def once_alone(self, lane: int, purpose: str, call: int, step: int, kind: Kind, shape: tuple[int, ...]) -> Tensor:
        raise Untraceable(f"training reads noise that is no training's ({purpose})")


class TracedStep:
    """`engine.step` as programs, each made when a step first needs it.

    `seconds`: what tracing and compiling took so far; `why`: None, or why the engine's own step is run instead.
    """

    def __init__(self, engine: Engine, how: How) -> None:
        self.engine, self.how = engine, how
        self.programs: list[Program] = []
        self.seconds = 0.0
        self.why: str | None = None
        self._last: tuple[State | None, int] = (None, 0)  # what was returned last, and its number

    def __call__(self, state: State) -> State:
        """The state after one more step."""
        held, known = self._last
        number = known if held is state else int(state.step)
        new = self._run(state, number) if self.why is None else None
        if new is None:
            new = self.engine.step(state)
        self._last = (new, number + 1)
        return new

    def _run(self, state: State, number: int) -> State | None:
        """The next state; None where it can't be traced or compiled, which is then known (`why`)."""
        program = next((p for p in self.programs if p.fits(number)), None)
        if program is not None:
            return self._after(program, program.run(*self._inputs(program.reads, state, number)), state)
        began = time.perf_counter()
        try:
            program = self.trace(state, number)
            compiled = program._replace(run=self._compiled(program.run))
            found = compiled.run(*self._inputs(program.reads, state, number))  # inductor compiles at the first call
        except torch.OutOfMemoryError:
            raise
        except Exception as error:
            self.why, self.programs = reason(error), []
            return None
        finally:
            self.engine.synchronize()
            self.seconds += time.perf_counter() - began
        self.programs.append(compiled)
        return self._after(compiled, found, state)

    def trace(self, state: State, number: int) -> Program:
        """The program of a step: the engine takes it twice, once to see what it reads and once to be traced."""
        engine, recorder = self.engine, Recorder(self.engine.noise, number)
        with _watched(engine, recorder):
            count = operations(engine, state)
        if count > LONGEST:
            raise Untraceable(f"a step of {count} operations takes too long to trace (at most {LONGEST})")
        reads = tuple(recorder.reads)
        structure: list[pytree.TreeSpec] = []
        recorder.given = True

        def pure(*leaves: Tensor) -> list[Tensor]:
            parts, x, y, rows = pytree.tree_unflatten(list(leaves), spec)
            recorder.reads = dict(zip(reads, rows, strict=True))
            with _watched(engine, recorder, x, y):
                new = engine.step(State(**dict(zip(FIELDS, parts, strict=True))))
            found, tree = pytree.tree_flatten([getattr(new, name) for name in FIELDS])
            structure.append(tree)
            return [leaf.clone() if any(leaf is given for given in leaves) else leaf for leaf in found]

        leaves, spec = pytree.tree_flatten(self._tree(reads, state, number))
        graph = make_fx(pure)(*leaves)
        graph.graph.eliminate_dead_code()
        graph.recompile()
        return Program(graph, reads, tuple(recorder.decisions), structure[-1], len(graph.graph.nodes))

    def _compiled(self, graph: Run) -> Run:
        assert isinstance(graph, GraphModule)
        if self.how == "inductor":
            logging.getLogger("torch.utils.cpp_extension").setLevel(logging.ERROR)  # it tells where CUDA would be
            return torch.compile(graph, fullgraph=True, dynamic=False)
        return CudaGraph(graph) if self.how == "cuda" else graph

    def _tree(self, reads: Sequence[Read], state: State, number: int) -> Any:
        rows = [self.engine.noise.read(r.purpose, r.call, number, r.kind, r.shape) for r in reads]
        return [getattr(state, name) for name in FIELDS], self.engine.x, self.engine.y, rows

    def _inputs(self, reads: Sequence[Read], state: State, number: int) -> list[Tensor]:
        return pytree.tree_leaves(self._tree(reads, state, number))

    def _after(self, program: Program, found: Sequence[Tensor], state: State) -> State:
        parts = pytree.tree_unflatten(list(found), program.structure)
        return replace(state, **dict(zip(FIELDS, parts, strict=True)), collected={})


@contextmanager
def _watched(engine: Engine, recorder: Recorder, x: Tensor | None = None, y: Tensor | None = None) -> Iterator[None]:
    """The engine with other noise and other copies of its data, which asks the host for nothing."""
    held = engine.noise, engine.x, engine.y
    engine.noise = recorder
    if x is not None:
        engine.x, engine.y = x, y
    try:
        with no_host():
            yield
    finally:
        engine.noise, engine.x, engine.y = held
