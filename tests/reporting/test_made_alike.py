"""A table, a sentence and a leaderboard set nothing beside what was made under other conditions."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

from bench.reporting.headline_table import sentences
from bench.reporting.headline_table import verdict as headline
from bench.reporting.panel import panel
from bench.reporting.results import Results, read
from bench.reporting.summary import columns


def results(fake: ModuleType, folder: Path, **of_edm: Any) -> Results:
    for method in ("GAN", "EDM"):
        path = fake.write(folder, "ring8", method) / "record.json"
        record = json.loads(path.read_text())
        record["data"] = "fedcba9876543210" if "data" in of_edm else None
        for name, value in of_edm.items() if method == "EDM" else ():
            record[name] = {**record[name], **value} if isinstance(value, dict) else value
        path.write_text(json.dumps(record))
        for file in path.parent.glob("*.parquet"):  # the last row is at the end of training
            rows = pd.read_parquet(file)
            rows.assign(step=rows["step"] * record["train"]["steps"] // fake.STEPS).to_parquet(file)
    return read(folder)


@pytest.mark.parametrize(
    ("other", "what"),
    [
        ({"train": {"steps": 2000}}, "budget differs: 2000 steps (EDM) vs 20000 steps (GAN)"),
        ({"precision": "float64"}, "precision differs: float64 (EDM) vs float32 (GAN)"),
        ({"device": {"kind": "cuda"}}, "device differs: cuda (EDM) vs cpu (GAN)"),
        ({"data": "0123456789abcdef"}, "of content fedcba98 (GAN)"),
    ],
    ids=["budget", "precision", "device", "data"],
)
def test_methods_that_were_made_otherwise_have_columns_of_their_own(
    fake: ModuleType, tmp_path: Path, other: dict[str, Any], what: str
) -> None:
    found = results(fake, tmp_path, **other)
    assert {method for column in columns(found, "ring8") for method in column.curves} == {"GAN", "EDM"}
    assert all(len(column.curves) == 1 and column.winner() is None for column in columns(found, "ring8"))
    said = sentences(found, "ring8")
    assert any(what in one and one.startswith("Not all are compared with one another") for one in said)
    table = panel(found, "ring8")
    assert table is not None
    assert what in table.caption
    (shown,) = headline(found, "ring8")
    assert sum("incomparable" in [entry.text for entry in row] for row in shown.rows) == 2


def test_another_release_of_torch_is_said_and_compared(fake: ModuleType, tmp_path: Path) -> None:
    found = results(fake, tmp_path, versions={"torch": "1.13.1+cu117"})
    assert all(set(column.curves) == {"GAN", "EDM"} for column in columns(found, "ring8"))
    (said,) = [one for one in sentences(found, "ring8") if "torch differs" in one]
    assert "1.13 (EDM) vs " in said
