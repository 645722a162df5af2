"""What the status of a record means: whether it says something, whether it is whole, whether its seeds are run again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.stats.outcomes import DIVERGED, DONE, OUTCOMES, ended, outcome

BLOCKS = [row for row in OUTCOMES if row.of_block]
STATUSES = frozenset({DONE, DIVERGED.name, *(row.name for row in BLOCKS)})
RESULTS = STATUSES - {row.name for row in BLOCKS if not row.result}  # they say something about the method
SETTLED = STATUSES - {row.name for row in BLOCKS if row.again}  # not run again, unless forced

Record = dict[str, Any]


def fate(record: Mapping[str, Any], entry: Mapping[str, Any]) -> tuple[str, int | None]:
    """How a seed of a record ended, and since which step; None where it has none of its own. `entry` is of `seeds`."""
    end = ended(entry.get("outcome"), record["status"])
    step = entry.get("step")
    return end.name, None if step is None or end.of_block else int(step)


def unknown(record: Mapping[str, Any]) -> str | None:
    """Why seeds of a record can't be counted: an outcome that this version does not know; None where all are known."""
    for entry in record["seeds"]:
        try:
            if entry.get("outcome") is not None:
                outcome(entry["outcome"])
        except ValueError as error:
            return f"seed {entry['seed']}: {error}"
    return None


def settled(record: Record) -> bool:
    """Whether there is no use in running a record's seeds again."""
    return record["status"] in SETTLED and whole(record)


def pretrained(record: Mapping[str, Any]) -> bool:
    """Whether it is of samples that were made elsewhere: no steps, no losses, no costs."""
    return bool(record.get("pretrained"))


def whole(record: Mapping[str, Any]) -> bool:
    """Whether no metric and no probe broke: what it lacks may be had the next time."""
    return not errors(record)


def errors(record: Mapping[str, Any]) -> tuple[str, ...]:
    """The metrics and the probes that broke, each with its reason, in one line; columns of one reason together."""
    said: dict[tuple[str, str], list[str]] = {}
    for kind in ("metric", "probe"):
        for name, why in (record.get(f"{kind}_errors") or {}).items():
            said.setdefault((kind, why), []).append(name)
    return tuple(f"{kind} {', '.join(names)}: {why}" for (kind, why), names in said.items())


def richer(old: Record, new: Mapping[str, Any]) -> bool:
    """Whether an old record has scores that a new one of the same seeds lacks."""
    if old["status"] not in RESULTS & SETTLED:
        return False
    return new["status"] not in RESULTS or not set(new.get("broken") or ()) <= set(old.get("broken") or ())


def rank(record: Record) -> tuple[bool, bool, str]:
    """Of records of one key: results before failures, whole ones before others, then the newest."""
    return record["status"] in RESULTS, whole(record), str(record["created"])
