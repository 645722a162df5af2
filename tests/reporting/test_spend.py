"""Curves of methods that were given one budget lie on its axis; methods of equal steps and unequal cost are told apart."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from bench.reporting import build
from bench.reporting.headline_table import sentences
from bench.reporting.results import Results, read
from bench.reporting.spend import axis, unlike_steps
from bench.reporting.summary import columns


def write(fake: ModuleType, folder: Path, prices: dict[str, int], budget: dict[str, Any] | None) -> Results:
    for method, price in prices.items():
        path = fake.write(folder, "ring8", method) / "record.json"
        record = json.loads(path.read_text())
        record |= {"gradients_per_step": price}
        record["train"]["budget"] = budget
        path.write_text(json.dumps(record))
    return read(folder)


def test_a_shared_budget_is_the_axis(fake: ModuleType, tmp_path: Path) -> None:
    results = write(fake, tmp_path, {"GAN": 2, "EDM": 1}, {"currency": "gradients", "amount": 40_000})
    spent = axis(results, "ring8")
    assert spent.label == "gradient evaluations"
    curves = columns(results, "ring8")[0].curves
    np.testing.assert_array_equal(spent.of(curves["GAN"]), 2 * curves["GAN"].steps)
    np.testing.assert_array_equal(spent.of(curves["EDM"]), curves["EDM"].steps)
    page = build(tmp_path, tmp_path / "out").read_text(encoding="utf-8")
    assert "against gradient evaluations on ring8" in page


def test_without_one_it_is_the_step(fake: ModuleType, tmp_path: Path) -> None:
    results = write(fake, tmp_path, {"GAN": 2, "EDM": 1}, None)
    spent = axis(results, "ring8")
    assert spent.label == "step"
    curves = columns(results, "ring8")[0].curves["GAN"]
    np.testing.assert_array_equal(spent.of(curves), curves.steps)


def test_equal_steps_of_unequal_cost_are_said(fake: ModuleType, tmp_path: Path) -> None:
    results = write(fake, tmp_path, {"GAN": 2, "WGAN-GP": 6, "EDM": 1}, None)
    told = unlike_steps(results, "ring8")
    assert all(f"{method} {price}" in told for method, price in (("GAN", 2), ("WGAN-GP", 6), ("EDM", 1)))
    assert sentences(results, "ring8")[-1] == told
    alike = write(fake, tmp_path / "alike", {"GAN": 2, "WGAN-GP": 2}, None)
    assert unlike_steps(alike, "ring8") == ""
