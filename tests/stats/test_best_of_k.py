"""The best of k trials against all choices of k, one by one."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.stats.best_of_k import best_of_k, best_of_k_quantile

VALUES = st.lists(st.sampled_from([-3.0, -1.0, 0.0, 0.25, 0.5, 0.75, 1.0, -np.inf, np.nan]), min_size=1, max_size=8)


def choices(values: list[float], k: int, failed: float = -np.inf) -> np.ndarray:
    sound = [v if np.isfinite(v) else failed for v in values]
    return np.array([max(chosen) for chosen in combinations(sound, k)])


@given(VALUES)
def test_the_expectation_is_the_mean_over_all_choices(values: list[float]) -> None:
    found, lenient = best_of_k(values), best_of_k(values, failed=-5.0)
    for k in range(1, len(values) + 1):
        assert found[k - 1] == pytest.approx(choices(values, k).mean(), rel=1e-12)
        assert lenient[k - 1] == pytest.approx(choices(values, k, -5.0).mean(), rel=1e-12)


@given(VALUES, st.sampled_from([0.025, 0.25, 0.5, 0.75, 0.975, 1.0]))
def test_a_quantile_is_that_of_all_choices(values: list[float], share: float) -> None:
    found = best_of_k_quantile(values, share)
    for k in range(1, len(values) + 1):
        every = np.sort(choices(values, k))
        place = int(np.ceil(share * len(every) - 1e-9)) - 1
        assert found[k - 1] == every[place]


def test_by_hand() -> None:
    """Of 1, 2 and 4: the best of two is 2, 4 or 4."""
    assert best_of_k([4, 1, 2]) == pytest.approx([7 / 3, 10 / 3, 4])
    assert list(best_of_k_quantile([4, 1, 2], 0.5)) == [2, 4, 4]


def test_failures_alone_may_fill_a_choice() -> None:
    """With two failures of four, one or two trials may all fail; three can't."""
    assert list(np.isneginf(best_of_k([0.5, -np.inf, np.nan, 1.0]))) == [True, True, False, False]
    assert list(best_of_k([np.nan, -np.inf])) == [-np.inf, -np.inf]
    assert list(best_of_k_quantile([np.nan, -np.inf, 1.0], 0.5)) == [-np.inf, 1.0, 1.0]


def test_many_trials_are_exact_and_monotone() -> None:
    values = np.random.default_rng(0).normal(size=200)
    found = best_of_k(values)
    assert (np.diff(found) > 0).all()
    assert found[0] == pytest.approx(values.mean(), rel=1e-12)
    assert found[-1] == values.max()


@pytest.mark.parametrize("call", [lambda: best_of_k([]), lambda: best_of_k_quantile([], 0.5)])
def test_no_value_is_refused(call) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match="best of no trials"):
        call()


@pytest.mark.parametrize("share", [0, -0.1, 1.1, np.nan])
def test_a_share_is_a_share(share: float) -> None:
    with pytest.raises(ValueError, match="a share is more than 0"):
        best_of_k_quantile([1.0], share)
