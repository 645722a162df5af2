"""Judging claims: two one-sided exact tests for every claim, and Holm's correction over all claims of the suite."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from bench.claims.claim_types import (
    Claim,
    FailsLess,
    Margin,
    NonInferiority,
    Ordering,
    Superiority,
    Threshold,
)
from bench.claims.evidence import Evidence, SeedValues
from bench.claims.parse import direction
from bench.claims.sides import Sides, sides_of
from bench.plugins.lazily import lazily
from bench.stats import holm, newcombe, rank_test, reachable, shift
from bench.stats.measure import Floats, Measure

if TYPE_CHECKING:
    from scipy import stats
else:
    stats = lazily("scipy.stats")

Status: TypeAlias = Literal[
    "supported", "refuted", "undecided", "incomplete", "can't tell", "incomparable", "insufficient"
]
BLOCKS = 5  # blocks of seeds a side, from which on a number that the seeds of a block share is tested
NAN = float("nan")


@dataclass(frozen=True)
class Verdict:
    """What the seeds say about a claim."""

    claim: Claim
    status: Status
    effect: float = NAN  # improvement in the claim's units (a share for relative margins); a threshold: the median
    low: float = NAN  # the two ends of the interval are one-sided at alpha each, before Holm
    high: float = NAN
    p: float = NAN  # one-sided, for the claim
    p_adjusted: float = NAN
    p_against: float = NAN  # one-sided, for its refutation, Holm-adjusted
    n: tuple[int, ...] = ()  # seeds of each method, over all data sets
    reason: str = ""


@dataclass(frozen=True)
class Finding:
    """A claim before Holm's correction."""

    p: float
    against: float
    effect: float
    low: float
    high: float


def judge(claims: Sequence[Claim], evidence: Evidence, alpha: float = 0.05) -> list[Verdict]:
    """Verdicts on claims, in their order.

    - supported: the claim's own test rejects its opposite, p_adjusted <= alpha.
    - refuted: the test of the opposite rejects the claim, p_against <= alpha. For a superiority by d that is "less
      than d better" (for a lone claim: d lies above the interval), which includes "worse"; for a non-inferiority by d,
      "worse by more than d"; for an ordering, some neighbours stand the other way round; for a threshold, the median
      lies beyond it.
    - undecided: neither.
    - incomplete: a seed, a method or a data set of it is missing. Its effect so far is shown, and decides nothing.
    - can't tell: its score does not tell real data from nothing at all on one of its data sets.
    - incomparable: data, budgets, protocols, precision or device differ (stats/comparable.py).
    - insufficient: no data, or so few seeds that no outcome could decide; or numbers that the seeds of a block share
      (times, rates, memory) of fewer than five blocks a side, whose effect is shown.

    Support and refutation are two families, each corrected by Holm over all claims, without those about shared numbers
    that can't be tested: each kind of error has probability at most alpha over the suite, and no verdict changes because
    another claim was completed.
    """
    family = max(1, sum(not _few_blocks(c, evidence) for c in claims))
    drafts = [_draft(c, evidence, alpha, family) for c in claims]
    out = [verdict if f is None else replace(verdict, effect=f.effect, low=f.low, high=f.high) for verdict, f in drafts]
    tested = [(k, f) for k, (verdict, f) in enumerate(drafts) if f is not None and verdict.status == "undecided"]
    supports, againsts = (holm([getattr(f, of) for _, f in tested], family).tolist() for of in ("p", "against"))
    for (k, f), p, q in zip(tested, supports, againsts, strict=True):
        status: Status = "supported" if p <= alpha else "refuted" if q <= alpha else "undecided"
        out[k] = replace(out[k], status=status, p=f.p, p_adjusted=p, p_against=q)
    return out


def mute(claim: Claim, seeds: int, strata: int, claims: int, alpha: float = 0.05) -> str | None:
    """Why one of so many claims can never be supported by so many seeds on each of `strata` data sets; None where it
    can."""
    needed = _needed(claim, [seeds] * len(claim.methods), strata, alpha / claims)
    if needed <= seeds:
        return None
    return f"{seeds} seeds can never decide one of {claims} claims; use {needed} or more"


def _needed(claim: Claim, n: Sequence[int], strata: int, level: float) -> int:
    """Seeds that would be enough; not above min(n) where n are."""
    if isinstance(claim, Threshold):
        return int(np.ceil(-np.log2(level) / strata - 1e-9))
    design = reachable(n[0], n[1], level, strata=strata)
    return 0 if design.reachable else design.needed


def _few_blocks(claim: Claim, evidence: Evidence) -> bool:
    """Whether it is about a number that the seeds of a block share, of fewer blocks than could be tested."""
    if not claim.measure or not evidence.shared(claim.measure):
        return False
    samples = sides_of(claim, evidence).samples(evidence)
    return min((len(s.numbers) for strata in samples.values() for s in strata), default=0) < BLOCKS


def _constant(samples: Mapping[str, list[SeedValues]]) -> bool:
    """Whether no side's numbers vary: a count of weights is no draw."""
    return all(bool(np.ptp(s.numbers) == 0) for of in samples.values() for s in of if len(s.numbers))


def _draft(claim: Claim, evidence: Evidence, alpha: float, claims: int) -> tuple[Verdict, Finding | None]:
    """What is found of a claim before Holm's correction; "undecided" where that is to decide."""
    direction(claim, evidence.scores)
    found = sides_of(claim, evidence)
    if not found.strata:
        return Verdict(claim, "incomplete" if found.gaps else "insufficient", reason=found.why), None
    if why := found.differs(evidence):
        return Verdict(claim, "incomparable", reason=why), None
    if why := found.silent(evidence):
        return Verdict(claim, "can't tell", reason=why), None
    return _asked(found, evidence, alpha, claims)


def _asked(found: Sides, evidence: Evidence, alpha: float, claims: int) -> tuple[Verdict, Finding | None]:
    """The test of a claim on what was found for each of its sides."""
    claim, samples = found.claim, found.samples(evidence)
    n = tuple(sum(len(s.numbers) for s in strata) for strata in samples.values())
    gaps, notes = found.missing(evidence, samples), _notes(claim, samples) + _releases(found, evidence)
    fewest = [min(len(s.numbers) for s in strata) for strata in samples.values()]
    block = bool(claim.measure) and evidence.shared(claim.measure)  # of a block one number will do, to be shown
    if min(fewest) < (1 if gaps or block else 2):
        reason = f"fewer than two seeds have a value of {claim.measure or 'the outcome'}"
        status: Status = "incomplete" if gaps else "insufficient"
        return Verdict(claim, status, n=n, reason=("; ".join(gaps) or reason) + notes), None
    relative = isinstance(claim, Superiority | NonInferiority) and claim.by.relative
    scale: Literal["linear", "log"] = "log" if relative else "linear"
    measures = [tuple(replace(one, scale=scale) for one in sides) for sides in found.measures(evidence)]
    if relative and any(bool((s.numbers < 0).any()) for strata in samples.values() for s in strata):
        return Verdict(claim, "insufficient", n=n, reason="a share of negative values means nothing"), None
    finding = _test(claim, samples, measures, alpha)
    if gaps:
        return Verdict(claim, "incomplete", n=n, reason="; ".join(gaps) + notes), finding
    if block and _constant(samples) and min(fewest) > 1:
        reason = f"it is the same for all seeds of a side: nothing is left to chance{notes}"
        return Verdict(claim, "insufficient", n=n, reason=reason), replace(finding, low=NAN, high=NAN)
    if _few_blocks(claim, evidence):
        reason = f"the seeds of a block share it, and a test takes {BLOCKS} blocks a side{notes}"
        return Verdict(claim, "insufficient", n=n, reason=reason), replace(finding, low=NAN, high=NAN)
    needed = _needed(claim, sorted(fewest)[:2], len(found.strata), alpha / claims)
    if needed > min(fewest):
        reason = f"{min(fewest)} seeds can never decide one of {claims} claims; use {needed} or more{notes}"
        return Verdict(claim, "insufficient", n=n, reason=reason), finding
    notes += _disagree(found, samples, measures, alpha)
    return Verdict(claim, "undecided", n=n, reason=notes.removeprefix("; ")), finding


def _disagree(
    found: Sides, samples: Mapping[str, list[SeedValues]], measures: Sequence[tuple[Measure, ...]], alpha: float
) -> str:
    """Whether one side is clearly ahead on one data set and clearly behind on another, each by its own interval: what holds
    of both together is then no answer."""
    if not isinstance(found.claim, Superiority | NonInferiority) or len(found.strata) < 2:
        return ""
    ahead, behind = list[str](), list[str]()
    for k, stratum in enumerate(found.strata):
        gap = _test(found.claim, {side: [of[k]] for side, of in samples.items()}, [measures[k]], alpha)
        if gap.low > 0:
            ahead.append(stratum[0][0])
        elif gap.high < 0:
            behind.append(stratum[0][0])
    return (
        f"; data sets disagree: better on {', '.join(ahead)}, worse on {', '.join(behind)}" if ahead and behind else ""
    )


def _test(
    claim: Claim, samples: Mapping[str, list[SeedValues]], measures: Sequence[tuple[Measure, ...]], alpha: float
) -> Finding:
    """`samples` of each side by stratum, and `measures` by stratum and side."""
    measure = measures[0][0]
    groups = [
        [measures[k][side].orient(s.numbers) for k, s in enumerate(of)] for side, of in enumerate(samples.values())
    ]
    match claim:
        case Superiority():
            margin = claim.by.oriented(measure, gain=True)
            return _two(groups[0], groups[1], margin, claim.by, measure, alpha)
        case NonInferiority():
            margin = -claim.by.oriented(measure, gain=False)
            return _two(groups[0], groups[1], margin, claim.by, measure, alpha)
        case Ordering():
            pairs = [_two(a, b, 0.0, Margin(), measure, alpha) for a, b in itertools.pairwise(groups)]
            weakest = max(pairs, key=lambda f: f.p)  # all neighbours must differ: the largest p is the claim's
            return replace(weakest, against=float(holm([f.against for f in pairs]).min()))
        case FailsLess():
            one, other = samples.values()
            return _failures(one, other, alpha)
        case Threshold():
            return _threshold(np.concatenate(groups[0]), claim, measure, alpha)
    raise TypeError(f"no test for {type(claim).__name__}")


def _two(a: list[Floats], b: list[Floats], margin: float, by: Margin, measure: Measure, alpha: float) -> Finding:
    strata = list(zip(a, b, strict=True))
    test, gap = rank_test(strata, margin), shift(strata, alpha)
    effect, low, high = (by.shown(x, measure) for x in (gap.estimate, gap.low, gap.high))
    return Finding(test.greater, test.less, effect, low, high)


def _failures(a: list[SeedValues], b: list[SeedValues], alpha: float) -> Finding:
    """0 = failed, 1 = not: on two values the stratified rank test is Fisher's, exact over the data sets' tables."""
    strata = [
        (np.isfinite(x.numbers).astype(np.float64), np.isfinite(y.numbers).astype(np.float64))
        for x, y in zip(a, b, strict=True)
    ]
    test = rank_test(strata)
    k, n = sum(x.failed for x in a), sum(len(x.numbers) for x in a)
    j, m = sum(y.failed for y in b), sum(len(y.numbers) for y in b)
    interval = newcombe(j, m, k, n, 1 - 2 * alpha)
    return Finding(test.greater, test.less, j / m - k / n, interval.low, interval.high)


def _threshold(values: Floats, claim: Threshold, measure: Measure, alpha: float) -> Finding:
    """Sign test of the median over all seeds, its interval from order statistics. A value at the level meets it."""
    level, n = float(measure.orient(claim.level)), len(values)
    met = int((values >= level).sum())
    p = float(stats.binomtest(met, n, 0.5, alternative="greater").pvalue)
    against = float(stats.binomtest(met, n, 0.5, alternative="less").pvalue)
    ordered = np.concatenate([[-np.inf], np.sort(values), [np.inf]])
    k = int(stats.binom.ppf(alpha, n, 0.5))  # P(Bin <= k - 1) <= alpha
    sign = 1 if measure.higher_is_better else -1
    with np.errstate(invalid="ignore"):
        middle = float(np.median(values))
    low, high = sorted((sign * float(ordered[k]), sign * float(ordered[n + 1 - k])))
    return Finding(p, against, sign * middle, low, high)


def _notes(claim: Claim, samples: Mapping[str, list[SeedValues]]) -> str:
    """Strata, deaths (of a claim about failures, those) and gaps, for the reason line."""
    fate = "dead (ranked worst)" if claim.measure else "failed"
    strata = len(next(iter(samples.values())))
    out = f"; over {strata} data sets" if strata > 1 else ""
    for method, column in samples.items():
        failed, missing = sum(s.failed for s in column), sum(s.missing for s in column)
        out += f"; {method}: {failed} {fate}" if failed else ""
        out += f"; {method}: {missing} without a value (left out)" if missing else ""
    return out


def _releases(found: Sides, evidence: Evidence) -> str:
    told = evidence.releases([side for stratum in found.strata for side in stratum])
    return f"; {told}" if told else ""
