"""`bench.load` and `bench.load_records`: a folder of results for a person, who may have named the wrong one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bench.plugins.lazily import lazily
from bench.records import store
from bench.records.in_suite import cell_name, in_suite

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = lazily("pandas")


def load(path: str | Path, *, everything: bool = False) -> pd.DataFrame:
    """All results below a folder as one tidy table: a row for each seed, step and name.

    `kind` is score, trace or cost; `suite` tells the suites of a parent folder apart. Of a cell that was run under several
    keys the newest key counts, and of a seed that was run twice the newest result; `everything` keeps them all. Cells
    stand in the suite's order; those that are no longer in it come last. Raises FileNotFoundError, one line, where there
    is no record.
    """
    found = load_records(path)
    frame = store.load(path, everything=everything, found=found)
    place: dict[tuple[str, ...], int] = {}
    for root in _roots(found):
        ordered, _ = in_suite(root, [record for record in found if _root(record) == root])
        for record in ordered:
            place.setdefault((record["suite"], *cell_name(record)), len(place))
    cells = zip(frame["suite"], frame["dataset"], frame["method"], strict=True)
    order = np.array([place.get(cell, len(place)) for cell in cells], dtype=np.int64)  # those that left it come last
    return frame.iloc[np.argsort(order, kind="stable")].reset_index(drop=True)


def load_records(path: str | Path) -> list[store.Record]:
    """Every record below a folder, oldest first. Raises FileNotFoundError, one line, where there is none."""
    folder = Path(path)
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: there is no such folder; bench run writes results/<suite>")
    if not (found := store.load_records(folder, deep=True)):
        raise FileNotFoundError(
            f"{folder}: there is no record in it; give the folder that bench run wrote, results/<suite>"
        )
    return found


def several(folder: Path, found: Sequence[store.Record]) -> str:
    """Why records of a folder are not shown together: they are of several suites, or of one suite in several folders."""
    roots = sorted(
        {Path(record["folder"]).absolute().parents[2] for record in found}
    )  # <suite>/<data set>/<method>/<seeds>
    if len(roots) < 2:
        return ""
    suites = len({str(record["suite"]) for record in found})
    held = f"{suites} suites" if suites > 1 else "one suite in several folders"
    return f"{folder}: holds {held}; give one of {', '.join(map(_shown, roots))}"


def _roots(found: Sequence[store.Record]) -> list[Path]:
    return sorted({_root(record) for record in found})


def _root(record: store.Record) -> Path:
    """<suite>/<data set>/<method>/<seeds>: the first of them."""
    return Path(record["folder"]).absolute().parents[2]


def _shown(path: Path) -> str:
    """From here, where it lies below."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
