"""Claims as a forest plot: effect, interval, margin and verdict, a line each."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from bench.claims import Verdict
from bench.claims.claim_types import NonInferiority, Superiority, Threshold
from bench.claims.formatting import effect, interval
from bench.reporting.figure_style import FAINT, INK, PAGE, Picture, canvas, plain, save, style

MARKS = {"supported": ("o", INK), "refuted": ("X", INK), "undecided": ("o", "none")}


def forest(found: Sequence[Verdict], key: str) -> Picture | None:
    """None where no claim has an effect."""
    shown = [v for v in found if isfinite(v.effect)]
    if not shown:
        return None
    with style(f"{key}-forest"):
        figure = canvas(PAGE, 0.22 * len(shown) + 0.65)
        ax = figure.subplots()
        for row, v in enumerate(shown):
            zero, margin = ends(v)
            points = [x - zero for x in (v.effect, v.low, v.high) if isfinite(x)] + ([margin] if margin else [])
            scale = max(map(abs, points)) or 1.0
            low, high = ((x - zero) / scale if isfinite(x) else edge for x, edge in ((v.low, -1.05), (v.high, 1.05)))
            ax.plot([max(-1.05, low), min(1.05, high)], [row, row], color=INK, lw=1.1)
            for x, edge, arrow in ((v.low, -1.05, "<"), (v.high, 1.05, ">")):
                if not isfinite(x):
                    ax.plot([edge], [row], arrow, ms=4, color=INK)
            if margin:
                ax.plot([margin / scale] * 2, [row - 0.3, row + 0.3], color=FAINT, lw=1.2)
            shape, face = MARKS.get(v.status, ("s", "none"))
            ax.plot((v.effect - zero) / scale, row, shape, ms=5, color=INK, markerfacecolor=face, zorder=4)
            ax.text(1.12, row, plain(f"{v.status}: {effect(v)} {interval(v)}", 60), va="center", fontsize=6.5)
        ax.axvline(0, color=FAINT, lw=0.8)
        ax.set_yticks(range(len(shown)), [plain(v.claim.name, 46) for v in shown])
        ax.set_ylim(len(shown) - 0.4, -0.6)
        ax.set_xlim(-1.1, 1.1)
        ax.set_xticks([])
        ax.spines["bottom"].set_visible(False)
        ax.set_xlabel("← against the claim     no difference     for the claim →", fontsize=7)
        caption = (
            "Effect and interval of every claim (one-sided 5 % at each end), each on a scale of its own; 0 is no difference, or a "
            "threshold's level. Filled circle: supported; cross: refuted; hollow circle: undecided; hollow square: not decided "
            "at all. Grey tick: the margin. Exact stratified rank tests (Fisher's for failures, a sign test for a median), "
            "after Holm over all claims."
        )
        words = [v.status for v in found]
        finding = ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words))
        return save(figure, f"{key}-forest", f"Claims: {finding}", caption)


def ends(verdict: Verdict) -> tuple[float, float]:
    """Where no difference lies in the effect's units, and the margin from there; 0 for none."""
    match verdict.claim:
        case Threshold():
            return verdict.claim.level, 0.0
        case Superiority():
            return 0.0, verdict.claim.by.size
        case NonInferiority():
            return 0.0, -verdict.claim.by.size
    return 0.0, 0.0
