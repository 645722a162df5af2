"""Change points on nights whose truth is known, and dated folders of results."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from bench.gate import history
from bench.records import store
from bench.stats import Measure, clopper_pearson

UP, DOWN = Measure(higher_is_better=True), Measure(higher_is_better=False)


def test_a_change_is_placed_and_turned_the_right_way():
    rng = np.random.default_rng(0)
    nights = np.concatenate([rng.normal(size=12), rng.normal(size=9) + 5])
    found = history.change(nights, UP, rng)
    assert found is not None
    assert (found.at, found.better) == (12, True)
    assert found.first <= 12 <= found.last
    assert found.p < 0.01
    worse = history.change(nights, DOWN, rng)
    assert worse is not None
    assert (worse.at, worse.better) == (12, False)
    assert (found.before, found.after) == (np.median(nights[:12]), np.median(nights[12:]))


def test_steady_nights_change_as_seldom_as_alpha_says():
    rng = np.random.default_rng(1)
    alarms = 0
    for _ in range(200):
        found = history.change(rng.normal(size=15), UP, rng, repetitions=199)
        alarms += found is not None and found.p <= 0.05
    assert clopper_pearson(alarms, 200, 0.99).low <= 0.05


def test_the_interval_holds_the_true_place_about_as_often_as_said():
    rng = np.random.default_rng(2)
    held = 0
    for _ in range(150):
        nights = np.concatenate([rng.normal(size=15), rng.normal(size=15) + 1.5])
        found = history.change(nights, UP, rng, repetitions=19)
        assert found is not None
        held += found.first <= 15 <= found.last
    assert held >= stats.binom.ppf(0.001, 150, 0.85)  # the interval is an approximation of 95 %


def test_the_split_is_scipys_rank_sum_at_every_place():
    """|U_t| standardised is the normal score of Wilcoxon's rank-sum test without its continuity correction."""
    nights = np.random.default_rng(3).normal(size=10)
    curve = history._curve(stats.rankdata(nights)[None])[0]
    for k, value in enumerate(curve, start=history.LEAST):
        assert value == pytest.approx(abs(stats.ranksums(nights[:k], nights[k:]).statistic))


def test_too_few_or_equal_nights_say_nothing():
    rng = np.random.default_rng(0)
    assert history.change(np.arange(5.0), UP, rng) is None
    assert history.change(np.ones(20), UP, rng) is None


def night(root: Path, date: str, values: list[float | None], commit: str) -> None:
    """One record, as a run leaves it; None is a dead seed."""
    seeds = [{"seed": k, "outcome": "ok" if v is not None else "diverged"} for k, v in enumerate(values)]
    record = {
        "suite": "s", "dataset": {"label": "ring"}, "method": {"label": "GAN"}, "key": "k", "status": "done",
        "seeds": seeds, "created": f"{date}T00:00:00", "commit": commit, "precision": "float32",
        "device": {"kind": "cpu"}, "metrics": {"modes": {"higher_is_better": True, "scale": "linear"}},
        "protocols": {"modes": {"id": "p1"}},
    }  # fmt: skip
    store.commit(root / date, Path("ring/gan"), record, [(k, 10, "modes", v) for k, v in enumerate(values)])


def test_dated_folders_become_series_with_commits(tmp_path):
    rng = np.random.default_rng(4)
    for day in range(1, 15):
        level = 8.0 if day < 9 else 5.0
        values = [*(level + rng.normal(size=4)).tolist(), None]
        night(tmp_path, f"2026-03-{day:02d}", values, f"commit{day:02d}")
    (tmp_path / "notes").mkdir()
    nights = history.nights(tmp_path)
    assert [n.date for n in nights] == [f"2026-03-{d:02d}" for d in range(1, 15)]
    (one,) = history.series(nights)
    assert (one.dataset, one.method, one.metric) == ("ring", "GAN", "modes (p1)")
    assert one.change is not None
    assert nights[one.change.at].date == "2026-03-09"
    assert not one.change.better
    old, new = one.commits
    assert old < "commit09" <= new
    assert json.loads(json.dumps(history.plain([one])))[0]["change"]["at"] == "2026-03-09"


def test_a_median_that_is_a_dead_seed_is_no_number():
    values = np.array([1.0, 2.0, np.nan, np.nan, np.nan])
    assert np.isnan(history.middle(values, UP))
    assert history.middle(values[:3], UP) == 1.0
    assert history.middle(values[:3], DOWN) == 2.0
