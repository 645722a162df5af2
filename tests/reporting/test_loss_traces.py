"""Losses: an axes a player, logarithmic where a loss spans decades, and nothing that hides what most steps do."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from matplotlib.figure import Figure

from bench.reporting import figure_style, loss_traces
from bench.reporting.results import read


@pytest.mark.parametrize(
    ("values", "threshold"),
    [
        (np.linspace(0.2, 2.0, 500), None),
        (np.random.default_rng(0).normal(size=5000), None),  # crosses 0 and spans no decades
        (np.geomspace(0.02, 900.0, 500), 0.01),
        (-np.geomspace(0.2, 9000.0, 500), 0.1),
        (np.zeros(10), None),
        (np.empty(0), None),
    ],
    ids=["narrow", "normal", "decades", "negative decades", "zero", "none"],
)
def test_an_axis_is_logarithmic_where_a_loss_spans_decades(values: np.ndarray, threshold: float | None) -> None:
    assert loss_traces.linear_within(values) == (None if threshold is None else pytest.approx(threshold))


def test_a_player_has_an_axes_of_its_own(fake: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake.write(tmp_path, "ring8", "GAN", seeds=range(3))
    fake.write(tmp_path, "ring8", "EDM", seeds=range(3))
    results, real = read(tmp_path), loss_traces.save
    seen: list[list[str]] = []

    def kept(figure, *words):  # type: ignore[no-untyped-def]
        seen.append([ax.get_title(loc="left") for ax in figure.axes if ax.lines])
        return real(figure, *words)

    monkeypatch.setattr(loss_traces, "save", kept)
    picture = loss_traces.loss_traces(results, "ring8", figure_style.strokes(results.methods))
    assert picture is not None
    assert seen == [["EDM", "GAN: D", "GAN: G"]]
    gan = figure_style.tag("GAN")
    assert picture.svg.count(f'data-m="{gan}" data-seed="2"') == 2  # a seed can be followed, in both


def test_one_dying_seed_flattens_no_other() -> None:
    ax = Figure().subplots()
    values = np.concatenate([np.linspace(1, 2, 5000), [1e30]])
    loss_traces._scaled(ax, values)
    assert ax.get_yscale() == "linear"
    assert ax.get_ylim()[1] < 3
    other = Figure().subplots()
    loss_traces._scaled(other, np.geomspace(1e-2, 1e6, 1000))
    assert other.get_yscale() == "symlog"
    assert other.get_ylim()[0] <= 0.01
    assert other.get_ylim()[1] > 9e5
