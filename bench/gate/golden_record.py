"""Records golden trajectories: what the first steps of a cell compute, from the data to the metrics.

In the order in which one thing leads to another: the data set; the first weights; losses, gradient norms and the distance
from the first weights, of every player at a few steps; moments of samples; the cell's metrics on those, and its probes.
Twenty steps make samples on which many metrics are at their worst: what the metrics read on real samples and on the null
is kept of each data set.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache, partial
from math import nan
from typing import Any, TypeVar

import torch
from torch import Tensor

from bench.data.base import Data, DataError
from bench.evaluation.evaluator import Evaluator
from bench.evaluation.outcomes import quality_column
from bench.evaluation.witnesses import null_samples
from bench.gate.golden_file import DATA, Golden, Line, Numbers
from bench.metrics.base import Metric, pick
from bench.probes.base import Probe
from bench.running import machine
from bench.running.cell_keys import THREADS
from bench.running.cells import Cell
from bench.training.engine import Engine
from bench.training.game import Game, Params
from bench.training.loop import History, train
from bench.training.precision import PRECISIONS
from bench.training.rng import Kind, NoiseTape
from bench.training.state import State

SEEDS = (0, 1)
STEPS = (1, 2, 5, 10, 20)
SAMPLES = 256
NOISE = (0, 1, 63, 64, 200)  # steps
SHAKES = 3

Sized = TypeVar("Sized", Metric, Probe)


def record(cells: Sequence[Cell]) -> Golden:
    """Train the first steps of every cell that is neither left out nor trained elsewhere. Raises DataError.

    A cell whose training raises is broken; the others go on.
    """
    torch.set_num_threads(THREADS)
    lines: list[Line] = []
    broken: dict[tuple[str, str], str] = {}
    judges: dict[str, Evaluator] = {}
    for cell in cells:
        if cell.skip or cell.pretrained:
            continue
        place = (cell.dataset.label, DATA)
        try:
            if cell.dataset.label not in judges:
                judge = Evaluator(cell.dataset.source.load(), [_small(score) for score in cell.metrics])
                judges[cell.dataset.label] = judge
                lines.append(Line(*place, 0, _of_data(judge), here()))
            place = (cell.dataset.label, cell.method.label)
            lines += _trajectory(cell, judges[cell.dataset.label])
        except DataError:
            raise
        except (Exception, SystemExit, GeneratorExit) as error:
            broken[place] = f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"
    return Golden(tuple(sorted(lines)), platform.python_version(), broken)


def shaken(cells: Sequence[Cell]) -> Callable[[Line], Sequence[Numbers]]:
    """Trajectories from first weights that are moved by half a unit in their last place: how much of a difference rounding is.

    A cell is trained again `SHAKES` times once one of its lines is asked for; data sets have no other numbers.
    """
    of = {(cell.dataset.label, cell.method.label): cell for cell in cells}

    @cache
    def again(place: tuple[str, str]) -> list[Line]:
        cell = of[place]
        judge = Evaluator(cell.dataset.source.load(), [_small(score) for score in cell.metrics])
        return [line for shake in range(SHAKES) for line in _trajectory(cell, judge, partial(_Shaken, shake))]

    def beside(line: Line) -> list[Numbers]:
        found = again((line.dataset, line.method)) if line.method else []
        return [other.numbers for other in found if other.seed == line.seed]

    return beside


class _Shaken(Engine):
    def __init__(self, shake: int, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self.shake = shake

    def init_state(self) -> State:
        state, source = super().init_state(), torch.Generator().manual_seed(self.shake)

        def moved(theta: Tensor) -> Tensor:
            up = torch.rand(theta.shape, generator=source) < 0.5
            return theta * (1 + torch.where(up, 0.5, -0.5) * torch.finfo(theta.dtype).eps)

        return replace(state, params={player: moved(theta) for player, theta in state.params.items()})


def here() -> dict[str, str]:
    """What decides how sums are rounded."""
    return {
        "machine": machine.device("cpu")["name"],
        "vectors": torch.backends.cpu.get_cpu_capability(),
        "torch": torch.__version__.partition("+")[0],
    }


@dataclass(frozen=True, kw_only=True)
class _Watch(Probe):
    """Losses, gradient norms and the distance from the first weights, of every player at the steps that are kept."""

    every: int = 1
    start: Params

    def measure(self, engine: Engine, state: State) -> dict[str, Tensor]:
        if int(state.step) not in STEPS:
            return {}
        players = engine.game.players
        batch = engine.draw_batch(state, purpose="probe")
        grads = engine.game_gradient(state, batch, players, name="golden", taped=False).grads
        norm = torch.linalg.vector_norm
        return (
            {f"loss_{p}": state.losses[p] for p in players}
            | {f"grad_norm_{p}": norm(grads[p], dim=1) for p in players}
            | {f"moved_{p}": norm(state.params[p] - self.start[p], dim=1) for p in players}
        )


def _trajectory(cell: Cell, judge: Evaluator, make: Callable[..., Engine] = Engine) -> list[Line]:
    options, game = cell.train, cell.method.game
    assert isinstance(game, Game), "a pretrained model takes no steps"
    engine = make(
        game,
        judge.data,
        SEEDS,
        cell.method.stabilizers,
        batch=options.batch,
        mapping=options.mapping,
        **PRECISIONS[options.precision]._asdict(),
    )
    start = engine.init_state().params
    history = train(engine, steps=max(STEPS), probes=[_Watch(start=start)])
    if history.probe_errors:
        raise RuntimeError("; ".join(history.probe_errors.values()))
    state = history.state
    samples = engine.sample(state, SAMPLES, purpose="golden")
    blocks = engine.sample(
        state, 80, purpose="golden", block=48
    )  # as more samples are drawn: in blocks, the last one shorter
    judged = judge(samples, state.alive)
    looked = {
        name: values
        for probe in cell.probes
        if probe.fits(engine.game)
        for name, values in _small(probe).measure(engine, state).items()
    }
    found = []
    for lane, seed in enumerate(SEEDS):
        numbers = {f"weights_{p} at step 0": _norm(theta[lane]) for p, theta in start.items()}
        numbers |= _traced(history, lane)
        numbers |= moments("samples'", samples[lane]) | moments("samples in blocks'", blocks[lane])
        numbers["network evaluations a sample"] = float(engine.nfe)
        numbers |= {f"metric {name}": nan if value is None else value for k, name, value in judged if k == lane}
        numbers |= {f"probe {name}": float(values[lane]) for name, values in looked.items()}
        found.append(Line(cell.dataset.label, cell.method.label, seed, numbers, here()))
    return found


def _noise() -> Numbers:
    """What training would draw far beyond the first steps: a tape is drawn in chunks, and these lie in several."""
    tape = NoiseTape(SEEDS[:1], torch.device("cpu"), torch.float32)
    kinds: tuple[Kind, ...] = (("normal", 0), ("uniform", 0), ("integers", 1000))
    return {
        f"noise, {kind[0]} at step {step}": float(tape.read("golden", 1, step, kind, (8,)).double().mean())
        for kind in kinds
        for step in NOISE
    }


def _of_data(judge: Evaluator) -> Numbers:
    data = judge.data
    numbers = _noise() | moments("training data's", data.x) | moments("held-out data's", data.held_out)
    for name, labels in (("training labels'", data.labels), ("held-out labels'", data.held_out_labels)):
        if labels is not None:
            numbers |= moments(name, labels[:, None])
    alive = torch.ones(1, dtype=torch.bool)
    shown = {"real data": pick(data.x, SAMPLES), "the null": null_samples(data, SAMPLES)}
    for kind, x in shown.items():
        numbers |= moments(f"{kind}'s", x)
        if len(x) == SAMPLES:  # `point` has fewer
            numbers |= {f"metric {name} on {kind}": nan if v is None else v for _, name, v in judge(x[None], alive)}
    numbers |= dict(_quality(data, judge.scores))
    return numbers


def _quality(data: Data, scores: Sequence[Metric]) -> Iterator[tuple[str, float]]:
    """The references by which quality is measured."""
    for score in scores:
        if score.names()[0].startswith("mmd_multiscale"):
            references = Evaluator(data, [score]).references()
            if (column := quality_column(references)) is not None:
                for word, value in references[column].as_record().items():
                    yield f"reference {word} of {column}", float(value)


def moments(name: str, x: Tensor) -> Numbers:
    """Of samples x [n, *D]: mean, mean square, and the mean along one fixed direction, which tells coordinates apart."""
    flat = x.double().flatten(1)
    along = torch.arange(1, flat.shape[1] + 1, dtype=flat.dtype).cos()
    found = {"mean": flat.mean(), "mean square": flat.square().mean(), "mean along a direction": (flat @ along).mean()}
    return {f"{name} {word}": float(value) for word, value in found.items()}


def _traced(history: History, lane: int) -> Numbers:
    return {
        f"{name} at step {step}": float(values[lane])
        for name, series in history.traced.items()
        for step, values in series
    }


def _norm(theta: Tensor) -> float:
    return float(torch.linalg.vector_norm(theta))


def _small(part: Sized) -> Sized:
    """The same with few samples."""
    small: dict[str, Any] = {f.name: min(getattr(part, f.name), SAMPLES) for f in fields(part) if f.name == "n"}
    return replace(part, **small)
