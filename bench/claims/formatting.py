"""Verdicts for a terminal, and the words that every other output shares."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

from rich.table import Table
from rich.text import Text

from bench.claims.claim_types import Claim, FailsLess, Margin, NonInferiority, Ordering, Superiority, Threshold
from bench.claims.judge import Verdict

COLOURS = {"supported": "green", "refuted": "red", "undecided": "yellow", "incomplete": "dim", "can't tell": "dim"}
HEADS = ("claim", "verdict", "effect", "interval", "seeds", "p", "why")


def sentence(claim: Claim) -> str:
    """A claim in words: `GAN + R1 better than GAN in modes_covered by more than 1, on ring`."""
    where = f", on {' and '.join(claim.on)}" if claim.on else ""
    if claim.than_on:
        where += f" than on {claim.than_on}"
    where += f", at {claim.at}" if claim.at else ""
    match claim:
        case Superiority():
            by = f" by more than {amount(claim.by)}" if claim.by.size else ""
            return f"{claim.method} better than {claim.than} in {claim.measure}{by}{where}"
        case NonInferiority():
            by = f" by {amount(claim.by)} or more"
            return f"{claim.method} not worse than {claim.than} in {claim.measure}{by}{where}"
        case Ordering():
            return f"{' > '.join(claim.order)} in {claim.measure}{where}"
        case FailsLess():
            return f"{claim.method} fails less often than {claim.than}{where}"
        case Threshold():
            side = "at least" if claim.side == "at_least" else "at most"
            return f"median of {claim.method} in {claim.measure} is {side} {claim.level:g}{where}"
    raise TypeError(f"no words for {type(claim).__name__}")


def amount(margin: Margin) -> str:
    return f"{margin.size:.3g}" if not margin.relative else f"{margin.size:.0%}"


def effect(verdict: Verdict) -> str:
    return _number(verdict, verdict.effect)


def interval(verdict: Verdict) -> str:
    if isnan(verdict.low) and isnan(verdict.high):
        return "–"
    return f"[{_number(verdict, verdict.low)}, {_number(verdict, verdict.high)}]"


def seeds(verdict: Verdict) -> str:
    return " / ".join(map(str, verdict.n)) or "–"


def chances(verdict: Verdict) -> str:
    """p after Holm: of the claim, and of its refutation where that is what was found."""
    p = verdict.p_against if verdict.status == "refuted" else verdict.p_adjusted
    return "–" if isnan(p) else f"{p:.2g}"


def table(verdicts: Sequence[Verdict]) -> Table:
    """For rich's console."""
    view = Table(title="Claims", title_justify="left", caption=summary(verdicts), caption_justify="left")
    for head in HEADS:
        view.add_column(head, overflow="fold")
    for v in verdicts:
        cells = (v.claim.name, v.status, effect(v), interval(v), seeds(v), chances(v), v.reason)
        view.add_row(*(Text(cell) for cell in cells), style=COLOURS.get(v.status, ""))
    return view


def summary(verdicts: Sequence[Verdict]) -> str:
    """`2 supported, 1 undecided; p after Holm over all claims`."""
    words = [v.status for v in verdicts]
    counts = ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words))
    return f"{counts}; p after Holm over all claims; the interval's ends are one-sided at 5 % each"


def _number(verdict: Verdict, value: float) -> str:
    """A gain with its sign (a share as per cent); a threshold's median as it is."""
    if isnan(value):
        return "–"
    claim = verdict.claim
    if isinstance(claim, Threshold):
        return f"{value:.3g}"
    if isinstance(claim, FailsLess) or (isinstance(claim, Superiority | NonInferiority) and claim.by.relative):
        return f"{value:+.0%}" if abs(value) < float("inf") else f"{value:+}"
    return f"{value:+.3g}"
