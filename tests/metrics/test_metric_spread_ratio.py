"""Widths of modes against closed forms, few samples a mode, and what lies beside a manifold."""

from dataclasses import replace
from math import exp

import pytest
import torch
from torch import Tensor

from bench.data._synthetic import round_gaussians
from bench.data.base import Manifold
from bench.data.disjoint import Disjoint
from bench.data.sphere import Sphere
from bench.data.swiss_roll import SwissRoll
from bench.data.two_rings import TwoRings
from bench.metrics.spread_ratio import SpreadRatio, spread_ratio

ANGLE = torch.arange(8) * (torch.pi / 4)
MEANS = torch.stack([ANGLE.cos(), ANGLE.sin()], 1)
RING = round_gaussians(MEANS, 0.02)
RNG = torch.Generator().manual_seed(5)


def around(mode: Tensor, std: float | Tensor, means: Tensor = MEANS) -> Tensor:
    return means[mode] + std * torch.randn(len(mode), means.shape[1], generator=RNG)


def draw(n: int, std: float = 0.02) -> Tensor:
    return around(torch.randint(8, (n,), generator=RNG), std)


def kept(scale: float) -> float:
    """Mean squared radius, in σ², of a plane Gaussian of standard deviation scale · σ, of what lies within 3 σ."""
    edge = (3 / scale) ** 2 / 2
    return 2 * scale**2 * (1 - edge * exp(-edge) / (1 - exp(-edge)))


@pytest.mark.parametrize("scale", [0.1, 0.5, 1.0, 2.0, 6.0])
def test_modes_of_another_width_in_closed_form(scale: float) -> None:
    values = torch.stack([spread_ratio(draw(4000, 0.02 * scale), draw(20_000), RING) for _ in range(30)])
    error = float(values.std()) / 30**0.5
    assert abs(float(values.mean()) - (kept(scale) / kept(1)) ** 0.5) < 4 * error
    assert error < 0.01


def test_blur_is_cut_off_at_three_standard_deviations() -> None:
    """At the most samples fill the circle evenly: 9/2 σ² in the mean."""
    assert kept(100) == pytest.approx(4.5, rel=1e-3)
    wide = 4 * torch.rand(400_000, 2, generator=RNG) - 2
    assert float(spread_ratio(wide, draw(100_000), RING)) == pytest.approx((4.5 / kept(1)) ** 0.5, rel=0.05)


def test_the_median_lies_between_the_middle_two_and_counts_occupied_modes_only() -> None:
    """Four pairs of points about the centres of four modes, half as wide in two of them; strays elsewhere, a few."""
    real = torch.cat([MEANS + 0.01 * way for way in (torch.tensor([1.0, 0]), torch.tensor([-1.0, 0]))] * 50)

    def pairs(modes: list[int], width: float, times: int) -> Tensor:
        return torch.cat([MEANS[modes] + sign * torch.tensor([0, width]) for sign in (1.0, -1.0)]).repeat(times, 1)

    fake = torch.cat([pairs([0, 1], 0.005, 100), pairs([2, 3], 0.010, 100)])
    m = len(real) // 8
    half, whole = ((by * (m - 1) / m - 1 / m) ** 0.5 for by in (0.25, 1))
    ratio = spread_ratio(fake, real, RING)
    assert float(ratio) == pytest.approx((half + whole) / 2, rel=1e-4)
    strays = pairs([4, 5, 6, 7], 0.03, 1)  # 2 of 808 a mode: a fair share is 101
    assert torch.equal(spread_ratio(torch.cat([fake, strays]), real, RING), ratio)


def test_a_point_in_every_mode_has_no_width() -> None:
    """At the true centres, from which the centres of real samples are off by chance: 0, or what that chance leaves."""
    values = torch.stack([spread_ratio(MEANS.repeat(50, 1), draw(800), RING) for _ in range(20)])
    assert (values < 0.2).all()
    assert float(values.mean()) < 0.05


def test_nobody_in_a_mode_is_no_number() -> None:
    between = ((MEANS + MEANS.roll(1, 0)) / 2).repeat(100, 1)
    values = spread_ratio(torch.stack([between, draw(800)]), draw(5000), RING)
    assert values.isnan().tolist() == [True, False]


def test_real_samples_that_are_few_leave_one_at_one() -> None:
    """Ten a mode: without a correction √(11/9) = 1.106. The median of widths of 27 degrees of freedom is off by a hundredth."""
    line = 10 * torch.arange(10.0)
    many = round_gaussians(torch.cartesian_prod(line, line, line[:1]), 0.1)
    means, every = many.means.float(), torch.arange(100)
    values = [
        spread_ratio(around(every.repeat(40), 0.1, means), around(every.repeat(10), 0.1, means), many)
        for _ in range(10)
    ]
    assert float(torch.stack(values).mean()) == pytest.approx(1, abs=0.03)


def test_units_do_not_matter() -> None:
    fake, real = draw(3000, 0.03), draw(3000)
    large = replace(RING, means=1024 * RING.means, covariances=1024**2 * RING.covariances)
    assert float(spread_ratio(1024 * fake, 1024 * real, large)) == pytest.approx(float(spread_ratio(fake, real, RING)))


@pytest.mark.parametrize("source", [TwoRings(n=4000), SwissRoll(n=4000), Sphere(n=4000)])
def test_along_the_normal_of_a_manifold(source: TwoRings | SwissRoll | Sphere) -> None:
    """Samples that are moved towards the manifold, or away from it: the ratio is by how much."""
    data = source.load()
    foot = project(data.x.double(), data.manifold)
    moved = torch.stack([foot + by * (data.x.double() - foot) for by in (1.0, 0.1, 3.0)])
    metric = SpreadRatio()
    assert metric.refuses(data) is None
    value = metric.measure(moved, metric.reference(data))["spread_ratio"]
    assert float(value[0]) == pytest.approx(1, abs=4 * (0.5 * (1 / 4000 + 1 / len(data.held_out))) ** 0.5)
    assert (value / value[0]).tolist() == pytest.approx([1, 0.1, 3], rel=1e-3)


def project(x: Tensor, manifold: Manifold | None) -> Tensor:
    """The nearest point of the manifold: down the slope of the distance, by the distance."""
    assert manifold is not None
    with torch.enable_grad():
        at = x.clone().requires_grad_()
        far = manifold.distance(at)
        (slope,) = torch.autograd.grad(far.sum(), at)
    return x - far.detach()[:, None] * slope


def test_a_mode_that_is_a_curve_is_judged_by_the_curve() -> None:
    """Its centre is a radius away from all of it, so that a width about the centre would see nothing."""
    data = TwoRings(n=4000).load()
    foot = project(data.x.double(), data.manifold)
    by_centre = spread_ratio(torch.stack([data.x.double(), foot]), data.held_out, data.modes)
    by_curve = spread_ratio(torch.stack([data.x.double(), foot]), data.held_out, data.modes, data.manifold)
    assert by_centre.tolist() == pytest.approx([1, 1], abs=0.01)
    assert float(by_curve[1]) < 0.01 < 0.9 < float(by_curve[0])


def test_data_on_its_manifold_exactly_has_modes_or_no_width() -> None:
    boxes = Disjoint(n=2000).load()
    metric = SpreadRatio()
    assert metric.refuses(boxes) is None
    centres, box = boxes.modes.centres, torch.randint(2, (2000,), generator=RNG)  # type: ignore[union-attr]
    narrow = centres[box] + 0.25 * (torch.rand(2000, 2, generator=RNG) - 0.5)
    assert float(metric.measure(narrow[None], metric.reference(boxes))["spread_ratio"]) == pytest.approx(0.25, rel=0.05)
    for source in (Sphere(std=0.0), SwissRoll(std=0.0)):
        assert "no width" in str(metric.refuses(source.load()))
