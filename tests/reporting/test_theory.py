"""Measured beside predicted, and how much of a grid works: each in the report only where there is something to say."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

from bench.reporting import build
from bench.reporting.predicted import comparisons, in_words
from bench.reporting.results import read
from bench.reporting.sensitivity import grids, sensitivities
from bench.reporting.theory import theory
from bench.reporting.write_report import first_screen


def predict(record: Path, **values: float) -> None:
    """Write predictions into a record, and the last value of a trace of that name for each seed."""
    path = record / "record.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(content | {"predictions": values}), encoding="utf-8")
    rows = [
        (seed, step, name, value + 0.01 * (seed - 1) if step else -9.0)
        for name, value in values.items()
        for seed in range(3)
        for step in (0, 100)
    ]
    pd.DataFrame(rows, columns=["seed", "step", "name", "value"]).to_parquet(record / "traces.parquet")


def test_the_last_measurement_stands_beside_the_prediction(fake: ModuleType, tmp_path: Path) -> None:
    predict(fake.write(tmp_path, "ring8", "GAN", seeds=range(3)), step_radius=0.5, spectrum_critical_lr=0.0)
    results = read(tmp_path)
    radius, rate = comparisons(results, results.cells[0])
    assert (radius.predicted, radius.measured.median, radius.deviation) == (0.5, 0.5, 0.0)
    assert rate.share != rate.share  # of a prediction of 0 there is no share
    part = theory(results, "ring8")
    assert [row[2].value for row in part.tables[0].rows] == [0.5, 0.0]
    assert len(part.pictures) == 1


def test_a_deviation_is_shown(fake: ModuleType, tmp_path: Path) -> None:
    record = fake.write(tmp_path, "ring8", "GAN", seeds=range(3))
    predict(record, step_radius=0.5)
    path = record / "record.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(content | {"predictions": {"step_radius": 0.4}}), encoding="utf-8")
    results = read(tmp_path)
    (found,) = comparisons(results, results.cells[0])
    assert found.deviation == pytest.approx(0.1)
    assert found.share == pytest.approx(0.25)


def grid(fake: Any, folder: Path, qualities: dict[str, float]) -> Path:
    for setting, quality in qualities.items():
        fake.write(folder, "ring8", f"GAN [lr={setting}]", seeds=range(4), quality=quality, losses=False)
    return folder


def test_the_share_of_a_grid_that_works(fake: ModuleType, tmp_path: Path) -> None:
    results = read(grid(fake, tmp_path, {"0.1": -0.55, "0.01": 0.9, "0.001": 0.85, "0.0001": -0.55}))
    assert grids(results, "ring8") == {"GAN": {s: f"GAN [{s}]" for s in ("lr=0.0001", "lr=0.001", "lr=0.01", "lr=0.1")}}
    table = sensitivities(results, "ring8")
    assert table is not None
    rows = {row[1].text.split()[0]: row for row in table.rows}
    distance = rows["sliced_wasserstein"]
    assert distance[2].text in ("lr=0.01", "lr=0.001")
    assert distance[4].text == "2/4"
    assert distance[5].value is not None
    assert distance[5].value > 0


def test_two_settings_are_no_grid(fake: ModuleType, tmp_path: Path) -> None:
    assert sensitivities(read(grid(fake, tmp_path, {"0.1": 0.5, "0.01": 0.9})), "ring8") is None


def test_sections_are_there_only_where_they_say_something(fake: ModuleType, tree: Path, tmp_path: Path) -> None:
    plain = build(tree, tmp_path / "plain").with_name("report.md").read_text(encoding="utf-8")
    assert "## Theory" not in plain
    assert "## Sensitivity" not in plain
    results = tmp_path / "results"
    predict(fake.write(results, "ring8", "oracle", seeds=range(3)), sampler_spread=0.9)
    grid(fake, results, {"0.1": 0.1, "0.01": 0.9, "0.001": 0.85})
    said = build(results, tmp_path / "full").with_name("report.md").read_text(encoding="utf-8")
    assert "## Theory" in said
    assert "## Sensitivity" in said
    assert (tmp_path / "full" / "figures" / "theory-ring8.pdf").exists()


def unjudge(record: Path) -> None:
    path = record / "record.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["seeds"] = [entry | {"outcome": "unjudged"} for entry in content["seeds"]]
    path.write_text(json.dumps(content), encoding="utf-8")


def test_the_first_screen_tells_how_many_predictions_are_met(fake: ModuleType, tmp_path: Path) -> None:
    """Where no seed is judged nothing is said of stability, and there is no matrix of seeds without a quality."""
    for method, off in (("GAN", 0.0), ("EDM", 0.05)):
        record = fake.write(tmp_path, "ring8", method, seeds=range(3), losses=False)
        predict(record, step_radius=0.5 - off, cycle_radius=0.0)
        path = record / "record.json"
        content = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps(content | {"predictions": {"step_radius": 0.5, "cycle_radius": 0.0}}))
    said = (
        "Of 2 numbers that theory predicts, 1 is met within 1e-6 and 1 is met within 1e-2 of the prediction; "
        "the furthest off is EDM: step_radius, by 10 % (0.5 predicted, 0.450 measured)."
    )
    assert in_words(read(tmp_path)) == said
    assert first_screen(read(tmp_path), []).matrix is not None
    for record in tmp_path.rglob("seeds-0-2"):
        unjudge(record)
    first = first_screen(read(tmp_path), [])
    assert first.matrix is None
    assert first.answer is not None
    assert first.answer.said == (("Beside theory", said),)
