"""Metrics of modes on a ring whose answers are known."""

import math
from dataclasses import dataclass, field

import numpy as np
import pytest
import torch

from bench.data.base import GaussianMixture
from bench.metrics.high_quality_rate import high_quality_rate
from bench.metrics.in_between_rate import in_between_rate
from bench.metrics.mode_kl import mode_kl, outside_rate
from bench.metrics.modes_covered import modes_covered
from bench.metrics.modes_hit import modes_hit
from bench.metrics.modes_occupied import modes_occupied

ANGLE = torch.arange(8) * (torch.pi / 4)  # the end point excluded: eight different modes
MEANS = torch.stack([ANGLE.cos(), ANGLE.sin()], 1)
RING = GaussianMixture(MEANS, 0.02**2 * torch.eye(2).expand(8, 2, 2), torch.full((8,), 1 / 8))
OUTSIDE = float(torch.tensor(-4.5).exp())  # of a plane Gaussian beyond three standard deviations


def draw(n: int, key: int = 0) -> torch.Tensor:
    return RING.draw(n, np.random.default_rng(key))[0]


def test_a_perfect_sampler() -> None:
    fake = torch.stack([draw(20_000, key) for key in range(5)])
    assert high_quality_rate(fake, RING).mean() == pytest.approx(1 - OUTSIDE, abs=4 * (OUTSIDE / 100_000) ** 0.5)
    assert modes_covered(fake, RING).tolist() == modes_hit(fake, RING).tolist() == [8.0] * 5


def test_the_bias_of_the_plug_in_divergence() -> None:
    """(bins - 1)/2N with nine bins."""
    values = mode_kl(torch.stack([draw(2000, key) for key in range(300)]), RING, OUTSIDE)
    assert abs(float(values.mean()) - 8 / 4000) < 4 * float(values.std()) / 300**0.5 + 1e-4


@dataclass(frozen=True)
class Numbers:
    """A sample [1] is of the mode that it names; a thousand of them, as of three digits stacked."""

    weights: torch.Tensor = field(default_factory=lambda: torch.full((1000,), 1e-3))

    def assign(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        mode = x[..., 0].long()
        return mode, torch.ones_like(mode, dtype=torch.bool)


@pytest.mark.parametrize("modes", [1000, 500, 1])
def test_a_thousand_modes_at_26_000_samples(modes: int) -> None:
    """KL = log(1000/K) + (K - 1)/2N of K equal modes (Miller 1955); modes that nobody hits add nothing themselves."""
    source, n = torch.Generator().manual_seed(0), 26_000
    fake = torch.randint(modes, (20, n, 1), generator=source).float()
    assert modes_hit(fake, Numbers()).tolist() == modes_covered(fake, Numbers()).tolist() == [float(modes)] * 20
    empty = float(outside_rate(fake[0], Numbers()))
    found = mode_kl(fake, Numbers(), empty)
    bias = (modes - 1) / (2 * n) + (modes**2 - 1) / (12 * n**2)  # with the next order (Harris 1975)
    spread = (2 * (modes - 1)) ** 0.5 / (2 * n)
    expected = math.log(1000 / modes) + bias - math.log1p(-empty)
    assert abs(float(found.mean()) - expected) < 4 * spread / 20**0.5 + 1e-7
    assert found.std() < 2 * spread + 1e-12


def test_midpoints_are_in_between_and_diverge() -> None:
    middle = ((MEANS + MEANS.roll(1, 0)) / 2).repeat(100, 1)
    assert float(in_between_rate(middle, RING)) == 1
    assert float(modes_covered(middle, RING)) == float(modes_hit(middle, RING)) == 0
    assert float(mode_kl(middle, RING, OUTSIDE)) == pytest.approx(4.5)  # log of 1 over the outside bin


def test_a_generator_of_one_mode() -> None:
    fake = MEANS[:1].repeat(1000, 1)
    assert float(modes_covered(fake, RING)) == 1
    assert float(high_quality_rate(fake, RING)) == 1
    assert float(mode_kl(fake, RING, OUTSIDE)) == pytest.approx(-float(torch.tensor((1 - OUTSIDE) / 8).log()))


def test_one_hit_saturates_and_a_tenth_of_a_fair_share_does_not() -> None:
    """99 % in one mode; the other seven share a hundredth, more than one hit each but far from a tenth of an eighth."""
    fake = torch.cat([MEANS[:1].repeat(9900, 1), MEANS[1:].repeat(15, 1)[:100]])
    assert float(modes_hit(fake, RING)) == 8
    assert float(modes_covered(fake, RING)) == 1
    assert float(modes_hit(fake, RING, least=15)) == 3  # 100 = 14 · 7 + 2: two modes with 15, and the first


@pytest.mark.parametrize(("hits", "covered"), [(12, 1), (13, 2)])
def test_the_border_of_a_tenth(hits: int, covered: int) -> None:
    """n = 1000: a fair share is 125, a tenth of it 12.5."""
    fake = torch.cat([MEANS[:1].repeat(1000 - hits, 1), MEANS[1:2].repeat(hits, 1)])
    assert float(modes_covered(fake, RING)) == float(modes_occupied(fake, RING)) == covered


def test_blur_occupies_what_it_does_not_cover_and_loss_does_neither() -> None:
    """Twenty times too wide, one sample in a hundred is good; without four modes, all are."""
    source = torch.Generator().manual_seed(1)
    blurred = MEANS.repeat(1000, 1) + 0.4 * torch.randn(8000, 2, generator=source)
    half = MEANS[:4].repeat(2000, 1) + 0.02 * torch.randn(8000, 2, generator=source)
    fake = torch.stack([blurred, half])
    assert modes_occupied(fake, RING).tolist() == [8, 4]
    assert modes_covered(fake, RING).tolist() == [0, 4]


def test_occupied_counts_the_nearest_whatever_the_quality() -> None:
    """At radius 3, far from every mode, each sample has a nearest one all the same; weights make shares unequal."""
    unequal = GaussianMixture(MEANS, RING.covariances, torch.tensor([0.65] + [0.05] * 7))
    far = 3 * MEANS.repeat_interleave(torch.tensor([64, 6, 924, 6, 0, 0, 0, 0]), 0)
    assert float(modes_occupied(far, RING)) == 2  # 64 and 924: a tenth of a fair share is 12.5
    assert float(modes_occupied(far, unequal)) == 3  # of 650, 64 are too few; of 50, 6 are enough
    assert float(modes_covered(far, unequal)) == 0


def test_the_distance_is_mahalanobis() -> None:
    """A long thin mode: 2.9 of its own standard deviations along each axis is in, 3.1 is out."""
    thin = GaussianMixture(torch.zeros(1, 2), torch.diag(torch.tensor([1.0, 1e-4]))[None], torch.ones(1))
    assert float(high_quality_rate(torch.tensor([[2.9, 0.0], [0.0, 0.029]]), thin)) == 1
    assert float(high_quality_rate(torch.tensor([[3.1, 0.0], [0.0, 0.031]]), thin)) == 0


def test_outside_rate_is_never_zero() -> None:
    assert float(outside_rate(MEANS, RING)) == pytest.approx(0.5 / 9)
    assert float(outside_rate(draw(100_000), RING)) == pytest.approx(OUTSIDE, rel=0.15)


def test_seeds_do_not_pool() -> None:
    fake = torch.stack([MEANS[:1].repeat(80, 1), draw(80)])
    assert modes_hit(fake, RING).tolist() == [1.0, 8.0]
    assert mode_kl(fake, RING, 0.01)[1] == mode_kl(fake[1], RING, 0.01)
