"""Samples that were made elsewhere, judged without a suite: beside real data, and beside what is wrong in a known way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from bench.data._checked import checked
from bench.data._samples import SeedSamples, seeds_at
from bench.data.base import Data, DataError
from bench.evaluation.evaluator import Evaluator
from bench.evaluation.references import Reference
from bench.metrics.base import Metric
from bench.running import machine
from bench.running.plan import CantRun
from bench.suite.one_call import one
from bench.suite.options import WrongOption


@dataclass(frozen=True)
class Judged:
    """One metric, as it reads the samples and what their worth is known of."""

    column: str
    n: int  # samples of a seed that were looked at
    n_real: int  # real samples, where there are not as many
    higher_is_better: bool
    two_sided: bool  # too much is a fault too: best is nearest to real data
    values: tuple[float | None, ...]  # of every seed
    reference: Reference

    @property
    def arrow(self) -> str:
        """Which way is better; → where nearest to real data is."""
        return "→" if self.two_sided else "↑" if self.higher_is_better else "↓"


@dataclass(frozen=True)
class Scored:
    """Everything that was found of some samples."""

    samples: Path
    data: str
    seeds: tuple[str, ...]  # where each lies
    metrics: tuple[Judged, ...]

    def as_rows(self) -> list[dict[str, Any]]:
        """The metrics as plain numbers; what real data and the witnesses read as records have it."""
        return [
            {
                "name": one.column,
                "n": one.n,
                "n_real": one.n_real,
                "higher_is_better": one.higher_is_better,
                "two_sided": one.two_sided,
                "values": one.values,
                "floor": one.reference.real,
                **one.reference.as_record(),
            }
            for one in self.metrics
        ]


def score_samples(path: Path, data: str, metrics: Sequence[str], *, device: str = "auto") -> Scored:
    """Judge the samples at a path, of one seed or of several, as samples of a data set that is written as in a suite.

    A metric whose `n` is not written looks at as many samples as every seed has, up to its default. Nothing is written.
    Raises DataError and CantRun, one line, for what can't be judged.
    """
    device = machine.choose(device)
    loaded = checked(_made("--data", "datasets", data)[0])
    seeds = seeds_at(path, loaded)
    least = min(seed.shape[0] for seed in seeds)
    if least < 2:
        raise DataError(f"{seeds[0].name}: holds {least} sample, and no metric is measured on fewer than 2: give more")
    scores = [_measuring(row, loaded, least) for row in metrics]
    n = max(score.n for score in scores)
    for seed in seeds:
        if why := seed.misfit(loaded, n) or _not_finite(seed):
            raise DataError(why)
    try:
        evaluator = Evaluator(loaded, scores)
    except ValueError as error:
        raise CantRun(f"--metrics: {error}: give one of them") from error
    samples = torch.stack([seed.read(loaded)[:n] for seed in seeds]).to(device)
    errors: dict[str, str] = {}
    references = evaluator.references(errors)
    rows = evaluator(samples, torch.ones(len(seeds), dtype=torch.bool), errors)
    if errors:
        raise CantRun(f"--metrics: {'; '.join(f'{name}: {why}' for name, why in errors.items())}")
    found = {(k, name): value for k, name, value in rows}
    judged = [
        Judged(
            name,
            score.n,
            score.spare(loaded),
            score.higher_is_better,
            score.two_sided,
            tuple(found[k, name] for k in range(len(seeds))),
            references[name],
        )
        for score in scores
        for name in score.names()
    ]
    return Scored(path, data, tuple(seed.name for seed in seeds), tuple(judged))


def _not_finite(seed: SeedSamples) -> str | None:
    if not seed.bad:
        return None
    return f"{seed.name}: {seed.bad} of {seed.shape[0]} samples hold numbers that are not finite: mend or remove them"


def _measuring(row: str, data: Data, least: int) -> Metric:
    """A metric that fits the data, of `least` samples at most where its n is not written. Raises CantRun."""
    metric: Metric
    metric, given = _made("--metrics", "metrics", row)
    if why := metric.refuses(data):
        raise CantRun(f"--metrics: {row} does not fit the data: {why}")
    return metric if "n" in given else replace(metric, n=min(metric.n, least))


def _made(option: str, category: str, row: str) -> tuple[Any, frozenset[str]]:
    """What a call means, and the names of the options that it gives. Raises CantRun."""
    try:
        return one(category, row)
    except WrongOption as error:
        raise CantRun(f"{option}: {error}") from error
