"""What a block will cost: from earlier records of the cell, or from a very short timing."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from bench.records.store import Record
from bench.running.cells import Cell
from bench.running.job import Job
from bench.running.stepping import expected_compiling, worth_compiling
from bench.stats.outcomes import DONE
from bench.training.engine import Engine
from bench.training.game import Game
from bench.training.precision import PRECISIONS

Pace = Mapping[tuple[str, str], float]  # (data set, method) -> seconds of a block's step, everything included


def paces(records: Sequence[Record]) -> Pace:
    """Seconds that a step of a block took, by cell; of the newest record that says so."""
    found = {}
    for record in records:
        timing, steps = record.get("timing") or {}, (record.get("train") or {}).get("steps")
        seconds = [timing.get(part) for part in ("compiling", "training", "sampling", "evaluation", "probes")]
        if steps and record["status"] == DONE and any(seconds):
            found[record["dataset"]["label"], record["method"]["label"]] = sum(s or 0.0 for s in seconds) / steps
    return found


def estimate(job: Job, pace: Pace) -> float:
    """Seconds; infinite where nothing is known, so that it begins first; none for what is only judged."""
    cell = job.cell
    if job.of is not None or cell.pretrained:
        return 0.0
    return pace.get((cell.dataset.label, cell.method.label), float("inf")) * cell.train.steps


class Price(NamedTuple):
    """What training a block will take, evaluations and probes left out."""

    compiling: float  # seconds, once; 0 where nothing is compiled, or was before
    step: float  # seconds of a step, as the engine takes it

    @property
    def source(self) -> str:
        return "timing of training" + (f", {self.compiling:.0f} s to compile" if self.compiling else "")


def measure(cell: Cell, seeds: Sequence[int], device: str, seconds: float = 1.0) -> Price:
    """The price of a block of these seeds, timed for about `seconds`."""
    options, game = cell.train, cell.method.game
    assert isinstance(game, Game), "a pretrained model takes no steps"
    engine = Engine(
        game,
        cell.dataset.source.load(),
        seeds,
        cell.method.stabilizers,
        batch=options.batch,
        mapping=options.mapping,
        device=device,
        **PRECISIONS[options.precision]._asdict(),
    )
    state = engine.step(engine.init_state())  # the first step pays for caches
    engine.synchronize()
    began, steps = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        state = engine.step(state)
        engine.synchronize()
        steps += 1
    pace = (time.perf_counter() - began) / steps
    how = options.compile
    price = expected_compiling(engine) if how in ("inductor", "auto") and engine.device.type == "cpu" else 0.0
    if how == "auto" and not worth_compiling(pace * options.steps, price):
        price = 0.0
    return Price(price, pace)
