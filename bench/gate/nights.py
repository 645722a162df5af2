"""Which folders are nights: dated folders of one suite's results, side by side in one folder."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.records import integrity, store
from bench.suite import stored_suite

DATE = re.compile(r"(\d{4}-\d{2}-\d{2})")
WANTED = "expected a folder that holds a folder of results for every night, such as nights/2026-03-01"


class NightsError(ValueError):
    """A folder that holds no nights, or nights that don't belong together: one line with the remedy."""


@dataclass(frozen=True)
class Night:
    """One folder of results."""

    date: str
    folder: Path
    commit: str
    records: tuple[store.Record, ...] = field(default=(), repr=False, compare=False)  # those that count


def nights(folder: Path) -> list[Night]:
    """The nights below `folder`, oldest first. Raises NightsError.

    A night's date is in its folder's name (`2026-03-01`), or else that of its newest record. A dated folder without a
    record is a night on which nothing came to a result; one with neither is passed over.
    """
    if (folder / stored_suite.FILE).is_file() or _shallow(folder):
        raise NightsError(f"{folder}: holds one set of results, not nights; {WANTED}")
    found = []
    for path in sorted(p for p in folder.iterdir() if p.is_dir()):
        records = store.current(store.load_records(path, deep=True))
        named = DATE.search(path.name)
        if not named and any(r["suite"] == path.name for r in records) and (path / stored_suite.FILE).is_file():
            raise NightsError(f"{folder}: holds results of suites ({path.name}), not nights; {WANTED}")
        if records:
            newest = sorted(records, key=lambda r: str(r["created"]), reverse=True)
            commit = next((str(r["commit"]) for r in newest if r.get("commit")), "")
            found.append(
                Night(named.group(1) if named else str(newest[0]["created"])[:10], path, commit, tuple(records))
            )
        elif named:
            found.append(Night(named.group(1), path, ""))
    if not any(night.records for night in found):
        raise NightsError(f"{folder}: no folder in it holds results; {WANTED}")
    found = sorted(found, key=lambda n: (n.date, n.folder.name))
    _of_one_suite(folder, found)
    return found


def _shallow(folder: Path) -> bool:
    """Whether a record lies nearer than in a night, <night>/<data set>/<method>/<seeds>/."""
    return any(next(folder.glob(f"{'*/' * depth}{integrity.FILE}"), None) for depth in range(4))


def _of_one_suite(folder: Path, found: Sequence[Night]) -> None:
    first: dict[str, str] = {}
    for night in found:
        for record in night.records:
            first.setdefault(str(record["suite"]), night.date)
    if len(first) > 1:
        said = ", ".join(f"{suite} ({date})" for suite, date in sorted(first.items()))
        raise NightsError(
            f"{folder}: holds nights of different suites, {said}; keep a folder for each, such as nights/{min(first)}"
        )
