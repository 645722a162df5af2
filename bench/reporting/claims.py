"""What the suite claims, and the verdicts of its seeds."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite, isnan
from pathlib import Path

from bench.claims import ClaimError, Verdict
from bench.claims.formatting import chances, effect, interval, seeds, sentence, summary
from bench.records.verdicts import verdicts
from bench.reporting.forest import forest
from bench.reporting.page import Part
from bench.reporting.results import ReportError
from bench.reporting.table import Entry, Table, word

HEADS = ["claim", "says", "verdict", "effect", "seeds", "p", "why"]
CAPTION = (
    "Exact stratified rank tests (Fisher's for failures, a sign test for a median), dead seeds ranked worst; p after "
    "Holm over all claims. A positive effect is the side of the claim. Supported: the claim's opposite is rejected at "
    "5 %. Refuted: the claim itself is. Undecided: neither."
)


def judged(folder: Path) -> list[Verdict]:
    """Every claim of the suite beside the records, judged; none where it claims nothing. Raises ReportError."""
    try:
        return verdicts(folder)
    except ClaimError as error:
        raise ReportError(str(error)) from None


def claims_part(found: Sequence[Verdict], key: str = "claims") -> Part:
    """What some verdicts say together, and a row for each."""
    table = Table(key, "Claims", HEADS, [_row(v) for v in found], CAPTION, frozenset({3}))
    drawn = forest(found, key)
    return Part(sentences=[summary(found) + "."], tables=[table], pictures=[drawn] if drawn else [])


def _row(verdict: Verdict) -> list[Entry]:
    v = verdict
    known = not isnan(v.effect)
    p = v.p_against if v.status == "refuted" else v.p_adjusted
    kind = {"supported": "", "refuted": "failed"}.get(v.status, "muted")
    return [
        word(v.claim.name),
        word(sentence(v.claim)),
        Entry(v.status, best=v.status == "supported", kind=kind),
        Entry(f"{effect(v)} {interval(v)}", v.effect, v.low, v.high) if known else word("—", "muted"),
        word(seeds(v)),
        Entry(chances(v), p) if isfinite(p) else word("—", "muted"),
        word(v.reason),
    ]
