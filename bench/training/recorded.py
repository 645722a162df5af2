"""What is computed of a state, as a pure function of tensors.

A step asks its surroundings for two things: rows of noise, and the number of the step for the ordinary `if` of what comes every
so many steps (`Rng.decides`). `Pure` watches it once, and is then that function with the noise as arguments, good for every
step that answers the questions alike. So it can be traced (trace.py) or captured (cuda_graph.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from typing import Any, NamedTuple

from torch import Tensor
from torch.utils import _pytree as pytree

from bench.training.engine import Engine
from bench.training.rng import Kind, NoiseTape
from bench.training.seed_axis import no_host
from bench.training.state import State, Tree

FIELDS = tuple(field.name for field in fields(State) if field.name != "collected")  # which is empty between steps
Task = Callable[
    [State, str], Tree
]  # what an engine computes of a state; the text names the noise, "" where it does so itself


class Untraceable(RuntimeError):
    """A step asks for what no program can hold."""


class Read(NamedTuple):
    """A draw of noise by its name: what a `NoiseTape` is asked for, without the step."""

    purpose: str  # what follows the name that the task was given
    call: int
    kind: Kind
    shape: tuple[int, ...]
    taped: bool

    def rows(self, noise: NoiseTape, name: str, number: int) -> Tensor:
        """[S, *shape] at a step."""
        source = noise.read if self.taped else noise.once
        return source(name + self.purpose, self.call, number, self.kind, self.shape)


class Decision(NamedTuple):
    """A question about the number of the step, and the answer when it was watched."""

    question: Callable[[int], bool]
    answer: bool


class Recorder(NoiseTape):
    """In the place of an engine's noise: notes what is read and decided; then hands out rows from outside."""

    def __init__(self, noise: NoiseTape, name: str, number: int) -> None:
        super().__init__(noise.seeds, noise.device, noise.dtype)
        self.noise, self.name, self.at = noise, name, number
        self.reads: dict[Read, Tensor] = {}
        self.decisions: list[Decision] = []
        self.given = False

    def number(self, step: Tensor) -> int:
        return self.at

    def read(self, purpose: str, call: int, step: int, kind: Kind, shape: tuple[int, ...]) -> Tensor:
        return self._rows(Read(purpose.removeprefix(self.name), call, kind, shape, taped=True))

    def once(self, purpose: str, call: int, step: int, kind: Kind, shape: tuple[int, ...]) -> Tensor:
        return self._rows(Read(purpose.removeprefix(self.name), call, kind, shape, taped=False))

    def once_alone(self, lane: int, purpose: str, call: int, step: int, kind: Kind, shape: tuple[int, ...]) -> Tensor:
        return self.once(purpose, call, step, kind, shape)[lane]

    def decides(self, step: int, question: Callable[[int], bool]) -> bool:
        answer = question(step)
        if not self.given:
            self.decisions.append(Decision(question, answer))
        return answer

    def _rows(self, read: Read) -> Tensor:
        if read not in self.reads:
            if self.given:
                raise Untraceable(f"it reads other noise each time that it is run ({self.name}{read.purpose})")
            self.reads[read] = read.rows(self.noise, self.name, self.at)
        return self.reads[read]


class Pure:
    """A task at a step, with its noise as arguments: tensors in, tensors out, the leaves of trees.

    `with_data`: the data are arguments, too; else they stay where they are in memory.
    """

    def __init__(self, engine: Engine, task: Task, state: State, name: str, number: int, *, with_data: bool) -> None:
        """The task is run once, to see what it reads."""
        self.engine, self.task, self.name, self.with_data = engine, task, name, with_data
        self.recorder = Recorder(engine.noise, name, number)
        with self._watched():
            self.structure = pytree.tree_structure(task(state, name))
        self.reads, self.decisions = tuple(self.recorder.reads), tuple(self.recorder.decisions)
        self.recorder.given = True
        self.recorder.reads = {}
        self.inputs = pytree.tree_structure(self._tree(state, name, number))

    def fits(self, number: int) -> bool:
        """Whether a step of this number is the same function."""
        return all(question(number) == answer for question, answer in self.decisions)

    def leaves(self, state: State, name: str, number: int) -> list[Tensor]:
        """What it is a function of."""
        return pytree.tree_leaves(self._tree(state, name, number))

    def whole(self, found: Sequence[Tensor]) -> Tree:
        """What it returned, as the task returns it."""
        return pytree.tree_unflatten(list(found), self.structure)

    def __call__(self, *leaves: Tensor) -> list[Tensor]:
        parts, data, rows = pytree.tree_unflatten(list(leaves), self.inputs)
        self.recorder.reads = dict(zip(self.reads, rows, strict=True))
        try:
            with self._watched(*data):
                found = pytree.tree_leaves(self.task(State(**dict(zip(FIELDS, parts, strict=True))), self.name))
        finally:
            self.recorder.reads = {}
        return [leaf.clone() if any(leaf is given for given in leaves) else leaf for leaf in found]

    def _tree(self, state: State, name: str, number: int) -> Any:
        rows = [read.rows(self.engine.noise, name, number) for read in self.reads]
        data = [self.engine.x, self.engine.y] if self.with_data else []
        return [getattr(state, field) for field in FIELDS], data, rows

    @contextmanager
    def _watched(self, *data: Any) -> Iterator[None]:
        """The engine with other noise and other copies of its data, which asks the host for nothing."""
        engine = self.engine
        held = engine.noise, engine.x, engine.y
        engine.noise = self.recorder
        if data:
            engine.x, engine.y = data
        try:
            with no_host():
                yield
        finally:
            engine.noise, engine.x, engine.y = held
