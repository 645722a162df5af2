"""One block of seeds of one cell: train it, or score what was trained; evaluate it, write its record."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from bench.data.base import Data
from bench.plugins import reason, word_of
from bench.plugins.surroundings import plain_surroundings
from bench.probes.base import Probe
from bench.records import store
from bench.running import best_weights, kept_weights, machine, signals, so_far
from bench.running.best_weights import BestWeights, judge_of
from bench.running.cells import Cell
from bench.running.checkpoint import Checkpoint
from bench.running.film import Film, write_film
from bench.running.job import Job, JobResult, NoData, about, engine_of, evaluation, unspoilt
from bench.running.judgement import judgement
from bench.running.scoring import score
from bench.running.spend import spend_per_step
from bench.running.stepping import Stepping
from bench.stats.outcomes import DIVERGED, DONE, ERROR, INFRA, INTERRUPTED, OOM, TIMEOUT, Outcome
from bench.training.engine import Engine
from bench.training.loop import History, Progress, train
from bench.training.state import State

NO_MEMORY = ("not enough memory", "can't allocate memory")  # how torch says it where no type does
KEPT_POINTS, KEPT_IMAGES = 2500, 64  # samples of a seed that a record keeps


@plain_surroundings()
def run(job: Job, progress: Progress | None = None) -> JobResult:
    """Train and evaluate one block and write its record, whatever happens; raises only where no record can be written."""
    started = time.perf_counter()
    try:
        return _train(job, progress, started) if job.of is None else score(job)
    except KeyboardInterrupt:
        saved = job.checkpoint.exists()
        return failed(job, INTERRUPTED, "stopped; continues from its checkpoint" if saved else "stopped; nothing saved")
    except NoData as error:
        return failed(job, INFRA, str(error), traceback.format_exc())
    except (Exception, SystemExit, GeneratorExit) as error:
        return failed(job, _blame(error), reason(error), traceback.format_exc())


def _blame(error: BaseException) -> Outcome:
    """Whether memory ran out, the surroundings failed (a disk, a module or weights that are missing, a driver), which the
    next run tries again, or the method, which stays so until its code changes."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError) or any(word in str(error) for word in NO_MEMORY):
        return OOM
    return INFRA if isinstance(error, OSError | ImportError | torch.AcceleratorError) else ERROR


def failed(job: Job, why: Outcome, reason: str, log: str = "") -> JobResult:
    """Write the record of a block that came to no result; its traceback goes into log.txt beside it."""
    record = about(job) | {"status": why.name, "reason": reason}
    record["seeds"] = [{"seed": seed, "outcome": None, "step": None} for seed in job.seeds]

    def keep(folder: Path) -> None:
        if log:
            (folder / "log.txt").write_text(log, encoding="utf-8", errors="backslashreplace")

    return JobResult(why.name, reason, store.commit(job.root, job.cell.folder, record, more=keep))


def _train(job: Job, progress: Progress | None, started: float) -> JobResult:
    cell, options = job.cell, job.cell.train
    machine.forget_peak(job.device)
    used = machine.joules(job.device)
    cache = job.root / store.RUNNING / "cache"
    data, evaluator, references, broken = evaluation(cell.dataset.source, cell.content, cell.metrics, cache)
    with unspoilt(data):
        engine = engine_of(job, data, options.mapping)
        whose = {"key": cell.key, "seeds": list(job.seeds), "wanted": dict(cell.wanted)}  # else curves would have a gap
        checkpoint = Checkpoint(job.checkpoint, whose, 60 * options.checkpoint_minutes, job.device)
        stepping = Stepping(engine, options.compile, options.steps, job.checkpoint)
        judge = judge_of(evaluator) if options.keep == "best" else None
        watchers: list[Callable[[History, Tensor], None]] = [
            partial(so_far.write, job),
            Film(options.steps, options.evaluate_every, data.is_image),
            *([BestWeights(*judge)] if judge else []),
        ]

        def watch(history: History, samples: Tensor) -> None:
            for watcher in watchers:
                watcher(history, samples)

        setup = time.perf_counter() - started
        with unspoilt(engine.data):
            history = train(
                engine,
                steps=options.steps,
                evaluate_every=options.evaluate_every,
                probes=cell.probes,
                evaluator=evaluator if evaluator.names else None,
                metric_errors=broken,
                checkpoint=checkpoint,
                progress=progress,
                watch=watch,
                traced=stepping.traced,
                deadline=None if cell.timeout is None else time.monotonic() + 60 * cell.timeout,
            )
    signals.hold()
    errors, died_at = history.metric_errors, history.state.died_at.tolist()
    judged, qualities = judgement(cell, data, evaluator, references, errors, history.scores, job.seeds, died_at)
    seeds = judged["seeds"]
    lost = sorted({*errors, *(trace for trace, word in history.probe_of.items() if word in history.probe_errors)})
    known = predictions(cell.probes, engine, history.probe_errors)
    dead = all(entry["outcome"] == DIVERGED.name for entry in seeds)
    status = TIMEOUT.name if history.stopped else DIVERGED.name if dead else DONE
    samples = shown(engine, history.state, data)
    weights = {kept_weights.FILE: kept_weights.pack_state(history.state)} if options.keep != "none" else {}
    if best := history.kept.get(best_weights.KEPT):
        weights[kept_weights.BEST] = kept_weights.pack_best(history.state, best)

    def keep(folder: Path) -> None:
        _keep(folder, samples, data, job.seeds, weights)
        write_film(folder, history, job.seeds)

    record = about(job) | {
        "status": status,
        "reason": _reason(history, cell),
        "mapping": engine.mapping.name,
        "compile": stepping.said,
        "resumed": checkpoint.resumed,
        "timing": timing(history, evaluator.n, setup),
        "memory": {"peak_mib": machine.peak_mib(job.device)},
        **_energy(used, machine.joules(job.device)),
        "parameters": {p: engine.game.nets[p].size for p in engine.game.players if p in engine.game.nets},
        "nfe": engine.nfe,
        **{f"{currency}_per_step": price for currency, price in asdict(spend_per_step(engine, history.state)).items()},
        **judged,
        "predictions": known,
        "probes": _measured(history.probe_of),
        "probe_errors": history.probe_errors,
        "broken": lost,  # scores and traces that end before training does
    }
    folder = store.commit(
        job.root,
        cell.folder,
        record,
        [*history.scores, *qualities],
        history.traces,
        keep,
    )
    if status == TIMEOUT.name and store.whole(record):  # a longer limit continues here
        checkpoint.save(history.save())
    else:
        checkpoint.remove()
        stepping.remove()
    so_far.remove(job)
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
        except (Exception, SystemExit, GeneratorExit) as error:
            errors.setdefault(word_of(type(probe)), reason(error))
    return found


def _measured(probe_of: Mapping[str, str]) -> dict[str, list[str]]:
    """Word of a probe -> the names of its traces."""
    found: dict[str, list[str]] = {}
    for name, word in probe_of.items():
        found.setdefault(word, []).append(name)
    return found


def timing(history: History, n: int, setup: float) -> dict[str, float | None]:
    """Seconds of every part, and rates; n: samples of a seed at an evaluation."""
    spent, steps, lanes = history.timing["training"], int(history.state.step), len(history.seeds)
    sampling, evaluations = history.timing["sampling"], len({row.step for row in history.scores})
    return {
        "setup": setup,
        **{phase: history.timing[phase] for phase in ("compiling", "training", "sampling", "evaluation", "probes")},
        "steps_per_s": steps / spent if spent else None,
        "seed_steps_per_s": steps * lanes / spent if spent else None,
        "samples_per_s": evaluations * lanes * n / sampling if sampling else None,
    }


def shown(engine: Engine, state: State, data: Data) -> Tensor:
    """The samples that a record keeps: [S, n, *D], in the original space."""
    return engine.sample(state, KEPT_IMAGES if data.is_image else KEPT_POINTS, purpose="show")


def _keep(folder: Path, samples: Tensor, data: Data, seeds: Sequence[int], weights: Mapping[str, bytes]) -> None:
    for name, content in weights.items():
        (folder / name).write_bytes(content)
    fake = samples.float().cpu().numpy()
    real = data.held_out[: fake.shape[1]].float().numpy()
    np.savez_compressed(folder / "samples.npz", samples=fake, real=real, seeds=np.array(seeds))


def shorter(cell: Cell, steps: int) -> Cell:
    """The same cell, to be timed or tried: only `steps` steps, evaluated at the end."""
    return replace(cell, train=replace(cell.train, steps=steps, budget=None, evaluate_every=0))
