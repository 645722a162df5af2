"""Training's steps, and samples, as programs: made once, then run without the engine's code.

A step is a pure function of tensors for all numbers of steps that answer its questions alike (recorded.py), so one *program* is
made for each pattern of answers:

- `graph`: a flat graph of tensor operations, run one by one, and equal to the engine's own step bit for bit;
- `inductor`: that graph compiled by torch.compile, which fuses what is small; rounding differs;
- `cuda`: the step's kernels, captured in a CUDA graph and replayed; on a GPU alone. Samples are captured as well: some
  diffusion samplers evaluate a network a hundred times. On a CPU their blocks are large, and a program gains nothing.

What no program can be made of is run by the engine, and says why.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor
from torch.fx.experimental.proxy_tensor import make_fx
from torch.utils._python_dispatch import TorchDispatchMode

from bench.plugins import reason
from bench.training.cuda_graph import CudaGraph
from bench.training.engine import Engine
from bench.training.recorded import FIELDS, Pure, Task, Untraceable
from bench.training.state import State, Tree

How = Literal["graph", "inductor", "cuda"]
LONGEST = 5000  # operations of a step that is traced; a thousand take some ten seconds
Run = Callable[..., Sequence[Tensor]]  # tensors in, tensors out


class Program(NamedTuple):
    """A pure function, and how it is run."""

    pure: Pure
    run: Run
    nodes: int  # of its graph; 0 where it has none

    def fits(self, number: int) -> bool:
        return self.pure.fits(number)

    def __call__(self, state: State, name: str, number: int) -> Tree:
        return self.pure.whole(self.run(*self.pure.leaves(state, name, number)))


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


class TracedStep:
    """`engine.step` and `engine.sample` as programs, each made when it is first needed.

    `seconds`: what making them took so far; `why`: None, or why the engine's own step is run instead; `why_samples`: the same
    of samples.
    """

    def __init__(self, engine: Engine, how: How) -> None:
        self.engine, self.how = engine, how
        self.programs: list[Program] = []  # of steps
        self.samplers: dict[int, list[Program]] = {}  # by the size of a block
        self.seconds = 0.0
        self.why: str | None = None
        self.why_samples = None if how == "cuda" else f"samples are not run as '{how}'"
        self._last: tuple[State | None, int] = (None, 0)  # what was returned last, and its number

    def __call__(self, state: State) -> State:
        """The state after one more step."""
        number = self._number(state)
        new: State | None = None
        if self.why is None:
            try:
                with self._making():
                    program = self._found(self.programs, self._step, state, "", number)
                new = replace(state, **dict(zip(FIELDS, program(state, "", number), strict=True)), collected={})
            except _Unmade as error:
                self.why, self.programs = str(error), []
        new = new or self.engine.step(state)
        self._last = (new, number + 1)
        return new

    def sample(self, state: State, n: int) -> Tensor:
        """n samples of every seed: [S, n, *D]."""
        return self.engine.sample(state, n, draw=self._draw if self.why_samples is None else None)

    def _draw(self, state: State, name: str, size: int) -> Tensor:
        number = self._number(state)
        if self.why_samples is None:

            def task(state: State, name: str) -> Tensor:
                return self.engine.draw_samples(state, name, size)

            try:
                with self._making():
                    program = self._found(self.samplers.setdefault(size, []), task, state, name, number)
                samples: Tensor = program(state, name, number)
                return samples
            except _Unmade as error:
                self.why_samples, self.samplers = str(error), {}
        return self.engine.draw_samples(state, name, size)

    def _step(self, state: State, name: str) -> Tree:
        new = self.engine.step(state)
        return [getattr(new, field) for field in FIELDS]

    def _number(self, state: State) -> int:
        held, known = self._last
        return known if held is state else int(state.step)

    @contextmanager
    def _making(self) -> Iterator[None]:
        """What goes wrong within is a reason to do without; memory that ran out is none."""
        began, seconds = time.perf_counter(), self.seconds
        try:
            yield
        except torch.OutOfMemoryError:
            raise
        except Exception as error:
            self.seconds = seconds + time.perf_counter() - began
            raise _Unmade(reason(error)) from error

    def _found(self, held: list[Program], task: Task, state: State, name: str, number: int) -> Program:
        """The program for a step of this number, which is made where there is none."""
        program = next((p for p in held if p.fits(number)), None)
        if program is None:
            began = time.perf_counter()
            program = self._made(task, state, name, number)
            program(state, name, number)  # the first run compiles, or captures
            self.engine.synchronize()
            self.seconds += time.perf_counter() - began
            held.append(program)
        return program

    def _made(self, task: Task, state: State, name: str, number: int) -> Program:
        if self.how == "cuda":
            pure = Pure(self.engine, task, state, name, number, with_data=False)
            return Program(pure, CudaGraph(pure), 0)
        counted = _Counted()  # type: ignore[no-untyped-call]
        with counted:
            pure = Pure(self.engine, task, state, name, number, with_data=True)
        if counted.count > LONGEST:
            raise Untraceable(f"a step of {counted.count} operations takes too long to trace (at most {LONGEST})")
        graph = make_fx(pure)(*pure.leaves(state, name, number))
        graph.graph.eliminate_dead_code()
        graph.recompile()
        other = pure.leaves(state, name, number + 1)  # the same state, other noise
        if not all(map(_same, graph(*other), pure(*other))):
            raise Untraceable("it looks at numbers outside torch, and a graph would keep what it saw")
        run: Run = graph
        if self.how == "inductor":
            logging.getLogger("torch.utils.cpp_extension").setLevel(logging.ERROR)  # it tells where CUDA would be
            run = torch.compile(graph, fullgraph=True, dynamic=False)
        return Program(pure, run, len(graph.graph.nodes))


def _same(a: Tensor, b: Tensor) -> bool:
    """Bit for bit, but for what is no number."""
    return a.shape == b.shape and bool(((a == b) | ((a != a) & (b != b))).all())


class _Unmade(RuntimeError):
    """No program could be made."""
