"""train(): the only loop over steps, with its probes, evaluations and checkpoints."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor
from torch.utils import _pytree as pytree

from bench.plugins import reason, word_of
from bench.plugins.surroundings import unchanged_settings
from bench.training.engine import Engine
from bench.training.game import Game
from bench.training.state import State
from bench.training.untouched import WroteInPlace, untouched, version

CHUNK = 100  # steps after which training looks who is alive, at least
PAUSE = 1.0  # seconds after which it looks at the clock


class Row(NamedTuple):
    """One number of one seed; None where the seed has none (it has diverged, or its samples are not finite)."""

    seed: int
    step: int
    name: str
    value: float | None


class SampleEvaluator(Protocol):
    """Turns samples into numbers (evaluation/evaluator.py)."""

    @property
    def n(self) -> int:
        """How many samples of each seed it needs."""
        ...

    def __call__(
        self, samples: Tensor, alive: Tensor, errors: dict[str, str]
    ) -> Sequence[tuple[int, str, float | None]]:
        """samples [S, n, *D], alive [S] -> (index of the seed, name, value).

        `errors`: name -> why it can't be measured. What breaks now is added; what broke before is not tried again.
        """
        ...


class Probe(Protocol):
    """Measures training without changing it (probes/base.py)."""

    @property
    def every(self) -> int:
        """Steps between two measurements."""
        ...

    def fits(self, game: Game) -> bool: ...
    def names(self, game: Game) -> tuple[str, ...] | None: ...
    def measure(self, engine: Engine, state: State) -> dict[str, Tensor]: ...


class Checkpoint(Protocol):
    """Where a run is saved until it is finished."""

    def load(self) -> dict[str, Any] | None: ...
    def save(self, saved: dict[str, Any]) -> None: ...
    def due(self) -> bool: ...


class Traced(Protocol):
    """The engine's step and samples as programs (trace.py)."""

    seconds: float  # that making them took so far

    def __call__(self, state: State) -> State: ...
    def sample(self, state: State, n: int) -> Tensor: ...


class Progress(Protocol):
    def __call__(self, step: int, alive: int, steps: int) -> None: ...


@dataclass
class History:
    """The result of a run: its last state and everything that was measured on the way."""

    state: State
    seeds: tuple[int, ...]
    scores: list[Row] = field(default_factory=list)
    traced: dict[str, list[tuple[int, Tensor]]] = field(
        default_factory=lambda: defaultdict(list)
    )  # name -> (step, [S])
    timing: dict[str, float] = field(default_factory=lambda: defaultdict(float))  # seconds by phase
    metric_errors: dict[str, str] = field(default_factory=dict)  # name of a score -> why it is not measured any more
    probe_errors: dict[str, str] = field(default_factory=dict)  # word of a probe -> why it is not asked any more
    probe_of: dict[str, str] = field(default_factory=dict)  # name of a trace -> word of its probe
    kept: dict[str, Any] = field(default_factory=dict)  # what a watcher wants to find again after an interrupt
    stopped: bool = False  # whether a deadline cut the run short

    @property
    def traces(self) -> list[Row]:
        """The probes' numbers, one row a seed; a seed's rows end where it diverged."""
        died_at = self.state.died_at.tolist()
        return [
            Row(seed, step, name, value)
            for name, series in self.traced.items()
            for step, values in series
            for seed, died, value in zip(self.seeds, died_at, values.tolist(), strict=True)
            if died < 0 or step <= died
        ]

    def save(self) -> dict[str, Any]:
        """Plain dicts, lists and tensors: what a checkpoint file holds."""
        return {
            "state": {**vars(self.state)},
            "scores": [tuple(row) for row in self.scores],
            "traced": {
                name: (torch.tensor([step for step, _ in series]), torch.stack([values for _, values in series]))
                for name, series in self.traced.items()
            },
            "timing": dict(self.timing),
            "kept": dict(self.kept),
            "errors": (dict(self.metric_errors), dict(self.probe_errors), dict(self.probe_of)),
        }

    @classmethod
    def load(cls, saved: dict[str, Any], engine: Engine) -> History:
        """What was saved, without what was measured at the very last step: an interrupt may have cut that short."""
        history = cls(engine.to_device(State(**saved["state"])), engine.seeds)
        now = int(history.state.step)
        history.scores = [Row(*row) for row in saved["scores"] if row[1] < now]
        for name, (steps, values) in saved["traced"].items():
            history.traced[name] = [(step, v) for step, v in zip(steps.tolist(), values, strict=True) if step < now]
        history.timing.update(saved["timing"])
        history.kept = pytree.tree_map(lambda x: x.to(engine.device), dict(saved.get("kept", {})))
        history.metric_errors, history.probe_errors, history.probe_of = map(dict, saved["errors"])
        return history


def train(
    engine: Engine,
    *,
    steps: int,
    evaluate_every: int = 0,
    probes: Sequence[Probe] = (),
    evaluator: SampleEvaluator | None = None,
    checkpoint: Checkpoint | None = None,
    progress: Progress | None = None,
    deadline: float | None = None,
    metric_errors: Mapping[str, str] | None = None,
    watch: Callable[[History, Tensor], None] | None = None,
    traced: Traced | None = None,
) -> History:
    """Train all seeds of an engine for `steps` steps, or until all have diverged or `deadline` (time.monotonic()) has passed.

    The evaluator gets samples every `evaluate_every` steps (0: never on the way) and at the end. A checkpoint that is due is
    saved before anything is measured, which may take long; an interrupt saves one and is passed on. One that is found is
    continued, bit for bit on the same kind of device. A metric or a probe that raises is not asked again, and training goes
    on: `History.metric_errors`, `probe_errors`. `metric_errors`: those that broke before. `watch` is shown the history after
    every evaluation, and its samples [S, n, *D]. `traced`: the engine's step and samples, run otherwise.
    """
    saved = checkpoint.load() if checkpoint else None
    history = History.load(saved, engine) if saved else History(engine.init_state(), engine.seeds)
    history.metric_errors |= metric_errors or {}
    fitting = [probe for probe in probes if probe.fits(engine.game)]
    cadences = [CHUNK, *(probe.every for probe in fitting), evaluate_every]
    step, alive = int(history.state.step), int(history.state.alive.sum())
    advance = traced or engine.step

    def evaluate(evaluator: SampleEvaluator) -> None:
        samples = _evaluate(history, engine, evaluator, step, traced)
        if watch:
            watch(history, samples)

    def look() -> None:
        for probe in fitting:
            if step % probe.every == 0:
                with clock(history, engine, "probes"):
                    _probe(history, engine, probe, step)
        if evaluator and (step == steps or (evaluate_every and step % evaluate_every == 0)):
            evaluate(evaluator)

    try:
        if saved and step:
            look()
        while step < steps and not history.stopped and (alive or not _at(step, cadences)):
            with clock(history, engine, "training", traced):
                until, pause = _next(step, cadences, steps), time.monotonic() + PAUSE
                while step < until:
                    history.state = advance(history.state)
                    step += 1
                    if time.monotonic() > pause:
                        break
                alive = int(history.state.alive.sum())
            if checkpoint and checkpoint.due():
                checkpoint.save(history.save())
            look()
            if progress:
                progress(step, alive, steps)
            if deadline is not None and time.monotonic() > deadline and step < steps:
                history.stopped = True
        if evaluator and (not history.scores or history.scores[-1].step != step):
            evaluate(evaluator)
    except KeyboardInterrupt:
        if checkpoint:
            checkpoint.save(history.save())
        raise
    return history


def _next(step: int, cadences: list[int], steps: int) -> int:
    """The next step at which something is due."""
    return min([steps] + [(step // every + 1) * every for every in cadences if every])


def _at(step: int, cadences: list[int]) -> bool:
    """Whether something is due at a step, however the clock divided the way there."""
    return any(step % every == 0 for every in cadences if every)


def _probe(history: History, engine: Engine, probe: Probe, step: int) -> None:
    """One measurement. Memory of the device that runs out concerns more than the probe, and so do data that it
    wrote into: passed on."""
    word = word_of(type(probe))
    if word in history.probe_errors:
        return
    message = f"the probe {word} writes into the data that it is shown: clone them first"
    try:
        with unchanged_settings(), untouched([engine.x, engine.data.x, engine.data.held_out], version, message):
            measured = probe.measure(engine, copied(history.state))
        found = {name: values.detach().clone() for name, values in measured.items()}
        said = probe.names(engine.game)
        for name, values in found.items():
            if said is not None and name not in said:
                raise ValueError(f"{name!r} is measured and not said: add it to the probe's columns")
            if values.shape != (len(engine.seeds),) or values.is_complex():
                kind = f"shape {list(values.shape)} and the type {values.dtype}"
                raise ValueError(f"{name} has the {kind}; one real number a seed is asked for")
            if history.probe_of.get(name, word) != word or not isinstance(name, str):
                raise ValueError(
                    f"{name!r} is what {history.probe_of.get(name, 'no text')} measures: name it otherwise"
                )
    except (torch.OutOfMemoryError, WroteInPlace):
        raise
    except (Exception, SystemExit, GeneratorExit) as error:
        history.probe_errors[word] = reason(error)
        return
    for name, values in found.items():
        history.traced[name].append((step, values))
        history.probe_of[name] = word


def copied(state: State) -> State:
    """The same numbers elsewhere: whoever is given them may write into them, and training does not notice."""
    return State(**pytree.tree_map(lambda x: x.clone() if isinstance(x, Tensor) else x, vars(state)))


def _evaluate(history: History, engine: Engine, evaluator: SampleEvaluator, step: int, traced: Traced | None) -> Tensor:
    """Scores of this step join the history; the samples [S, n, *D] that they are of."""
    with clock(history, engine, "sampling", traced):
        samples = (traced or engine).sample(history.state, evaluator.n)
    with clock(history, engine, "evaluation"):
        rows = evaluator(samples, history.state.alive, history.metric_errors)
    history.scores += [Row(engine.seeds[k], step, name, value) for k, name, value in rows]
    return samples


@contextmanager
def clock(history: History, engine: Engine, phase: str, traced: Traced | None = None) -> Iterator[None]:
    """Adds the seconds that a phase took, less those in which programs were made; a GPU is waited for on both sides."""
    engine.synchronize()
    began, made = time.perf_counter(), traced.seconds if traced else 0.0
    yield
    engine.synchronize()
    making = traced.seconds - made if traced else 0.0
    history.timing["compiling"] += making
    history.timing[phase] += time.perf_counter() - began - making
