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
    commit: str  # of the program
    records: tuple[store.Record, ...] = field(default=(), repr=False, compare=False)  # those that count
    suite_commit: str = ""  # of the repository of the suite, where that is another

    @property
    def said(self) -> str:
        """`commit 607a70c1d, the suite's 9f3a01b2c`; '' where neither is known."""
        told = [f"commit {short(self.commit)}"] * bool(self.commit)
        told += [f"the suite's {'' if told else 'commit '}{short(self.suite_commit)}"] * bool(self.suite_commit)
        return ", ".join(told)


def short(commit: str, letters: int = 9) -> str:
    """`607a70c1d+`: the mark of files that differ stays."""
    return commit.removesuffix("+")[:letters] + "+" * commit.endswith("+")


def to_bisect(old: Night, new: Night) -> str:
    """`12c0ffee … 16c0ffee`; of the suite's repository where the program's commit is the same, of both where both differ."""
    program, suite = (
        " … ".join(short(commit) or "?" for commit in pair)
        for pair in ((old.commit, new.commit), (old.suite_commit, new.suite_commit))
    )
    moved = [program] * (old.commit != new.commit)
    known = old.suite_commit and new.suite_commit  # which records of before do not
    moved += [f"{suite} of the suite"] * bool(known and old.suite_commit != new.suite_commit)
    return ", ".join(moved) or program


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
            commit, suite = (
                next((str(r[name]) for r in newest if r.get(name)), "") for name in ("commit", "suite_commit")
            )
            date = named.group(1) if named else str(newest[0]["created"])[:10]
            found.append(Night(date, path, commit, tuple(records), suite))
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
