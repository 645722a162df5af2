"""What the suite beside a folder of results claims, judged on those results."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.claims.claim_types import Claim, ClaimError
from bench.claims.judge import Verdict, judge
from bench.claims.parse import direction, parse
from bench.records import store
from bench.records.frame import frame, measures
from bench.stats.measure import Measure
from bench.suite.yaml_lines import Problems, SuiteError, read


def claims(root: Path) -> list[Claim]:
    """What the suite beside the records claims. Raises ClaimError, with the file, where it can't be read."""
    path = root / "suite.yaml"
    said = section(root, "claims")
    try:
        return parse(said) if said else []
    except ClaimError as error:
        raise ClaimError(f"{path}: {error}") from None


def section(root: Path, key: str) -> Any:
    """One key of the suite that lies beside the records, as `bench run` reads it; None where there is none.

    Raises ClaimError where the file can't be read.
    """
    path = root / "suite.yaml"
    if not path.is_file():
        return None
    try:
        problems = Problems(path)
        suite = read(path, problems)
        problems.check()
    except SuiteError as error:
        raise ClaimError(str(error)) from None
    found = suite.plain if suite is not None else None
    return found.get(key) if isinstance(found, dict) else None


def verdicts(root: Path, alpha: float = 0.05) -> list[Verdict]:
    """Every claim of the suite, judged on its results; none where it claims nothing. Raises ClaimError."""
    said = claims(root)
    if not said:
        return []
    found = store.current(store.load_records(root))
    scores = measures(found)
    unknown = {claim.name: why for claim in said if (why := _undirected(claim, scores))}
    judged = iter(judge([c for c in said if c.name not in unknown], frame(root), scores, alpha))
    return [Verdict(c, "insufficient", reason=unknown[c.name]) if c.name in unknown else next(judged) for c in said]


def _undirected(claim: Claim, scores: Mapping[str, Measure]) -> str:
    """Why a claim can't be judged: no record has its measure."""
    try:
        direction(claim, scores)
    except ClaimError:
        return f"no record holds {claim.measure}"
    return ""
