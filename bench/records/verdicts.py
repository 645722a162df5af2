"""What the suite beside a folder of results claims, judged on those results."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from bench.claims import Asked, Evidence
from bench.claims.claim_types import Claim, ClaimError
from bench.claims.judge import Verdict, judge
from bench.claims.parse import direction
from bench.records import store
from bench.records.frame import frame, measures, measures_there
from bench.stats.measure import Measure
from bench.suite.stored_suite import cells_of, names, seeds_of, stored_claims, stored_suite
from bench.suite.yaml_lines import SuiteError


def claims(root: Path) -> list[Claim]:
    """What the suite beside the records claims. Raises ClaimError, with the file, where it can't be read."""
    try:
        return stored_claims(stored_suite(root))
    except SuiteError as error:
        raise ClaimError(str(error)) from None
    except ClaimError as error:
        raise ClaimError(f"{root / 'suite.yaml'}: {error}") from None


def verdicts(root: Path, alpha: float = 0.05) -> list[Verdict]:
    """Every claim of the suite, judged on its results; none where it claims nothing. Raises ClaimError."""
    said = claims(root)
    if not said:
        return []
    suite = stored_suite(root)
    covers = cells_of(suite)
    found = [
        record
        for record in store.current(store.load_records(root))
        if covers(record["dataset"]["label"], record["method"]["label"])
    ]
    rows, scores = frame(root), measures(found)
    mine = [covers(*cell) for cell in zip(rows["dataset"], rows["method"], strict=True)]
    asked = Asked(seeds_of(suite), names(list(suite.get("datasets") or {})))
    evidence = Evidence(rows[pd.Series(mine, index=rows.index, dtype=bool)], scores, asked, measures_there(found))
    unknown = {claim.name: why for claim in said if (why := _undirected(claim, scores))}
    judged = iter(judge([c for c in said if c.name not in unknown], evidence, alpha))
    return [Verdict(c, "insufficient", reason=unknown[c.name]) if c.name in unknown else next(judged) for c in said]


def _undirected(claim: Claim, scores: Mapping[str, Measure]) -> str:
    """Why a claim can't be judged: no record has its measure."""
    try:
        direction(claim, scores)
    except ClaimError:
        return f"no record holds {claim.measure}"
    return ""
