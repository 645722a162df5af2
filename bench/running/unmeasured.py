"""Claims about what is never measured, where only the loaded data can tell."""

from __future__ import annotations

from collections.abc import Mapping

from bench.claims.claim_types import Claim
from bench.data.base import Data
from bench.evaluation.quality_metrics import addable
from bench.suite.measurable import Measurable
from bench.suite.suite import Suite
from bench.suite.yaml_lines import Problems

Measured = Mapping[tuple[str, str], Measurable]  # (data set, method) -> what its runs measure


def note_unmeasured(suite: Suite, measured: Measured, of: Mapping[str, Data], problems: Problems) -> None:
    """Notes each claim whose measure one of its methods lacks on a data set that it names, or on every one."""
    for claim in suite.claims:
        if side := _lacking(claim, measured):
            place = f"experiments.{claim.experiment}." * bool(claim.experiment) + f"claims.{claim.name}"
            said = f"'{claim.measure}' is not measured of {side[1]} on {side[0]}: {_why(claim, suite, of[side[0]])}"
            problems.add(suite.lines.get(place, 1), place, said)


def note_unspent(suite: Suite, spent: Mapping[tuple[str, str], Mapping[str, float]], problems: Problems) -> None:
    """Notes each claim that is read where a run of one of its methods never comes.

    `spent`: (data set, method) -> currency -> what is spent in all.
    """
    for claim in suite.claims:
        for (dataset, method), total in spent.items() if claim.at else ():
            end = total[claim.at.currency] if claim.at else 0.0
            if claim.at and method in claim.methods and claim.covers(dataset) and claim.at.amount > end:
                place = f"experiments.{claim.experiment}." * bool(claim.experiment) + f"claims.{claim.name}"
                said = f"'at' is {claim.at}, and {method} on {dataset} is trained for {end:.10g}"
                problems.add(suite.lines.get(place, 1), place, said)
                break


def _lacking(claim: Claim, measured: Measured) -> tuple[str, str] | None:
    """The first of its sides that the measure is missing from."""
    if not claim.measure:
        return None
    for method in claim.methods:
        sides = [side for side in measured if side[1] == method and claim.covers(side[0])]
        if claim.than_on is not None:
            sides = [s for s in zip([*claim.on, claim.than_on], claim.methods, strict=True) if s in measured]
        without = [s for s in sides if measured[s].sure and claim.measure not in measured[s].names()]
        named = [s for s in without if s[0] in (*claim.on, claim.than_on)]
        if named or (without and len(without) == len(sides)):
            return (named or without)[0]
    return None


def _why(claim: Claim, suite: Suite, data: Data) -> str:
    for metric in (*suite.metrics, *addable(suite.metrics, suite.quality)):
        if any(f"{claim.measure}_".startswith(f"{name}_") for name in metric.names()) and (why := metric.refuses(data)):
            return why
    return "neither a metric nor a probe that could measure it fits"
