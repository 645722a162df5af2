"""What the suite beside a folder of results claims, judged on those results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.claims import Asked, Evidence
from bench.claims.claim_types import Claim, ClaimError
from bench.claims.judge import Verdict, judge
from bench.claims.parse import direction
from bench.records import store
from bench.records.frame import frame, measures_there, metric_directions
from bench.records.in_suite import cell_name, in_suite
from bench.records.stored_plan import StoredPlan, read_plan
from bench.stats.measure import Measure
from bench.suite.stored_suite import names, seeds_of, stored_claims, stored_suite
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
    kept, _ = in_suite(root, store.load_records(root, deep=True))
    plan = read_plan(root)
    today = [record for record in kept if plan is None or record["key"] == plan.cells[cell_name(record)].key]
    found = store.current(today)
    scores, rows = metric_directions(found), frame(root, None if plan is None else {record["key"] for record in today})
    evidence = Evidence(rows, scores, _asked(root, plan, kept, today), measures_there(found))
    unknown = {claim.name: why for claim in said if (why := _undirected(claim, scores))}
    judged = iter(judge([c for c in said if c.name not in unknown], evidence, alpha))
    return [Verdict(c, "insufficient", reason=unknown[c.name]) if c.name in unknown else next(judged) for c in said]


def _asked(root: Path, plan: StoredPlan | None, kept: Sequence[store.Record], today: Sequence[store.Record]) -> Asked:
    """What the suite asks for, and which of its cells were run otherwise than it says now."""
    if plan is None:
        suite = stored_suite(root)
        return Asked(seeds_of(suite), names(list(suite.get("datasets") or {})))
    stale = frozenset(map(cell_name, kept)) - frozenset(map(cell_name, today))
    return Asked(len(plan.seeds), (), frozenset(plan.seeds), frozenset(plan.asked()), stale)


def _undirected(claim: Claim, scores: Mapping[str, Measure]) -> str:
    """Why a claim can't be judged: no record has its measure."""
    try:
        direction(claim, scores)
    except ClaimError:
        return f"no record holds {claim.measure}"
    return ""
