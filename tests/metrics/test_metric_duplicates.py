"""Repeated samples, counted one by one."""

from math import pi

import pytest
import torch
from torch import Tensor

from bench.data.base import Data
from bench.metrics import _kdtree
from bench.metrics.duplicates import Duplicates, duplicates

RNG = torch.Generator().manual_seed(9)


def normal(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=RNG)


@pytest.fixture(params=["tree", "matrix"], autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_kdtree, "MOST_DIMENSIONS", 10**6 if request.param == "tree" else 0)


@pytest.mark.parametrize("features", [1, 2, 20])
def test_none_all_and_some(features: int) -> None:
    x = 5 * normal(300, features)
    assert float(duplicates(x)) == 0
    assert float(duplicates(torch.cat([x, x]))) == 1
    assert float(duplicates(torch.cat([x, x[:50], x[:10]]))) == pytest.approx(
        110 / 360
    )  # the first 10 are there thrice
    assert float(duplicates(x[:1].expand(300, features))) == 1


@pytest.mark.parametrize(("gap", "share"), [(0.9e-6, 1.0), (1.1e-6, 0.0)])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_the_border_is_a_millionth_of_the_scale(gap: float, share: float, scale: float) -> None:
    x = scale * torch.arange(40.0).double()[:, None] * torch.ones(2).double()
    assert float(duplicates(torch.cat([x, x + torch.tensor([gap * scale, 0.0])]), scale)) == share


def test_exactly_as_by_all_differences() -> None:
    """Clusters that are tighter than the border, at it, and wider; far from the origin."""
    x = (
        1000
        + normal(20, 3).double().repeat(5, 1)
        + 10 ** torch.linspace(-8, -4, 100).double()[:, None] * normal(100, 3)
    )
    apart = (x[:, None] - x).square().sum(-1).sqrt().fill_diagonal_(torch.inf)
    expected = float((apart.amin(1) <= 1e-6).double().mean())
    assert 0.1 < expected < 0.9
    assert float(duplicates(x)) == expected


def test_on_a_line_chance_repeats_a_few() -> None:
    """N - 1 others within 1e-6 on either side, at the density ∫p² = 1/(2√π) of a standard normal law."""
    values = duplicates(torch.randn(60, 2500, 1, generator=RNG, dtype=torch.float64))
    expected = 2499 * 2e-6 / (2 * pi**0.5)
    assert abs(float(values.mean()) - expected) < 4 * float(values.std()) / 60**0.5


def test_seeds_do_not_pool() -> None:
    x = normal(100, 2)
    assert duplicates(torch.stack([x, x])).tolist() == [0, 0]
    assert duplicates(torch.stack([x, x[:50].repeat(2, 1)])).tolist() == [0, 1]


def test_images_and_the_datas_scale() -> None:
    """The scale is the standard deviation of all pixels."""
    real = 100 * normal(200, 3, 4, 4)
    metric = Duplicates(n=200)
    side = metric.reference(Data(real, real))
    assert side == pytest.approx(100, rel=0.05)
    near = torch.cat([real[:100], real[:100] + 1e-5 / 48**0.5])  # a distance of 1e-7 of the scale; float32 rounds some
    assert float(metric.measure(near.double()[None], side)["duplicates"]) == 1
