"""Judging claims: two one-sided exact tests for every claim, and Holm's correction over all claims of the suite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd
from scipy import stats

from bench.claims.claim_types import (
    Claim,
    ClaimError,
    FailsLess,
    Margin,
    NonInferiority,
    Ordering,
    Superiority,
    Threshold,
)
from bench.claims.evidence import Evidence, SeedValues
from bench.claims.parse import direction
from bench.stats import holm, newcombe, rank_test, reachable, shift
from bench.stats.measure import Floats, Measure

Status: TypeAlias = Literal["supported", "refuted", "undecided", "incomparable", "insufficient"]
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


def judge(
    claims: Sequence[Claim], frame: pd.DataFrame, scores: Mapping[str, Measure], alpha: float = 0.05
) -> list[Verdict]:
    """Verdicts on claims, in their order.

    - supported: the claim's own test rejects its opposite, p_adjusted <= alpha.
    - refuted: the test of the opposite rejects the claim, p_against <= alpha. For a superiority by d that is "less
      than d better" (for a lone claim: d lies above the interval), which includes "worse"; for a non-inferiority by d,
      "worse by more than d"; for an ordering, some neighbours stand the other way round; for a threshold, the median
      lies beyond it.
    - undecided: neither.
    - incomparable: protocols, precision or device differ.
    - insufficient: no data, or so few seeds that no outcome could decide.

    Support and refutation are two families, each corrected by Holm over the claims that could be tested, so that
    each kind of error has probability at most alpha over the suite.
    """
    evidence = Evidence(frame, scores)
    drafts = [_draft(c, evidence, alpha, len(claims)) for c in claims]
    tested = [k for k, (_, finding) in enumerate(drafts) if finding is not None]
    findings = [f for _, f in drafts if f is not None]
    supports, againsts = holm([f.p for f in findings]), holm([f.against for f in findings])
    out = [verdict for verdict, _ in drafts]
    for k, f, p, q in zip(tested, findings, supports.tolist(), againsts.tolist(), strict=True):
        status: Status = "supported" if p <= alpha else "refuted" if q <= alpha else "undecided"
        out[k] = replace(
            out[k], status=status, effect=f.effect, low=f.low, high=f.high, p=f.p, p_adjusted=p, p_against=q
        )
    return out


def refuse_mute(claims: Sequence[Claim], seeds: int, datasets: int, alpha: float = 0.05) -> None:
    """Raises ClaimError for a claim that so few seeds can never support, with the number that could."""
    for claim in claims:
        if why := mute(claim, seeds, 1 if claim.on is not None else datasets, len(claims), alpha):
            raise ClaimError(why)


def mute(claim: Claim, seeds: int, strata: int, claims: int, alpha: float = 0.05) -> str | None:
    """Why one of so many claims can never be supported by so many seeds on each of `strata` data sets; None where it
    can."""
    needed = _needed(claim, [seeds] * len(claim.methods), strata, alpha / claims)
    if needed <= seeds:
        return None
    return f"claims.{claim.name}: {seeds} seeds can never decide one of {claims} claims; use {needed} or more"


def _needed(claim: Claim, n: Sequence[int], strata: int, level: float) -> int:
    """Seeds that would be enough; not above min(n) where n are."""
    if isinstance(claim, Threshold):
        return int(np.ceil(-np.log2(level) / strata - 1e-9))
    design = reachable(n[0], n[1], level, strata=strata)
    return 0 if design.reachable else design.needed


def _draft(claim: Claim, evidence: Evidence, alpha: float, claims: int) -> tuple[Verdict, Finding | None]:
    measure = direction(claim, evidence.scores)
    if claim.than_on is not None:
        return _across(claim, evidence, measure, alpha, claims)
    datasets = [d for d in evidence.datasets(claim.methods) if claim.covers(d)]
    if not datasets:
        where = f"on {claim.on}" if claim.on else "on any data set"
        return Verdict(claim, "insufficient", reason=f"{' and '.join(claim.methods)}: not run {where}"), None
    for dataset in datasets:
        differs = evidence.protocols(claim.measure, dataset, claim.methods)
        if differs is not None:
            return Verdict(claim, "incomparable", reason=differs), None
    samples = {m: [evidence.seed_values(claim.measure, d, m) for d in datasets] for m in claim.methods}
    return _asked(claim, samples, measure, alpha, claims)


def _across(
    claim: Claim, evidence: Evidence, measure: Measure, alpha: float, claims: int
) -> tuple[Verdict, Finding | None]:
    """A claim about two data sets: one stratum, a method (often the same one) on each."""
    assert isinstance(claim, Superiority | NonInferiority)
    assert claim.on is not None
    assert claim.than_on is not None
    one, other = f"{claim.method} on {claim.on}", f"{claim.than} on {claim.than_on}"
    sides = {one: (claim.on, claim.method), other: (claim.than_on, claim.than)}
    for dataset, method in sides.values():
        if dataset not in evidence.datasets((method,)):
            return Verdict(claim, "insufficient", reason=f"{method}: not run on {dataset}"), None
    samples = {label: [evidence.seed_values(claim.measure, *side)] for label, side in sides.items()}
    verdict, finding = _asked(replace(claim, method=one, than=other, than_on=None), samples, measure, alpha, claims)
    return replace(verdict, claim=claim), finding


def _asked(
    claim: Claim, samples: Mapping[str, list[SeedValues]], measure: Measure, alpha: float, claims: int
) -> tuple[Verdict, Finding | None]:
    """The test of a claim on what was found for each of its methods."""
    strata = len(next(iter(samples.values())))
    n = tuple(sum(len(s.numbers) for s in samples[m]) for m in claim.methods)
    notes = _notes(samples, strata)
    fewest = [min(len(s.numbers) for s in samples[m]) for m in claim.methods]
    if min(fewest) < 2:
        reason = f"fewer than two seeds have a value of {claim.measure or 'the outcome'}{notes}"
        return Verdict(claim, "insufficient", n=n, reason=reason), None
    needed = _needed(claim, sorted(fewest)[:2], strata, alpha / claims)
    if needed > min(fewest):
        reason = f"{min(fewest)} seeds can never decide one of {claims} claims; use {needed} or more{notes}"
        return Verdict(claim, "insufficient", n=n, reason=reason), None
    if isinstance(claim, Superiority | NonInferiority) and claim.by.relative:
        measure = replace(measure, scale="log")
        if _any_negative(samples):
            return Verdict(claim, "insufficient", n=n, reason="a share of negative values means nothing"), None
    else:
        measure = replace(measure, scale="linear")
    return Verdict(claim, "undecided", n=n, reason=notes.removeprefix("; ")), _test(claim, samples, measure, alpha)


def _test(claim: Claim, samples: Mapping[str, list[SeedValues]], measure: Measure, alpha: float) -> Finding:
    groups = {m: [measure.orient(s.numbers) for s in strata] for m, strata in samples.items()}
    match claim:
        case Superiority():
            margin = claim.by.oriented(measure, gain=True)
            return _two(groups[claim.method], groups[claim.than], margin, claim.by, measure, alpha)
        case NonInferiority():
            margin = -claim.by.oriented(measure, gain=False)
            return _two(groups[claim.method], groups[claim.than], margin, claim.by, measure, alpha)
        case Ordering():
            pairs = [
                _two(groups[a], groups[b], 0.0, Margin(), measure, alpha)
                for a, b in zip(claim.order, claim.order[1:], strict=False)
            ]
            weakest = max(pairs, key=lambda f: f.p)  # all neighbours must differ: the largest p is the claim's
            return replace(weakest, against=float(holm([f.against for f in pairs]).min()))
        case FailsLess():
            return _failures(samples[claim.method], samples[claim.than], alpha)
        case Threshold():
            return _threshold(np.concatenate(groups[claim.method]), claim, measure, alpha)
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


def _any_negative(samples: Mapping[str, list[SeedValues]]) -> bool:
    return any(bool((sample.numbers < 0).any()) for strata in samples.values() for sample in strata)


def _notes(samples: Mapping[str, list[SeedValues]], datasets: int) -> str:
    """Deaths and gaps, for the reason line."""
    out = f"; over {datasets} data sets" if datasets > 1 else ""
    for method, strata in samples.items():
        failed, missing = sum(s.failed for s in strata), sum(s.missing for s in strata)
        out += f"; {method}: {failed} dead (ranked worst)" if failed else ""
        out += f"; {method}: {missing} without a value (left out)" if missing else ""
    return out
