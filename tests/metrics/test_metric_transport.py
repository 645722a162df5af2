"""Sliced and exact Wasserstein distances against SciPy and closed forms."""

from math import pi

import pytest
import torch
from scipy.stats import wasserstein_distance

from bench.data.base import Data
from bench.metrics import SlicedWassersteinDistance
from bench.metrics.exact_wasserstein import exact_wasserstein
from bench.metrics.sliced_wasserstein import (
    SlicedWasserstein,
    directions,
    levels,
    sliced_wasserstein,
    whitening,
)

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


def test_whitening_makes_the_covariance_the_identity() -> None:
    """And leaves out a direction that is constant but for rounding."""
    mixed = normal(500, 3) @ normal(3, 3) + 7
    mean, whiten = whitening(mixed)
    assert torch.cov(((mixed - mean) @ whiten).T).flatten().tolist() == pytest.approx(torch.eye(3).flatten().tolist())
    flat = torch.cat([mixed, mixed[:, :1] - mixed[:, 1:2]], 1)
    mean, whiten = whitening(flat)
    values = torch.linalg.eigvalsh(torch.cov(((flat - mean) @ whiten).T)).tolist()
    assert values == pytest.approx([0, 1, 1, 1], abs=1e-9)


def test_whitened_distances_do_not_mind_a_linear_map() -> None:
    """Whitened coordinates are told up to a rotation, which a mean over all directions does not see."""
    fake, real, twist = normal(100, 2) + 0.3, normal(120, 2), torch.tensor([[3.0, 1.0], [-0.1, 0.02]]).double()
    before, after = (
        float(sliced_wasserstein(x, y, projections=20_000, whitened=True))
        for x, y in ((fake, real), (fake @ twist, real @ twist))
    )
    assert before == pytest.approx(after, rel=1e-5)


def test_a_thin_axis_that_collapsed_is_seen_in_whitened_coordinates_only() -> None:
    """Condition 10⁴. Along a direction at angle a the deviations are 1 and |cos a|: the mean of (1 - |cos a|)² is
    3/2 - 4/π, so the distance .476."""
    scales = torch.tensor([1.0, 0.01]).double()
    real, fresh = (scales * normal(10_000, 2) for _ in range(2))
    collapsed = fresh * torch.tensor([1.0, 0.0]).double()
    raw, white = SlicedWasserstein(), SlicedWasserstein(whitened=True)
    values = {}
    for metric in (raw, white):
        side = metric.reference(Data(real, real))
        values |= metric.measure(torch.stack([fresh, collapsed]), side)
    good, bad = values["sliced_wasserstein"].tolist()
    assert bad == pytest.approx(good, rel=0.01)
    good, bad = values["sliced_wasserstein_whitened"].tolist()
    assert bad == pytest.approx((1.5 - 4 / pi) ** 0.5, rel=0.05)
    assert bad > 10 * good


def test_the_whitened_columns_name() -> None:
    assert SlicedWasserstein(whitened=True).names() == ("sliced_wasserstein_whitened",)
    assert SlicedWasserstein(whitened=True, space="digits").names() == ("sliced_wasserstein_whitened_digits",)


def test_whitened_function_class_and_word_agree() -> None:
    fake, real = normal(60, 3), normal(70, 3) * torch.tensor([1.0, 5.0, 0.1]).double()
    gathered = SlicedWassersteinDistance(whitened=True)
    gathered.update(fake, real=False)
    gathered.update(real, real=True)
    metric = SlicedWasserstein(whitened=True)
    direct = sliced_wasserstein(fake, real, whitened=True)
    (word,) = metric.compare(fake[None], metric.summarise(real)).values()
    assert float(direct) == float(gathered.compute()) == pytest.approx(float(word), rel=1e-12)
