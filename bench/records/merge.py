"""Folders of results joined into one: every record once, and whatever two folders disagree about named."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bench.plugins.lazily import lazily
from bench.records import store, stored_plan
from bench.records.in_suite import cell_name
from bench.records.rows import frame_of_rows
from bench.records.status import RESULTS
from bench.records.walking import walk
from bench.suite import stored_suite

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = lazily("pandas")

BESIDE = (stored_suite.FILE, stored_plan.FILE)  # what a run keeps beside its records


@dataclass
class Merged:
    """What became of the records of some folders."""

    copied: int = 0
    known: int = 0  # records that were there already
    conflicts: list[str] = field(default_factory=list)
    suites: list[Path] = field(default_factory=list)  # the folders that hold records now


def merge(sources: Sequence[Path], into: Path) -> Merged:
    """Copy every record of some folders below `into`/<suite>, trials included; the sources are left as they are.

    A record that is there already is passed over. Seeds of one cell and one key of which two records have other numbers
    are a conflict, and so are two suites of one name that ask for other things: all records are kept, and of the suites
    the one that was there, or came, first. Interrupted halfway it can be repeated.
    """
    done = Merged()
    for source in sources:
        there = {
            store.identity(record) for record in _all(into)
        }  # before this folder: its own generations are no conflict
        trials = [p for p in _trials(source) if store.RUNNING not in p.parts]
        for below, home in [(source, ""), *((p, store.TRIALS) for p in trials)]:
            for record in store.load_records(below, deep=True):
                root = into / str(record["suite"]) / home
                _beside(Path(record["folder"]).parents[2], root, done)
                _copy(record, root, done, there)
    for root in sorted({Path(s) for s in done.suites}):
        store.refresh_csv(root)
    return done


def _all(root: Path) -> list[store.Record]:
    """Every record below a folder, trials included."""
    return [record for below in (root, *_trials(root)) for record in store.load_records(below)]


def _trials(root: Path) -> list[Path]:
    return [path for path in walk(root) if path.name == store.TRIALS and path.is_dir()]


def _copy(record: store.Record, root: Path, done: Merged, before: Set[tuple[object, ...]]) -> None:
    """One record into its place; the same one in another folder is not copied twice."""
    source = Path(record["folder"])
    folder = root / source.parents[1].name / source.parent.name
    there = store.load_records(folder, deep=True) if folder.is_dir() else []
    if any(store.identity(other) == store.identity(record) for other in there):
        done.known += 1
        return
    done.conflicts += _disagreements(record, [other for other in there if store.identity(other) in before])
    with store.drafting(root) as draft:
        for file in sorted(source.iterdir()):
            if file.is_file():  # no pipe, and no link that leads nowhere
                shutil.copyfile(file, draft / file.name)
        store.rename(draft, folder / store.block_name([entry["seed"] for entry in record["seeds"]]))
    done.copied += 1


def _disagreements(record: store.Record, others: Iterable[store.Record]) -> list[str]:
    """A line for each record of the same key that has other scores of the same seeds, steps and metrics."""
    said = []
    for other in others:
        if other["key"] != record["key"] or {other["status"], record["status"]} - RESULTS:
            continue
        shared = {e["seed"] for e in record["seeds"]} & {e["seed"] for e in other["seeds"]}
        if shared and _differ(record, other, shared):
            seeds = ", ".join(map(str, sorted(shared)))
            where = f"{record['folder']} and {other['folder']}"
            said.append(
                f"{' / '.join(cell_name(record))}, seeds {seeds}: two results of one key have other numbers: {where}"
            )
    return said


def _differ(one: store.Record, other: store.Record, seeds: set[int]) -> bool:
    """Whether any number that both have, of one metric with one set of options, differs."""
    ids = [record.get("scored") or dict.fromkeys(record.get("protocols") or {}, "") for record in (one, other)]
    names = {name for name in ids[0] if ids[1].get(name) == ids[0][name]}
    sides = [_scores(record, seeds, names) for record in (one, other)]
    both = sides[0].align(sides[1], join="inner")
    return not both[0].equals(both[1])


def _scores(record: store.Record, seeds: set[int], names: set[str]) -> pd.Series:
    rows = frame_of_rows(record, "score")
    rows = rows[rows["seed"].isin(seeds) & rows["name"].isin(names)]
    return rows.set_index(["seed", "step", "name"])["value"].sort_index()


def _beside(source: Path, root: Path, done: Merged) -> None:
    """The suite and its plan, where none is there yet; that there is another one is a conflict, said once."""
    if root.name == store.TRIALS:
        return
    if root not in done.suites:
        done.suites.append(root)
    for name in BESIDE:
        if not (source / name).is_file():
            continue
        if not (root / name).exists():
            store.write_atomically(root / name, lambda draft, name=name: shutil.copyfile(source / name, draft))  # type: ignore[misc]
        elif (source / name).read_bytes() != (root / name).read_bytes():
            said = f"{source / name} is another one than {root / name}, which is kept"
            done.conflicts += [said] * (said not in done.conflicts)
