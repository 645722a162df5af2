"""Records whose checksums are right and whose contents are not: each is named, left out and run again, never a traceback.

Whoever can write a checksum can write anything; what is written still has to be numbers of the record's own seeds.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from bench.commands import compare, report, show
from bench.records import store
from bench.records.integrity import misshapen, sealed

Table = pd.DataFrame


def forge(root: Path, file: str, edit: Callable[[Table], Table]) -> Path:
    """The second record with another table, sealed anew; its folder."""
    at = next(root.rglob("gan-rrrrrrrr/*/"))
    edit(pd.read_parquet(at / file)).to_parquet(at / file, index=False)
    held = json.loads((at / "record.json").read_text())
    (at / "record.json").unlink()
    (at / "record.json").write_text(sealed({k: v for k, v in held.items() if k not in ("files", "checksum")}, at))
    return at


FORGED: dict[str, tuple[str, Callable[[Table], Table]]] = {
    "a number is there twice": ("scores.parquet", lambda t: pd.concat([t, t])),
    "rows of seed 1099, which the record lacks": ("scores.parquet", lambda t: t.assign(seed=t["seed"] + 1099)),
    "a step below 0": ("scores.parquet", lambda t: t.assign(step=-1 - t["step"])),
    "column 'seed' holds no whole numbers": ("scores.parquet", lambda t: t.assign(seed=t["seed"].astype(str))),
    "column 'value' holds no numbers": ("scores.parquet", lambda t: t.assign(value="many")),
    "column 'name' holds no text": ("scores.parquet", lambda t: t.assign(name=1)),
    "a row without a seed, a step or a name": ("scores.parquet", lambda t: t.assign(name=None).astype({"name": "str"})),
    "no column 'step'": ("scores.parquet", lambda t: t.drop(columns="step")),
    "ends at step": ("scores.parquet", lambda t: t[t["step"] < t["step"].max()]),
    "a step [0-9]+ of [0-9]+": ("traces.parquet", lambda t: t.assign(step=t["step"] * 1000 + 999)),
    "is too large": ("scores.parquet", lambda t: t.assign(value=1e308)),
}


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("said", FORGED)
def test_rows_that_are_none_of_the_records_seeds(said: str, harmed: Path) -> None:
    forge(harmed, *FORGED[said])
    with pytest.warns(UserWarning, match=f"{said}.*is left out, and its seeds are run again"):
        found = store.load_records(harmed, deep=True)
    assert [record["method"]["label"] for record in found] == ["GAN"]
    with pytest.warns(UserWarning, match=said):
        assert set(store.load(harmed)["method"]) == {"GAN"}
    for command in (show, report, compare):
        words = [str(harmed), *(["GAN", "R1"] if command is compare else [])]
        words += ["--out", str(harmed.parent / "page")] if command is report else []
        done = CliRunner().invoke(command.command, words)
        assert done.exception is None or isinstance(done.exception, SystemExit), (command, done.exception)


def test_text_in_traces(harmed: Path) -> None:
    forge(
        harmed, "traces.parquet", lambda t: pd.DataFrame({"seed": ["a"], "step": ["b"], "name": ["c"], "value": ["d"]})
    )
    with pytest.warns(UserWarning, match=r"traces.parquet can't be read \(its column 'seed' holds no whole numbers\)"):
        assert len(store.load_records(harmed, deep=True)) == 1


def test_a_distance_below_zero(harmed: Path) -> None:
    """A metric on a log scale has no value below 0; one on a linear scale may."""
    forge(harmed, "scores.parquet", lambda t: t.assign(value=-1.0))
    assert len(store.load_records(harmed, deep=True)) == 2
    at = next(harmed.rglob("gan-rrrrrrrr/*/"))
    held: dict[str, Any] = json.loads((at / "record.json").read_text())
    held["metrics"] = {"m": {"higher_is_better": True, "scale": "log"}}
    (at / "record.json").unlink()
    (at / "record.json").write_text(sealed({k: v for k, v in held.items() if k not in ("files", "checksum")}, at))
    with pytest.warns(UserWarning, match="m = -1 of seed 0 is below 0"):
        assert len(store.load_records(harmed, deep=True)) == 1


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("train", "budget"), "60000", "'train.budget' is no budget"),
        (("train", "budget"), {"a": 1}, "'train.budget' is no budget"),
        (("method", "model"), {"a": 1}, "'method.model' is no word"),
        (("protocols", "x"), {"id": [1]}, "'protocols.x.id' is no word"),
        (("seeds",), [{"seed": 3}, {"seed": 3}], "seed 3 is there twice"),
        (("seeds",), [{"seed": 2**63}], "an entry of 'seeds' has no seed"),
        (("suite",), "../escape", "'suite' is no name of a folder"),
        (("suite",), "/tmp/x", "'suite' is no name of a folder"),
        (("suite",), "a\0b", "'suite' is no name of a folder"),
        (("suite",), "x" * 300, "'suite' is no name of a folder"),
        (("metric_errors",), {"m": [1]}, "'metric_errors' holds what is no text"),
        (("broken",), [1], "'broken' holds what is no text"),
        (("files",), {"scores.parquet": 3}, "'files' holds what is no file: 'scores.parquet'"),
        (("files",), {"../x": [3, "a"]}, "'files' holds what is no file: '../x'"),
        (("timing",), {"train": 10**400}, "'timing.train' is no number"),
        (("metrics", "m"), {"bounds": [0]}, "'metrics.m.bounds' are no bounds"),
    ],
)
def test_entries_that_no_reader_could_use(path: tuple[str, ...], value: object, said: str, harmed: Path) -> None:
    record = store.load_records(harmed)[0]
    assert misshapen(record) is None
    inner = record
    for name in path[:-1]:
        inner[name] = dict(inner.get(name) or {})
        inner = inner[name]
    inner[path[-1]] = value
    assert misshapen(record) == said


def test_scores_are_listed_in_one_order(harmed: Path) -> None:
    """Whichever block ended first."""
    store.refresh_csv(harmed)
    rows = pd.read_csv(harmed / "scores.csv")
    assert np.array_equal(
        rows.index, rows.sort_values(["dataset", "method", "seed", "step", "name"], kind="stable").index
    )
    assert list(rows["method"].unique()) == ["GAN", "R1"]


def test_a_value_outside_the_bounds_that_the_record_names(harmed: Path) -> None:
    at = forge(harmed, "scores.parquet", lambda t: t.assign(value=7.0))
    held: dict[str, Any] = json.loads((at / "record.json").read_text())
    held["metrics"] = {"m": {"higher_is_better": True, "scale": "linear", "bounds": [None, 1.0]}}
    (at / "record.json").unlink()
    (at / "record.json").write_text(sealed({k: v for k, v in held.items() if k not in ("files", "checksum")}, at))
    with pytest.warns(UserWarning, match="m = 7 of seed 0 lies outside its bounds"):
        assert len(store.load_records(harmed, deep=True)) == 1
