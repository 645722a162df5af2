"""One block of seeds of a model that was trained elsewhere: its samples are judged, and its record knows of no training."""

from __future__ import annotations

import torch
from torch import Tensor

from bench.data.base import Data
from bench.plugins import word_of
from bench.records import store
from bench.running import kept_samples, signals
from bench.running.job import Job, JobResult, NoData, about, evaluation, unspoilt
from bench.running.judgement import judgement
from bench.stats.outcomes import DIVERGED, DONE
from bench.training.loop import Row
from bench.training.pretrained import Pretrained
from bench.training.seed_axis import finite

STEP = 0  # of its scores: nothing was trained here


def judge(job: Job) -> JobResult:
    """Evaluate one block and write its record. A seed whose samples are not finite has diverged, as elsewhere."""
    cell = job.cell
    cache = job.root / store.RUNNING / "cache"
    data, evaluator, references, errors = evaluation(cell.dataset.source, cell.content, cell.metrics, cache)
    with unspoilt(data):
        samples = samples_of(job, data, evaluator.n or 1)
        sound = finite(samples)
        found = evaluator(samples, sound, errors) if evaluator.names else []
    signals.hold()
    scores = [Row(job.seeds[k], STEP, name, value) for k, name, value in found]
    died_at = [-1 if alive else STEP for alive in sound.tolist()]
    judged, qualities = judgement(cell, data, evaluator, references, errors, scores, job.seeds, died_at)
    judged["seeds"] = [{**entry, "step": None} for entry in judged["seeds"]]
    dead = all(entry["outcome"] == DIVERGED.name for entry in judged["seeds"])
    record = about(job) | {
        "status": DIVERGED.name if dead else DONE,
        "reason": None,
        **judged,
        "broken": sorted(errors),
    }
    kept = samples[:, : kept_samples.count(data)]
    folder = store.commit(
        job.root,
        cell.folder,
        record,
        [*scores, *qualities],
        more=lambda path: kept_samples.write(path, kept, data, job.seeds),
    )
    return JobResult(record["status"], None, folder, store.errors(record))


def samples_of(job: Job, data: Data, n: int) -> Tensor:
    """n samples of each of a job's seeds [S, n, *D], on its device. Raises NoData where they are not those of the plan."""
    game = job.cell.method.game
    assert isinstance(game, Pretrained), "a game is trained"
    model = game.build(data)
    if model.content(data) != job.cell.made:
        raise NoData(f"what {word_of(type(game))} samples from is not what it was when the run began: run it again")
    return torch.stack([model.sampled(n, seed, data) for seed in job.seeds]).to(job.device)
