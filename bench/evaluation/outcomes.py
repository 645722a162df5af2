"""How every seed ended: ok, unlearned, collapsed, mode-dropping or diverged, told from its curve of quality.

A living seed whose quality is not known is *unjudged*: neither ok nor failed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isnan, nan
from statistics import median
from typing import Any, Protocol

from bench.evaluation.references import Reference, quality
from bench.stats.outcomes import COLLAPSED, DIVERGED, MODE_DROPPING, OK, UNJUDGED, UNLEARNED

RULE = 2  # of how outcomes are told; counted up with every change that gives a curve another outcome, so that none is compared
SMOOTHED = 3  # evaluations of which the median is taken, so that one bad look is no collapse
CLEAR = 3.0  # deviations by which real data's own quality has to lie above `learned`
IN_MODES = 0.5  # of real samples' high-quality rate: below it samples lie in no mode, so modes can't be dropped
QUALITY = "mmd_multiscale"
OF_MODES = ("modes_occupied", "high_quality_rate")  # what mode-dropping is told from


class Row(Protocol):
    """One number of one seed (training/loop.py); None where the seed has none."""

    @property
    def seed(self) -> int: ...
    @property
    def step(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def value(self) -> float | None: ...


@dataclass(frozen=True, kw_only=True)
class OutcomeRule:
    """`outcomes:` of a suite."""

    learned: float = 0.5  # quality that has to be reached
    kept: float = 0.5  # share of its best quality that a seed has to end with
    modes: float = 0.75  # share of the modes that have to be occupied at the end

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not 0 < value < 1:
                raise ValueError(f"{name}={value:g} has to lie between 0 and 1")


@dataclass(frozen=True)
class Ending:
    """How one seed ended, and since which step."""

    seed: int
    outcome: str
    step: int | None = None
    quality: float | None = None  # the last one, smoothed

    def as_record(self) -> dict[str, Any]:
        return {"seed": self.seed, "outcome": self.outcome, "step": self.step, "quality": self.quality}


def quality_rows(
    scores: Sequence[Row], references: Mapping[str, Reference]
) -> list[tuple[int, int, str, float | None]]:
    """(seed, step, "quality", q) of every evaluation; none where quality is not measured or its metric can't tell."""
    column = quality_column(references)
    if column is None or not references[column].tells_null:
        return []
    null = references[column].null
    mine = [row for row in scores if row.name == column]
    return [(r.seed, r.step, "quality", None if r.value is None else quality(r.value, null)) for r in mine]


def quality_column(names: Iterable[str]) -> str | None:
    """The column that quality is told from; the last one, where a suite lists several."""
    return next((name for name in reversed(list(names)) if name.startswith(QUALITY)), None)


def no_judgement(
    names: Sequence[str],
    references: Mapping[str, Reference],
    errors: Mapping[str, str],
    modes: int | None,
    rule: OutcomeRule,
) -> str | None:
    """Why a living seed can't be judged, in one line; None where it can.

    `names`: every column that was asked for; `errors`: column -> why its metric broke.
    """
    column = quality_column(names)
    if column is None:
        return "no metric is measured, so only divergence is seen"
    if column in errors:
        return f"{column}: {errors[column]}"
    if not references[column].tells_null:
        return (
            f"{column} can't tell real data from its mean and covariance; use a larger n, unless the data is Gaussian"
        )
    if not judges(references[column], rule):
        return f"{column} varies so much that real data itself may read below learned={rule.learned:g}; use a larger n"
    broken = [name for name in OF_MODES if modes is not None and name in errors]
    return f"{broken[0]}: {errors[broken[0]]}" if broken else None


def judging(names: Sequence[str], references: Mapping[str, Reference], errors: Collection[str]) -> dict[str, Reference]:
    """The references of what seeds can be judged by: those of sound metrics.

    Where the metric of quality broke, no other space stands in for it: its numbers would not be the other blocks'.
    """
    lost = quality_column(names) in errors
    return {n: one for n, one in references.items() if n not in errors and not (lost and n.startswith(QUALITY))}


def judges(reference: Reference, rule: OutcomeRule) -> bool:
    """Whether seeds can be judged by a metric of quality: it tells the null, and real data is clear of `learned`."""
    worst = quality(reference.mean + CLEAR * reference.deviation, reference.null) if reference.tells_null else nan
    return worst >= rule.learned


def smoothed(values: Sequence[float]) -> list[float]:
    """The medians of three evaluations in a row, the last of which is [k + 2]; of fewer than three the values themselves.

    A gap (NaN) is the worst.
    """
    held = [-float("inf") if isnan(v) else v for v in values]
    if len(held) < SMOOTHED:
        return held
    return [float(median(held[k : k + SMOOTHED])) for k in range(len(held) - SMOOTHED + 1)]


def endings(
    seeds: Sequence[int],
    died_at: Sequence[int],
    scores: Sequence[Row],
    references: Mapping[str, Reference],
    modes: int | None,
    rule: OutcomeRule,
    errors: Collection[str] = (),
) -> list[Ending]:
    """The outcome of every seed, by the first that holds; `errors`: columns whose metric broke.

    diverged: a weight, gradient or loss stopped being finite (`died_at` >= 0), or every later sample did.
    unjudged: quality is not known, or tells too little (`judges`).
    collapsed: smoothed quality reached `learned`, fell below `kept` · its best, and stayed there to the end.
    mode-dropping: samples lie in modes (high-quality rate at least half of real data's), and at the end fewer modes are
    occupied than `modes` of those that as many real samples occupy. unlearned: smoothed quality never reached `learned`, nor
    does the last evaluation (a curve that rises lags behind its medians, and how often one looks must not decide). unjudged:
    a metric of modes broke. ok: else. Quality is `quality(mmd_multiscale, its null)`; all curves are smoothed, so with
    three evaluations or more a single bad one decides nothing.
    """
    column = quality_column(references)
    sound = UNJUDGED if modes is not None and any(name in errors for name in OF_MODES) else OK
    found = []
    for seed, died in zip(seeds, died_at, strict=True):
        mine = [row for row in scores if row.seed == seed]
        silent = _silent(mine)
        if died >= 0 or silent is not None:
            found.append(Ending(seed, DIVERGED.name, died if died >= 0 else silent))
            continue
        if column is None or not judges(references[column], rule):
            found.append(Ending(seed, UNJUDGED.name))
            continue
        curve = [(row.step, nan if row.value is None else row.value) for row in mine if row.name == column]
        if all(isnan(value) for _, value in curve):  # other metrics have numbers: quality is what is not known
            found.append(Ending(seed, UNJUDGED.name))
            continue
        raw = [nan if isnan(v) else quality(v, references[column].null) for _, v in curve]
        q = smoothed(raw)
        steps = [step for step, _ in curve][-len(q) :]
        last, fell = q[-1], _fell(q, rule)
        dropped = _dropped(mine, references, modes, rule)
        if fell is not None:
            found.append(Ending(seed, COLLAPSED.name, steps[fell], last))
        elif dropped is not None:
            found.append(Ending(seed, MODE_DROPPING.name, dropped, last))
        elif max(q) < rule.learned and not raw[-1] >= rule.learned:
            found.append(Ending(seed, UNLEARNED.name, None, last))
        else:
            found.append(Ending(seed, sound.name, None, last))
    return found


def _silent(mine: Sequence[Row]) -> int | None:
    """The first evaluation since which a seed's samples yield no number at all; None where the last one yields some."""
    sound = [row.step for row in mine if row.value is not None]
    return min((row.step for row in mine if not sound or row.step > max(sound)), default=None)


def _fell(q: Sequence[float], rule: OutcomeRule) -> int | None:
    """Since which evaluation quality was lost for good; None where it was not, or never was there."""
    best, lost = -float("inf"), list[bool]()
    for value in q:
        best = max(best, value)
        lost.append(best >= rule.learned and value < rule.kept * best)
    return _since(lost)


def _since(low: Sequence[bool]) -> int | None:
    """Since which place all are low up to the last; None where that is not."""
    if not low or not low[-1]:
        return None
    return max((k + 1 for k, here in enumerate(low) if not here), default=0)


def _dropped(
    mine: Sequence[Row], references: Mapping[str, Reference], modes: int | None, rule: OutcomeRule
) -> int | None:
    """Since which step too few modes were occupied, up to the end; None where enough are, or samples lie in none."""
    if modes is None or "modes_occupied" not in references or "high_quality_rate" not in references:
        return None
    steps = [row.step for row in mine if row.name == "modes_occupied"]
    occupied, good = (
        smoothed([nan if row.value is None else row.value for row in mine if row.name == name]) for name in OF_MODES
    )
    if not occupied or not good or good[-1] < IN_MODES * references["high_quality_rate"].mean:
        return None
    few = [count < rule.modes * references["modes_occupied"].mean for count in occupied]
    since = _since(few)
    return None if since is None else steps[0 if since == 0 else since + len(steps) - len(few)]
