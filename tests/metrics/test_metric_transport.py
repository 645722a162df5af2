"""Sliced and exact Wasserstein distances against SciPy and closed forms."""

import pytest
import torch
from scipy.stats import wasserstein_distance

from bench.metrics.exact_wasserstein import exact_wasserstein
from bench.metrics.sliced_wasserstein import directions, levels, sliced_wasserstein

RNG = torch.Generator().manual_seed(3)


def normal(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=RNG, dtype=torch.float64)


@pytest.mark.parametrize(("n", "m"), [(50, 50), (50, 70), (3, 100), (64, 16)])
def test_one_dimension_equals_scipy(n: int, m: int) -> None:
    fake, real = normal(n, 1) + 0.4, 2 * normal(m, 1)
    expected = wasserstein_distance(fake[:, 0].numpy(), real[:, 0].numpy())
    assert float(sliced_wasserstein(fake, real, p=1.0)) == pytest.approx(expected, rel=1e-12)


def test_every_direction_equals_scipy() -> None:
    fake, real = normal(40, 5), normal(30, 5) + 1
    u = directions(5, 16)
    each = [wasserstein_distance((fake @ d).numpy(), (real @ d).numpy()) for d in u.T]
    assert float(sliced_wasserstein(fake, real, projections=16, p=1.0)) == pytest.approx(sum(each) / 16, rel=1e-12)


def test_levels_refine_both_grids() -> None:
    i, j, width = levels(2, 3)
    assert i.tolist() == [0, 0, 1, 1]
    assert j.tolist() == [0, 1, 1, 2]
    assert width.tolist() == pytest.approx([1 / 3, 1 / 6, 1 / 6, 1 / 3])


@pytest.mark.parametrize("dimensions", [2, 3, 10])
def test_a_shift(dimensions: int) -> None:
    """Sliced W₂ of a shift by s: |s| √(E (u·e)²) = |s|/√F."""
    real, shift = normal(100, dimensions), torch.zeros(dimensions).double()
    shift[0] = 3
    value = float(sliced_wasserstein(real + shift, real, projections=4000))
    assert value == pytest.approx(3 / dimensions**0.5, rel=0.05 if dimensions > 2 else 1e-9)
    assert float(exact_wasserstein(real + shift, real)) == pytest.approx(3, rel=1e-12)


def test_exact_equals_sorting_in_one_dimension() -> None:
    fake, real = normal(80, 1), 2 * normal(80, 1) + 1
    assert float(exact_wasserstein(fake, real, p=1)) == pytest.approx(
        wasserstein_distance(fake[:, 0].numpy(), real[:, 0].numpy()), rel=1e-12
    )
    assert float(exact_wasserstein(fake, real)) == pytest.approx(float(sliced_wasserstein(fake, real)), rel=1e-12)


def test_exact_is_the_best_of_all_pairings() -> None:
    from itertools import permutations

    fake, real = normal(6, 3), normal(6, 3)
    cost = (fake[:, None] - real).square().sum(-1)
    best = min(sum(float(cost[i, j]) for i, j in enumerate(p)) for p in permutations(range(6)))
    assert float(exact_wasserstein(fake, real)) == pytest.approx((best / 6) ** 0.5, rel=1e-12)


def test_sliced_is_at_most_exact() -> None:
    fake, real = normal(60, 4), normal(60, 4) * 2
    assert float(sliced_wasserstein(fake, real)) < float(exact_wasserstein(fake, real))


def test_far_from_the_origin() -> None:
    fake, real = normal(60, 4).float() + 2**13, normal(60, 4).float() + 2**13
    near = exact_wasserstein(fake - 2**13, real - 2**13)
    assert float(exact_wasserstein(fake, real)) == pytest.approx(float(near), rel=1e-9)


def test_sizes_are_checked() -> None:
    with pytest.raises(ValueError, match="equally many"):
        exact_wasserstein(normal(10, 2), normal(11, 2))
    with pytest.raises(ValueError, match="2000"):
        exact_wasserstein(normal(2001, 1), normal(2001, 1))
