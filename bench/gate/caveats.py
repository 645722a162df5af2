"""What speaks against a baseline: too few seeds, or a rule that was never tried on it."""

from __future__ import annotations

from collections.abc import Mapping

from bench.gate.baseline import Baseline
from bench.gate.checks import Failures
from bench.gate.rule import Rule

SEEDS = 20  # fewer, and a frozen draw fires again and again


def caveats(baseline: Baseline, within: Mapping[str, float], rule: Rule, n: int) -> tuple[str, ...]:
    """One line each, where a gating pool is small, the rule is not calibrated, or it was for other sizes."""
    out = []
    if few := small(baseline, within):
        out.append(few)
    if whole := failed_whole(baseline):
        out.append(whole)
    known = baseline.calibration
    if "false_alarm" not in known:
        out.append("the rule is not calibrated on this baseline; run 'bench gate calibrate'")
        return tuple(out)
    for word, then, now in (
        ("metrics and margins", known.get("within"), dict(within)),
        ("fresh seeds", known.get("fresh"), rule.fresh),
        ("seeds of the candidate", known.get("n"), n),
    ):
        if then is not None and then != now:
            out.append(f"calibrated for other {word} ({then}, now {now}); run 'bench gate calibrate'")
    return tuple(out)


def failed_whole(baseline: Baseline) -> str:
    """The cells of which every seed failed; '' where there is none."""
    whole = [
        p.key for k, p in sorted(baseline.pools.items()) if p.outcomes and Failures.count(p.array) == len(p.values)
    ]
    if not whole:
        return ""
    named = ", ".join(f"{key.dataset} / {key.method}" for key in whole[:3]) + ", …" * (len(whole) > 3)
    why = "that more of them do can't be seen; train longer, or lower outcomes.learned"
    return f"every seed of the baseline failed on {named}: {why}"


def small(baseline: Baseline, within: Mapping[str, float] | None = None) -> str:
    """The smallest pool (of gating metrics), where it has fewer than 20 seeds; '' where none has."""
    pools = [p for k, p in sorted(baseline.pools.items()) if within is None or k.metric in within]
    fewest = min(pools, key=lambda pool: len(pool.values), default=None)
    if fewest is None or len(fewest.values) >= SEEDS:
        return ""
    said = f"{fewest.key.dataset} / {fewest.key.method} has {len(fewest.values)} seeds"
    return f"a baseline of fewer than {SEEDS} seeds ({said}) fires too often or not at all"
