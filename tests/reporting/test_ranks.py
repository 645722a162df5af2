"""Ranks and boxes over data sets: known by hand, with nothing unlike in them and the data set as the unit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from bench.diagnostics.leaderboard import leaderboard
from bench.reporting import figure_style
from bench.reporting.ranks import LOW, Ranks, over_data_sets, ranks_picture, ranks_table
from bench.reporting.results import Results
from bench.stats import critical_difference
from tests.diagnostics.test_leaderboard import NAN, cell

NONE = Results("s", "", (), pd.DataFrame())
ENDS = {
    "v": (0.9, 0.5, 0.1),
    "w": (0.8, 0.8, 0.2),  # a tie
    "x": (0.9, NAN, -5.0),  # a dead median is the last
    "y": (0.7, 0.6, 0.5),
}


def frame(ends: dict[str, tuple[float, ...]] = ENDS) -> pd.DataFrame:
    parts = []
    for dataset, values in ends.items():
        for method, value in zip("ABC", values, strict=False):
            how = "diverged" if np.isnan(value) else "ok"
            parts.append(cell(dataset, method, (0.0, 0.0, 0.0, value), outcome=how))
    return pd.concat(parts)


def ranked(rows: pd.DataFrame) -> Ranks:
    standings = leaderboard(rows)
    assert standings is not None
    found = over_data_sets(NONE, standings)
    assert found is not None
    return found


def test_ranks_known_by_hand() -> None:
    found = ranked(frame())
    assert found.ranks.to_numpy().tolist() == [[1, 2, 3], [1.5, 1.5, 3], [1, 3, 2], [1, 2, 3]]
    assert found.mean.to_dict() == {"A": 1.125, "B": 2.125, "C": 2.75}
    assert np.isnan(found.medians.loc["x", "B"])
    assert found.medians.loc["x", "C"] == -5.0
    table = ranks_table(found)
    assert table.columns == ["method", "mean rank", "v", "w", "x", "y"]
    assert [entry.text for entry in table.rows[1]] == ["B", "2.12", "2", "1.5", "3", "2"]
    known = critical_difference(found.medians.fillna(-np.inf))
    assert found.critical == known
    assert f"p = {known.p:.2g}" in table.caption
    assert f"nearer than {known.difference:.2f} are not told apart (Nemenyi, 5 %): A, B, C." in table.caption


def test_two_data_sets_are_too_few_to_tell_any() -> None:
    found = ranked(frame({d: ENDS[d] for d in "vy"}))
    assert "2 data sets are too few to tell any" in ranks_table(found).caption


def test_two_methods_have_ranks_and_no_critical_difference() -> None:
    found = ranked(frame({d: ENDS[d][:2] for d in "vy"}))
    assert found.critical is None
    assert "no critical difference" in ranks_table(found).caption


def test_seeds_are_no_data_sets() -> None:
    """More seeds of the same data sets make no difference smaller."""
    rows = frame()
    more = pd.concat([rows.assign(seed=rows["seed"] + 4 * k) for k in range(3)])
    assert ranked(more).critical == ranked(rows).critical


def test_the_picture_shows_every_method_and_what_lies_outside() -> None:
    found = ranked(frame())
    picture = ranks_picture(found, figure_style.strokes(["A", "B", "C"]))
    for method in "ABC":
        assert picture.svg.count(f'data-m="{figure_style.tag(method)}"') == 5  # four data sets and a mean rank
    assert "−5" in picture.svg
    assert found.medians.loc["x", "C"] < LOW
    assert "box: quartiles" in picture.caption
    few = ranks_picture(ranked(frame({d: ENDS[d] for d in "vy"})), figure_style.strokes(["A", "B", "C"]))
    assert "box: quartiles" not in few.caption


def test_data_sets_on_which_q_can_not_tell_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    found = leaderboard(frame())
    assert found is not None
    monkeypatch.setattr("bench.reporting.ranks.cant_tell", lambda results, dataset: "mute" if dataset == "x" else None)
    kept = over_data_sets(NONE, found)
    assert kept is not None
    assert list(kept.ranks.index) == ["v", "w", "y"]
    assert "Left out, since q can't tell there: x." in ranks_table(kept).caption
    monkeypatch.setattr("bench.reporting.ranks.cant_tell", lambda results, dataset: None if dataset == "x" else "mute")
    assert over_data_sets(NONE, found) is None
