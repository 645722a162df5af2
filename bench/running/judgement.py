"""What is known of a block once its numbers are there: how its seeds ended, and how every column is to be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from bench.data.base import Data
from bench.evaluation.evaluator import Evaluator
from bench.evaluation.outcomes import RULE, endings, judging, no_judgement, quality_column, quality_rows
from bench.evaluation.references import Reference
from bench.records.costs import Row
from bench.running.cells import Cell


def judgement(
    cell: Cell,
    data: Data,
    evaluator: Evaluator,
    references: Mapping[str, Reference],
    errors: dict[str, str],
    scores: Sequence[Any],
    seeds: Sequence[int],
    died_at: Sequence[int],
) -> tuple[dict[str, Any], list[Row]]:
    """The entries of a record that follow from its scores, and the rows of quality.

    `scores` are rows of training/loop.py; `died_at`: the step at which each seed's numbers ended, -1 for the living;
    `errors`: column -> why its metric broke, to which more may be added.
    """
    modes = None if data.modes is None else len(data.modes.weights)
    described, protocols = evaluator.describe(errors), evaluator.protocols(errors)
    judges = judging(evaluator.names, references, errors)
    ends = endings(seeds, died_at, scores, judges, modes, cell.outcomes, errors)
    qualities = quality_rows(scores, judges)
    if qualities:
        described["quality"] = {"higher_is_better": True, "scale": "linear", "bounds": (None, 1.0), "two_sided": False}
        protocols["quality"] = protocols[str(quality_column(judges))]
    return {
        "seeds": [end.as_record() for end in ends],
        "protocols": protocols,
        "floors": {name: one.real for name, one in references.items()} | ({"quality": 1.0} if qualities else {}),
        "references": {name: one.as_record() for name, one in references.items()},
        "modes": modes,
        "outcomes": {**asdict(cell.outcomes), "rule": RULE},
        "unjudged": no_judgement(evaluator.names, references, errors, modes, cell.outcomes),
        "metrics": described,
        "metric_errors": errors,
        "scored": {name: of for name, of in cell.wanted.items() if name not in errors},
    }, qualities
