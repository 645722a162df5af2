"""One block of seeds of one cell: train it, evaluate it, write its record."""

from __future__ import annotations

import platform
import time
import traceback
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from bench.data.base import Data, DataSource
from bench.evaluation.evaluator import Evaluator
from bench.evaluation.outcomes import endings, judging, no_judgement, quality_column, quality_rows
from bench.evaluation.references import Reference
from bench.metrics.base import Metric
from bench.plugins import first_line, reason, word_of
from bench.probes.base import Probe
from bench.records import sample_sheet, store
from bench.running import machine
from bench.running.cells import THREADS, Cell, describe
from bench.running.checkpoint import Checkpoint
from bench.running.spend import spend_per_step
from bench.stats.outcomes import DIVERGED, DONE, ERROR, INFRA, INTERRUPTED, OK, OOM, TIMEOUT, Outcome, ended
from bench.suite.seeds_section import night_of
from bench.training.engine import Engine
from bench.training.loop import History, Progress, train
from bench.training.state import State

KEPT_POINTS, KEPT_IMAGES = 2500, 64  # samples of a seed that a record keeps


@dataclass(frozen=True)
class Job:
    """What a worker is given; it can be sent to another process."""

    cell: Cell
    seeds: tuple[int, ...]
    root: Path  # results/<suite>
    device: str = "cpu"
    commit: str | None = None  # of the program that runs

    @property
    def label(self) -> str:
        return f"{self.cell.label} · {store.block_name(self.seeds)}"

    @property
    def checkpoint(self) -> Path:
        return self.root / store.RUNNING / self.cell.folder / f"{store.block_name(self.seeds)}.pt"


@dataclass(frozen=True)
class JobResult:
    """How a job ended."""

    status: str
    reason: str | None = None
    folder: Path | None = None
    errors: tuple[str, ...] = ()  # metrics and probes that broke: what and why


class NoData(RuntimeError):
    """A data set that can't be loaded: no method's fault, and no seed's outcome."""


def run(job: Job, progress: Progress | None = None) -> JobResult:
    """Train and evaluate one block and write its record, whatever happens; raises only where no record can be written."""
    started = time.perf_counter()
    try:
        return _train(job, progress, started)
    except KeyboardInterrupt:
        return failed(job, INTERRUPTED, "stopped; the next run continues from its last checkpoint")
    except NoData as error:
        return failed(job, INFRA, str(error), traceback.format_exc())
    except Exception as error:
        memory = isinstance(error, MemoryError | torch.OutOfMemoryError) or "not enough memory" in str(error)
        return failed(
            job, OOM if memory else ERROR, f"{type(error).__name__}: {first_line(error)}", traceback.format_exc()
        )


def failed(job: Job, why: Outcome, reason: str, log: str = "") -> JobResult:
    """Write the record of a block that came to no result; its traceback goes into log.txt beside it."""
    record = about(job) | {"status": why.name, "reason": reason}
    record["seeds"] = [{"seed": seed, "outcome": None, "step": None} for seed in job.seeds]

    def keep(folder: Path) -> None:
        if log:
            (folder / "log.txt").write_text(log, encoding="utf-8")

    return JobResult(why.name, reason, store.commit(job.root, job.cell.folder, record, more=keep))


def about(job: Job) -> dict[str, Any]:
    """What a record says of a cell before anything was run."""
    cell = job.cell
    return {
        "suite": cell.suite,
        "asks": cell.asks,
        "dataset": {"label": cell.dataset.label, "call": cell.dataset.call, **describe(cell.dataset.source)},
        "method": {
            "label": cell.method.label,
            "call": cell.method.call,
            "model": cell.method.model,
            "stabilizers": list(cell.method.stabilizer_calls),
            "options": [describe(part) for part in (cell.method.game, *cell.method.stabilizers)],
        },
        "key": cell.key,
        "train": asdict(cell.train),
        "timeout": cell.timeout,
        "mapping": cell.train.mapping,
        "lanes": len(job.seeds),
        "precision": cell.train.precision,
        "threads": THREADS,
        "versions": {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__},
        "device": machine.device(job.device),
        "commit": job.commit,
        "night": night_of(job.seeds),
        "code": cell.code[:16],
        **cell.tuning,
        "created": datetime.now(UTC).isoformat(timespec="microseconds"),
    }


@lru_cache(maxsize=1)
def _evaluation(
    source: DataSource, scores: tuple[Metric, ...], cache: Path
) -> tuple[Data, Evaluator, dict[str, Reference], dict[str, str]]:
    """The data, its evaluator, what its metrics read on real data and on the null, and why some broke there.

    Kept for the next block on the same data.
    """
    try:
        data = source.load()
    except MemoryError:
        raise
    except Exception as error:
        raise NoData(f"the data set {word_of(type(source))} can't be loaded: {reason(error)}") from error
    evaluator, errors = Evaluator(data, scores, cache), dict[str, str]()
    return data, evaluator, evaluator.references(errors), errors


def _train(job: Job, progress: Progress | None, started: float) -> JobResult:
    cell, options = job.cell, job.cell.train
    machine.forget_peak(job.device)
    used = machine.joules(job.device)
    cache = job.root / store.RUNNING / "cache"
    data, evaluator, references, broken = _evaluation(cell.dataset.source, cell.metrics, cache)
    engine = Engine(
        cell.method.game,
        data,
        job.seeds,
        cell.method.stabilizers,
        batch=options.batch,
        mapping=options.mapping,
        device=job.device,
        dtype=getattr(torch, options.precision),
    )
    whose = {"key": cell.key, "seeds": list(job.seeds)}
    checkpoint = Checkpoint(job.checkpoint, whose, 60 * options.checkpoint_minutes, job.device)
    setup = time.perf_counter() - started
    history = train(
        engine,
        steps=options.steps,
        evaluate_every=options.evaluate_every,
        probes=cell.probes,
        evaluator=evaluator if evaluator.names else None,
        metric_errors=broken,
        checkpoint=checkpoint,
        progress=progress,
        deadline=None if cell.timeout is None else time.monotonic() + 60 * cell.timeout,
    )
    modes = None if data.modes is None else len(data.modes.weights)
    died_at = history.state.died_at.tolist()
    errors = history.metric_errors
    described, protocols = evaluator.describe(errors), evaluator.protocols(errors)
    judges = judging(evaluator.names, references, errors)
    ends = endings(job.seeds, died_at, history.scores, judges, modes, cell.outcomes, errors)
    seeds = [end.as_record() for end in ends]
    qualities = quality_rows(history.scores, judges)
    lost = sorted({*errors, *(trace for trace, word in history.probe_of.items() if word in history.probe_errors)})
    known = predictions(cell.probes, engine, history.probe_errors)
    if qualities:
        told = quality_column(judges)
        described["quality"] = {"higher_is_better": True, "scale": "linear", "bounds": (None, 1.0), "two_sided": False}
        protocols["quality"] = protocols[str(told)]
    dead = all(entry["outcome"] == DIVERGED.name for entry in seeds)
    status = TIMEOUT.name if history.stopped else DIVERGED.name if dead else DONE
    samples = shown(engine, history.state, data)
    record = about(job) | {
        "status": status,
        "reason": _reason(history, cell),
        "seeds": seeds,
        "mapping": engine.mapping.name,
        "resumed": checkpoint.resumed,
        "timing": timing(history, evaluator.n, setup),
        "memory": {"peak_mib": machine.peak_mib(job.device)},
        **_energy(used, machine.joules(job.device)),
        "parameters": {p: engine.game.nets[p].size for p in engine.game.players if p in engine.game.nets},
        "nfe": engine.nfe,
        **{f"{currency}_per_step": price for currency, price in asdict(spend_per_step(engine, history.state)).items()},
        "protocols": protocols,
        "floors": {name: one.real for name, one in references.items()} | ({"quality": 1.0} if qualities else {}),
        "references": {name: one.as_record() for name, one in references.items()},
        "modes": modes,
        "outcomes": asdict(cell.outcomes),
        "unjudged": no_judgement(evaluator.names, references, errors, modes, cell.outcomes),
        "predictions": known,
        "metrics": described,
        "metric_errors": errors,
        "probe_errors": history.probe_errors,
        "broken": lost,  # scores and traces that end before training does
    }
    folder = store.commit(
        job.root,
        cell.folder,
        record,
        [*history.scores, *qualities],
        history.traces,
        lambda path: _keep(path, samples, data, seeds, status),
    )
    if status == TIMEOUT.name and store.whole(record):  # a longer limit continues here
        checkpoint.save(history.save())
    else:
        checkpoint.remove()
    return JobResult(status, record["reason"], folder, store.errors(record))


def _energy(before: float | None, after: float | None) -> dict[str, Any]:
    """What the card used since the block began or was resumed, other processes on it included; nothing where unknown."""
    return {} if before is None or after is None else {"energy": {"joules": after - before}}


def _reason(history: History, cell: Cell) -> str | None:
    step = int(history.state.step)
    if history.stopped:
        return f"stopped at step {step} of {cell.train.steps}: the time limit of {cell.timeout:g} minutes"
    return None


def predictions(probes: Sequence[Probe], engine: Engine, errors: dict[str, str]) -> dict[str, float]:
    """What theory says the probes will have measured at the end of training, where it says anything.

    A probe that raises here joins `errors`: its word -> why.
    """
    found: dict[str, float] = {}
    for probe in probes:
        try:
            found |= probe.predictions(engine)
        except Exception as error:
            errors.setdefault(word_of(type(probe)), reason(error))
    return found


def timing(history: History, n: int, setup: float) -> dict[str, float | None]:
    """Seconds of every part, and rates; n: samples of a seed at an evaluation."""
    spent, steps, lanes = history.timing["training"], int(history.state.step), len(history.seeds)
    sampling, evaluations = history.timing["sampling"], len({row.step for row in history.scores})
    return {
        "setup": setup,
        **{phase: history.timing[phase] for phase in ("training", "sampling", "evaluation", "probes")},
        "steps_per_s": steps / spent if spent else None,
        "seed_steps_per_s": steps * lanes / spent if spent else None,
        "samples_per_s": evaluations * lanes * n / sampling if sampling else None,
    }


def shown(engine: Engine, state: State, data: Data) -> Tensor:
    """The samples that a record keeps: [S, n, *D], in the original space."""
    return engine.sample(state, KEPT_IMAGES if data.is_image else KEPT_POINTS, purpose="show")


def _keep(folder: Path, samples: Tensor, data: Data, ends: Sequence[dict[str, Any]], status: str) -> None:
    fake = samples.float().cpu().numpy()
    real = data.held_out[: fake.shape[1]].float().numpy()
    np.savez_compressed(folder / "samples.npz", samples=fake, real=real, seeds=np.array([end["seed"] for end in ends]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # matplotlib's warnings about fonts and ranges
        told = [(end["seed"], ended(end["outcome"], status)) for end in ends]
        titles = [f"seed {seed}" + f" · {outcome.name}" * (outcome is not OK) for seed, outcome in told]
        sample_sheet.draw(folder / "samples.png", fake, real, titles)


def shorter(cell: Cell, steps: int) -> Cell:
    """The same cell, to be timed or tried: only `steps` steps, evaluated at the end."""
    return replace(cell, train=replace(cell.train, steps=steps, budget=None, evaluate_every=0))
