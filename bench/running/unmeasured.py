"""Claims about what is never measured, where only the loaded data can tell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from bench.claims.claim_types import Claim
from bench.data.base import Data
from bench.evaluation.quality_metrics import addable
from bench.suite.measurable import Measurable, measures
from bench.suite.suite import Suite
from bench.suite.yaml_lines import Problems
from bench.training.pretrained import Pretrained


class Paid(NamedTuple):
    """How long a cell is trained, and what a step costs."""

    steps: int
    every: int  # steps between evaluations; 0: at the end only
    price: Mapping[str, float]  # by currency, steps among them


Measured = Mapping[tuple[str, str], Measurable]  # (data set, method) -> what its runs measure


def note_unmeasured(suite: Suite, measured: Measured, of: Mapping[str, Data], problems: Problems) -> None:
    """Notes each claim whose measure one of its methods lacks on a data set that it names, or on every one."""
    for claim in suite.claims:
        if side := _lacking(claim, measured):
            place = _place(claim)
            said = f"'{claim.measure}' is not measured of {side[1]} on {side[0]}: {_why(claim, suite, of[side[0]])}"
            problems.add(suite.lines.get(place, 1), place, said)


def note_unspent(suite: Suite, cells: Mapping[tuple[str, str], Paid], problems: Problems) -> None:
    """Notes each claim that is read where a run of one of its methods never comes, or before its first evaluation."""
    elsewhere = {one.method.label for one in suite.planned() if isinstance(one.method.game, Pretrained)}
    for claim in suite.claims:
        if claim.at and (untrained := next((m for m in claim.methods if m in elsewhere), None)):
            place = _place(claim)
            said = f"'at' is {claim.at}, and {untrained} was trained elsewhere: leave 'at' out"
            problems.add(suite.lines.get(place, 1), place, said)
            continue
        for (dataset, method), paid in cells.items() if claim.at else ():
            if claim.at is None or method not in claim.methods or not claim.covers(dataset):
                continue
            price = paid.price[claim.at.currency]
            first, end = price * (paid.every or paid.steps), price * paid.steps
            who = f"'at' is {claim.at}, and {method} on {dataset}"
            if claim.at.amount > end:
                said = f"{who} is trained for {end:.10g}"
            elif claim.at.amount < first and claim.measure in measures(suite.metrics, suite.quality):
                said = f"{who} is first evaluated at {first:.10g}: 'evaluate_every' more often, or a later 'at'"
            else:
                continue
            problems.add(suite.lines.get(_place(claim), 1), _place(claim), said)
            break


def _place(claim: Claim) -> str:
    return f"experiments.{claim.experiment}." * bool(claim.experiment) + f"claims.{claim.name}"


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
