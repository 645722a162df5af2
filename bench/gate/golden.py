"""Golden trajectories: the first steps of training, kept number by number. A gate that needs no statistics.

Noise is a function of (seed, purpose, step, call), so the first steps of a cell are the same at every run. What is kept of
each cell, for two seeds: losses and gradient norms of every player at a few steps, moments of samples, and the cell's
metrics on those samples. A change of the code that alters what is computed shows at once; one that only re-orders sums moves
losses by some 1e-7, since twenty steps are too few for chaos to amplify it.
"""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite, nan

import torch
from torch import Tensor

from bench.data.base import Data
from bench.evaluation.evaluator import Evaluator
from bench.gate.golden_file import Golden, Line, Numbers
from bench.gate.report import Row
from bench.probes.base import Probe
from bench.running import machine
from bench.running.cells import THREADS, Cell
from bench.suite.waivers import CellMetric
from bench.training.engine import Engine
from bench.training.loop import History, train
from bench.training.state import State

SEEDS = (0, 1)
STEPS = (1, 2, 5, 10, 20)
SAMPLES = 256
NUMBERS, OF_SAMPLES = 1e-5, 1e-6  # relative tolerances on one kind of machine: of losses and gradients, and of samples
ELSEWHERE = (
    1e-3  # on another processor or version of torch: sums are taken in another order, and Adam's first steps feel it
)

SAMPLED = "samples'"  # how the names of their moments begin


@dataclass(frozen=True)
class Difference:
    """Where a trajectory first leaves the recorded one."""

    line: Line
    quantity: str
    before: float
    after: float
    others: int = 0  # quantities of the same line that differ too

    def __str__(self) -> str:
        more = f", and {self.others} more" if self.others else ""
        return f"{self.line.label}: {self.quantity} was {self.before:.9g} and is {self.after:.9g}{more}"


@dataclass(frozen=True, kw_only=True)
class _Watch(Probe):
    """Losses and gradient norms of every player, at every step."""

    every: int = 1

    def measure(self, engine: Engine, state: State) -> dict[str, Tensor]:
        players = engine.game.players
        batch = engine.draw_batch(state, purpose="probe")
        grads = engine.game_gradient(state, batch, players, name="golden", taped=False).grads
        norms = {f"grad_norm_{p}": torch.linalg.vector_norm(grads[p], dim=1) for p in players}
        return {f"loss_{p}": state.losses[p] for p in players} | norms


def record(cells: Sequence[Cell]) -> Golden:
    """Train the first steps of every cell that is not left out. Raises DataError where the data can't be had."""
    torch.set_num_threads(THREADS)
    lines: list[Line] = []
    loaded: dict[str, Data] = {}
    for cell in cells:
        if not cell.skip:
            data = loaded.setdefault(cell.dataset.label, cell.dataset.source.load())
            lines += _trajectory(cell, data)
    return Golden(tuple(sorted(lines)), here())


def here() -> dict[str, str]:
    """What decides how sums are rounded."""
    return {
        "machine": machine.device("cpu")["name"],
        "torch": torch.__version__.partition("+")[0],
        "python": platform.python_version(),
    }


def _trajectory(cell: Cell, data: Data) -> list[Line]:
    options = cell.train
    engine = Engine(
        cell.method.game,
        data,
        SEEDS,
        cell.method.stabilizers,
        batch=options.batch,
        mapping=options.mapping,
        dtype=getattr(torch, options.precision),
    )
    history = train(engine, steps=max(STEPS), probes=[_Watch()])
    if history.probe_errors:
        raise RuntimeError(f"{cell.label}: {'; '.join(history.probe_errors.values())}")
    samples = engine.sample(history.state, SAMPLES, purpose="golden")
    few = [replace(score, n=min(score.n, SAMPLES)) for score in cell.metrics]
    judged = Evaluator(data, few)(samples, history.state.alive) if few else []
    found = []
    for lane, seed in enumerate(SEEDS):
        numbers = _traced(history, lane) | _moments(samples[lane].double().flatten(1))
        numbers |= {f"metric {name}": nan if value is None else value for k, name, value in judged if k == lane}
        found.append(Line(cell.dataset.label, cell.method.label, seed, numbers))
    return found


def _traced(history: History, lane: int) -> Numbers:
    return {
        f"{name} at step {step}": float(values[lane])
        for name, series in history.traced.items()
        for step, values in series
        if step in STEPS
    }


def _moments(x: Tensor) -> Numbers:
    """Of samples x [n, F]: mean, mean square, and the mean along one fixed direction, which tells coordinates apart."""
    along = torch.arange(1, x.shape[1] + 1, dtype=x.dtype).cos()
    named = {"mean": x.mean(), "mean square": x.square().mean(), "mean along a direction": (x @ along).mean()}
    return {f"{SAMPLED} {name}": float(value) for name, value in named.items()}


def compare(before: Golden, after: Golden) -> list[Difference]:
    """The first difference of every line that both have; empty where all are the same within the tolerances."""
    exact = all(before.made.get(k) == after.made.get(k) for k in ("machine", "torch"))
    known = {(line.dataset, line.method, line.seed): line for line in before.lines}
    found = []
    for line in after.lines:
        old = known.get((line.dataset, line.method, line.seed))
        if old is None:
            continue
        names = [*old.numbers, *(name for name in line.numbers if name not in old.numbers)]
        apart = [
            (name, old.numbers.get(name, nan), line.numbers.get(name, nan))
            for name in sorted(names, key=_order)
            if name not in old.numbers or name not in line.numbers
            or _differ(name, old.numbers, line.numbers, exact)
        ]  # fmt: skip
        if apart:
            found.append(Difference(line, *apart[0], others=len(apart) - 1))
    return found


def rows(changed: Sequence[Difference]) -> list[Row]:
    """The differences as rows of the gate's report, the first seed of each cell alone."""
    found: dict[tuple[str, str], Row] = {}
    for one in changed:
        key = CellMetric(one.line.dataset, one.line.method, one.quantity)
        why = f"{one}; 'bench golden record' accepts it"
        found.setdefault(
            key[:2], Row(key, "trajectory", "changed", median=one.after, median_baseline=one.before, reason=why)
        )
    return list(found.values())


def missing(before: Golden, after: Golden) -> tuple[list[str], list[str]]:
    """Cells that were never recorded, and recorded ones that are no more: `data set / method`."""
    cells = [dict.fromkeys(f"{line.dataset} / {line.method}" for line in golden.lines) for golden in (after, before)]
    return [c for c in cells[0] if c not in cells[1]], [c for c in cells[1] if c not in cells[0]]


def report(before: Golden, after: Golden, everything: bool = True) -> tuple[bool, list[str]]:
    """Whether nothing has changed, and what is to be said; `everything`: the whole suite was looked at."""
    changed = compare(before, after)
    new, gone = missing(before, after)
    said = [f"changed: {difference}" for difference in changed]
    said += [f"never recorded: {cell}; run 'bench golden record'" for cell in new]
    said += [f"recorded, and no more in the suite: {cell}; run 'bench golden record'" for cell in gone if everything]
    other = [
        f"{k} {before.made.get(k)}, here {after.made.get(k)}"
        for k in ("machine", "torch")
        if before.made.get(k) != after.made.get(k)
    ]
    how = f"within {ELSEWHERE:g}, since they were recorded on {'; '.join(other)}" if other else f"within {NUMBERS:g}"
    same = not changed and not new and not (everything and gone)
    said.append(f"golden trajectories: {len(after.lines)} compared {how}: {'the same' if same else 'not the same'}")
    return same, said


def _order(name: str) -> tuple[int, int, str]:
    """Earlier steps first, then samples, then metrics."""
    words = name.split()
    return (0, int(words[-1]), name) if "at step" in name else (1 + name.startswith("metric"), 0, name)


def _differ(name: str, before: Numbers, after: Numbers, exact: bool) -> bool:
    """Relative to the larger of the two; a mean of samples to their root mean square, since it may be near 0."""
    a, b = before[name], after[name]
    if not (isfinite(a) and isfinite(b)):
        return isfinite(a) != isfinite(b)
    scale = max(abs(a), abs(b))
    if name.startswith(SAMPLED):
        scale = max(scale, before.get(f"{SAMPLED} mean square", 0.0) ** 0.5)
    tolerance = (OF_SAMPLES if name.startswith(SAMPLED) else NUMBERS) if exact else ELSEWHERE
    return abs(a - b) > tolerance * scale + 1e-3 * tolerance
