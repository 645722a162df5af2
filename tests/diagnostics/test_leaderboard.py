"""The leaderboard on curves whose answer is plain."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from bench.diagnostics.leaderboard import leaderboard
from bench.stats import wilson

STEPS = (100, 200, 300, 400)
NAN = float("nan")
EARLY, LATE, NEVER = (0.8, 0.8, 0.8, 0.9), (0.1, 0.8, 0.8, 0.8), (0.1, 0.2, 0.3, 0.4)


def cell(
    dataset: str, method: str, curve: tuple[float, ...], seeds: int = 4, gradients: float = 1.0, outcome: str = "ok"
) -> pd.DataFrame:
    about = {"suite": "s", "dataset": dataset, "method": method, "outcome": outcome, "protocol": "p", "device": "cpu"}
    rows = [
        {**about, "seed": seed, "step": step, "kind": "score", "name": "quality", "value": value}
        for seed in range(seeds)
        for step, value in zip(STEPS, curve, strict=True)
    ]
    rows += [
        {**about, "seed": seed, "step": 400, "kind": "cost", "name": "gradients_per_step", "value": gradients}
        for seed in range(seeds)
        if gradients
    ]
    return pd.DataFrame(rows)


def test_two_methods_with_constant_times() -> None:
    """B arrives at twice A's step on both data sets: profile scores 1 and 2/3, known by hand."""
    frame = pd.concat([cell(d, m, c) for d in ("x", "y") for m, c in (("A", EARLY), ("B", LATE))])
    found = leaderboard(frame)
    assert found is not None
    assert (found.datasets, found.reference, found.time, found.pairs) == (("x", "y"), "A", "gradient evaluations", 8)
    first, second = found.standings
    assert (first.profile.value, second.profile.value) == (1, pytest.approx(2 / 3))
    assert (first.profile.low, second.profile.high) == (1, pytest.approx(2 / 3))
    assert (first.quality.value, second.quality.value) == (pytest.approx(0.9), pytest.approx(0.8))
    assert first.improvement is None
    assert second.improvement is not None
    assert second.improvement.value == 0
    assert (first.failures.value, first.failures.high) == (0, wilson(0, 8).high)


def test_a_dearer_step_is_a_later_arrival() -> None:
    """Both arrive at step 100; five gradients a step against two: 2.5 times the fastest."""
    frame = pd.concat([cell(d, m, EARLY, gradients=g) for d in ("x", "y") for m, g in (("A", 2.0), ("B", 5.0))])
    found = leaderboard(frame)
    assert found is not None
    assert set(found.standings[1].ratios) == {2.5}
    assert found.standings[1].profile.value == pytest.approx(0.5)


def test_without_a_count_of_gradients_steps_are_counted_and_named() -> None:
    frame = pd.concat([cell(d, m, EARLY, gradients=g) for d in ("x", "y") for m, g in (("A", 2.0), ("B", 0.0))])
    found = leaderboard(frame)
    assert found is not None
    assert found.time == "steps"
    assert set(found.standings[1].ratios) == {1.0}


def test_a_failed_seed_never_arrives_whatever_it_reached() -> None:
    """Collapsed after it had been at .8: it is a failure."""
    fell = (0.8, 0.8, 0.2, 0.2)
    frame = pd.concat(
        [cell(d, m, c, outcome=o) for d in ("x", "y") for m, c, o in (("A", LATE, "ok"), ("B", fell, "collapsed"))]
    )
    found = leaderboard(frame)
    assert found is not None
    assert [s.profile.value for s in found.standings] == [1, 0]
    assert found.standings[1].failures.value == 1


def test_a_dead_seed_never_lifts_the_mean() -> None:
    """Living seeds at -2: a dead one counts as -2 or less, not as 0."""
    poor = (-2.0, -2.0, -2.0, -2.0)
    dead = (-2.0, NAN, NAN, NAN)
    frame = pd.concat(
        [cell(d, m, c, outcome=o) for d in ("x", "y") for m, c, o in (("A", poor, "ok"), ("B", dead, "diverged"))]
    )
    found = leaderboard(frame)
    assert found is not None
    assert [s.quality.value for s in found.standings] == [-2, -2]
    better = found.standings[1].improvement
    assert better is not None
    assert better.value == 0


def test_only_methods_of_all_data_sets_measured_alike() -> None:
    whole = [cell(d, m, EARLY) for d in ("x", "y") for m in "ABC"]
    odd = [part.assign(protocol="q") if set(part["method"]) == {"C"} else part for part in whole]
    found = leaderboard(pd.concat([*odd, cell("x", "D", EARLY)]))
    assert found is not None
    assert [s.method for s in found.standings] == ["A", "B"]
    assert found.left_out == ("C", "D")


@pytest.mark.parametrize("cells", [[("x", "A"), ("x", "B")], [("x", "A"), ("y", "B")], [("x", "A"), ("y", "A")]])
def test_one_data_set_or_no_two_methods_in_common_make_none(cells: list[tuple[str, str]]) -> None:
    assert leaderboard(pd.concat([cell(d, m, EARLY) for d, m in cells])) is None


def test_several_suites_are_refused() -> None:
    one = cell("x", "A", EARLY)
    with pytest.raises(ValueError, match="2 suites"):
        leaderboard(pd.concat([one, one.assign(suite="t")]))


def test_seeds_that_one_method_lacks_are_no_pairs() -> None:
    frame = pd.concat([cell(d, m, EARLY, seeds=n) for d in ("x", "y") for m, n in (("A", 4), ("B", 2))])
    found = leaderboard(frame)
    assert found is not None
    assert found.pairs == 4
    assert len(found.standings[0].ratios) == 4
    assert np.isfinite(found.standings[0].profile.value)


@pytest.mark.parametrize("what", ["device", "data", "precision", "protocol"])
def test_what_was_made_otherwise_is_left_out(what: str) -> None:
    frames = [cell(d, m, EARLY).assign(data="x", precision="float32") for d in ("x", "y") for m in "ABC"]
    frames[5][what] = "other"  # C on y
    found = leaderboard(pd.concat(frames))
    assert found is not None
    assert found.left_out == ("C",)


def test_another_budget_is_left_out() -> None:
    frames = [cell(d, m, EARLY) for d in ("x", "y") for m in "ABC"]
    frames[5]["step"] *= 10
    found = leaderboard(pd.concat(frames))
    assert found is not None
    assert found.left_out == ("C",)
