"""The band of a page of nights: where medians lie if nothing has changed, and when nothing can be said."""

from __future__ import annotations

import numpy as np
import pytest

from bench.gate.band import band, banded, of_baseline, of_nights
from bench.gate.baseline import Baseline, BaselineValues
from bench.gate.history import history
from bench.gate.nights import nights
from bench.stats import Measure
from bench.suite.waivers import CellMetric
from tests.gate.test_history import DOWN, UP, march, modes, night


def test_a_band_of_one_seed_is_the_middle_of_the_pool():
    found = band(np.arange(100.0)[::-1], 1, UP, "a pool")
    assert found is not None
    assert (found.worst, found.best, found.of) == (2.0, 97.0, "a pool")
    down = band(np.arange(100.0), 1, DOWN, "a pool")
    assert down is not None
    assert (down.worst, down.best) == (97.0, 2.0)
    assert down.holds(50.0, DOWN)
    assert down.holds(97.0, DOWN)
    assert not down.holds(98.0, DOWN)
    assert not down.holds(1.0, DOWN)  # too good is outside as well
    assert not down.holds(float("nan"), DOWN)


@pytest.mark.parametrize("seeds", [3, 4, 5, 10])
def test_nineteen_of_twenty_medians_lie_in_the_band(seeds):
    rng = np.random.default_rng(seeds)
    pool = rng.normal(size=2000)
    found = band(pool, seeds, UP, "")
    assert found is not None
    drawn = np.median(rng.choice(pool, size=(20000, seeds)), axis=1)
    assert np.mean([found.holds(value, UP) for value in drawn[:4000]]) == pytest.approx(0.95, abs=0.012)


def test_the_number_of_seeds_needed_falls_with_those_of_a_night():
    for seeds, least in ((1, 40), (3, 11), (5, 7)):
        assert band(np.arange(float(least)), seeds, UP, "") is not None
        assert band(np.arange(least - 1.0), seeds, UP, "") is None
    assert band(np.empty(0), 1, UP, "") is None


def test_dead_seeds_are_the_worst_of_the_pool():
    pool = np.array([np.nan] * 10 + list(range(90)))
    found = band(pool, 1, Measure(False, "log"), "")
    assert found is not None
    assert np.isnan(found.worst)
    assert found.best == 2.0
    assert found.holds(float("nan"), DOWN)
    assert not found.holds(1.0, DOWN)


def several(tmp_path, levels, **more):
    rng = np.random.default_rng(0)
    for day, level in enumerate(levels, start=1):
        values = (level + rng.normal(size=5)).tolist()
        night(tmp_path, march(day), values, seeds=range(5 * day, 5 * day + 5), **more)
    (one,) = modes(history(nights(tmp_path)))
    return one


def test_the_nights_before_are_those_before_the_newest(tmp_path):
    one = several(tmp_path, [8.0] * 6)
    pool = np.concatenate([one.seeds(point) for point in one.seen[:5]])
    found = of_nights(one)
    assert found == band(pool, 5, UP, "25 seeds of the 5 nights before")
    assert found is not None
    assert found.worst in pool


def test_where_a_change_was_found_they_are_those_before_it(tmp_path):
    one = several(tmp_path, [8.0] * 12 + [2.0] * 12)
    assert one.change is not None
    found = of_nights(one)
    assert found is not None
    assert found.of == f"{5 * one.change.first} seeds of the {one.change.first} nights before"
    assert found.worst > 5


def test_a_single_night_has_none(tmp_path):
    assert of_nights(several(tmp_path, [8.0])) is None


KEY = CellMetric("ring", "GAN", "modes")


def baseline(metric="modes", protocol="p1", precision="float32", device="cpu", **run_with):
    pool = BaselineValues(KEY._replace(metric=metric), tuple(range(40)), tuple(range(40)), UP, precision, device)
    return Baseline({pool.key: pool}, {"ring": {"modes": protocol}}, cells={"ring": {"GAN": run_with}})


def test_the_band_of_a_baseline(tmp_path):
    one = several(tmp_path, [8.0] * 3)
    steps = {"train.steps": 10, "train.batch": 8}
    found = of_baseline(one, baseline(**steps))
    assert found == band(np.arange(40.0), 5, UP, "40 seeds of the baseline")
    assert banded(one, baseline(**steps)).band == found
    assert of_baseline(one, baseline()) == found  # a baseline of before knows no steps


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"protocol": "p2"}, "protocol differs: p2 (the baseline) vs p1 (now)"),
        ({"precision": "float64"}, "precision differs: float64 (the baseline) vs float32 (now)"),
        ({"device": "cuda"}, "device differs: cuda (the baseline) vs cpu (now)"),
        ({"train.steps": 20, "train.batch": 8}, "budget differs: 20 steps of batch 8 (the baseline) vs 10 steps of batch 8 (now)"),
    ],
    ids=["protocol", "precision", "device", "budget"],
)  # fmt: skip
def test_an_incomparable_baseline_says_why_and_the_nights_serve(tmp_path, other, said):
    one = several(tmp_path, [8.0] * 6)
    assert of_baseline(one, baseline(**other)) == f"incomparable with the baseline: {said}"
    found = banded(one, baseline(**other))
    assert (found.band, found.why) == (of_nights(one), f"incomparable with the baseline: {said}")


def test_a_baseline_without_the_line_or_with_few_seeds(tmp_path):
    one = several(tmp_path, [8.0] * 3)
    assert of_baseline(one, baseline(metric="other")) == "the baseline has no line of it"
    few = Baseline({KEY: BaselineValues(KEY, (1.0, 2.0), (0, 1), UP)})
    assert of_baseline(one, few) == "a baseline of 2 seeds is too small for a band"
    (failures,) = modes(history(nights(tmp_path)), "failures")
    assert banded(failures, few).band is None
