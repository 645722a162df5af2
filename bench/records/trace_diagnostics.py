"""How the losses of a record's seeds swing, found once when its block ends and kept beside it in `diagnostics.json`.

Finding a period takes a tenth of a second a curve: of a thousand records that is half an hour at every report. What was found
by other code than today's is passed over; `bench score` finds it anew. A report finds what is missing for a few records only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from functools import cache
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from bench.diagnostics.oscillation import Oscillation, oscillation, swing
from bench.diagnostics.stability import LOSS
from bench.hashing.code import code_hash
from bench.plugins.lazily import lazily
from bench.records.integrity import checksum
from bench.records.rows import UnreadableRows, frame_of_rows
from bench.records.status import RESULTS, Record
from bench.records.strict_json import read_json

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = lazily("pandas")

FILE, TRACES = "diagnostics.json", "traces.parquet"
CODE = "bench.diagnostics.oscillation"
MOST = 48  # curves of which a reader finds the period itself, in some seconds
FEW = 400  # records of which it finds the swing

NOT_ASKED = Oscillation(*[float("nan")] * 7)

Found: TypeAlias = dict[str, dict[int, tuple[float, Oscillation]]]  # loss's trace -> seed -> (swing, oscillation)


def of_traces(rows: pd.DataFrame, whole: bool = True) -> Found:
    """Of every loss among the traces of a record: rows of seed, step, name, value; `whole`: with the search for a period."""
    names = rows["name"].astype(str)
    losses = rows[names.isin([name for name in names.unique() if LOSS.match(name)])]
    found: Found = {}
    key: Any  # name, seed
    for key, part in losses.groupby(["name", "seed"], sort=True, observed=True):
        part = part.drop_duplicates("step").sort_values("step")
        value, step = part["value"].to_numpy(np.float64, na_value=np.nan), part["step"].to_numpy(np.float64)
        found.setdefault(str(key[0]), {})[int(key[1])] = (
            swing(value, step),
            oscillation(value, step) if whole else NOT_ASKED,
        )
    return found


def text(found: Found, of: str = "") -> str:
    """As it is kept, with the checksum `of` the traces that it was found in: a number that is not finite is null."""
    losses = {
        name: {str(seed): _plain({"swing": s, **asdict(o)}) for seed, (s, o) in seeds.items()}
        for name, seeds in found.items()
    }
    return json.dumps({"code": _code(), "of": of, "losses": losses, "checksum": _sum(losses)}, allow_nan=False) + "\n"


def _sum(losses: Any) -> str:
    return checksum(json.dumps(losses, allow_nan=False).encode())


def stored(record: Record) -> Found | None:
    """What lies beside a record; None where nothing does, or nothing that today's code has found in its traces."""
    try:
        held = read_json(Path(record["folder"]) / FILE)
        traces = (record.get("files") or {}).get(TRACES)
        same = held["checksum"] == _sum(held["losses"]) and (traces is None or held["of"] == traces[1])
        if held["code"] != _code() or not same:
            return None
        return {
            str(name): {int(seed): _read(numbers) for seed, numbers in seeds.items()}
            for name, seeds in held["losses"].items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def of_cells(cells: Sequence[Sequence[Record]]) -> tuple[list[Found], int]:
    """The losses of some cells, each given by its records, of which a later one wins; and how many records are left out.

    What is stored nowhere is found here where it is at most `MOST` curves; of more, as `swing` alone up to `FEW` records.
    """
    held = {id(one): stored(one) for records in cells for one in records if one["status"] in RESULTS}
    lacking = {id(one): one for records in cells for one in records if held.get(id(one), {}) is None}
    rows = {key: traces_of(record) for key, record in lacking.items()} if len(lacking) <= FEW else {}
    curves = sum(len(table[["name", "seed"]].drop_duplicates()) for table in rows.values())
    held |= {key: of_traces(table, whole=curves <= MOST) for key, table in rows.items()}
    found = []
    for records in cells:
        whole: Found = {}
        for record in records:
            for name, seeds in (held.get(id(record)) or {}).items():
                whole.setdefault(name, {}).update(seeds)
        found.append(whole)
    return found, len(lacking) if curves > MOST or not rows else 0


def swings(found: Found) -> Mapping[int, float]:
    """Of every seed the swing of the loss that swings most."""
    most: dict[int, float] = {}
    for seeds in found.values():
        for seed, (one, _) in seeds.items():
            most[seed] = float(np.fmax(most.get(seed, np.nan), one))
    return most


def of_file(folder: Path, record: Mapping[str, Any]) -> str:
    """What is to be kept beside the traces that lie in a folder."""
    with suppress(OSError):
        return text(of_traces(traces_of({**record, "folder": str(folder)})), checksum((folder / TRACES).read_bytes()))
    return text({})


def traces_of(record: Record) -> pd.DataFrame:
    """The losses among a record's traces; no rows where they can't be read."""
    rows = pd.DataFrame({"seed": [], "step": [], "name": [], "value": []})
    with suppress(UnreadableRows):
        rows = frame_of_rows(record, "trace")
    names = rows["name"].astype(str)
    broken = set(record.get("broken") or [])
    return rows[names.isin([name for name in names.unique() if LOSS.match(name) and name not in broken])]


@cache
def _code() -> str:
    return code_hash([CODE])


def _plain(numbers: Mapping[str, float]) -> dict[str, float | None]:
    return {name: value if isfinite(value) else None for name, value in numbers.items()}


def _read(numbers: Mapping[str, Any]) -> tuple[float, Oscillation]:
    held = {name: float("nan") if value is None else float(value) for name, value in numbers.items()}
    one = held.pop("swing")
    return one, Oscillation(**held)
