"""Vendi, bins, birthdays, memorisation, likelihood, manifold: hand-made sets whose answers are known."""

import math
import time

import pytest
import torch

from bench.data.base import GaussianMixture
from bench.data.sphere import Sphere, Surface
from bench.data.swiss_roll import SwissRoll
from bench.metrics.birthday_support import birthday_support
from bench.metrics.manifold_distance import ManifoldDistance, manifold_distance
from bench.metrics.memorisation import memorisation
from bench.metrics.ndb import ndb, ndb_jsd
from bench.metrics.nll import nll
from bench.metrics.vendi import vendi

RNG = torch.Generator().manual_seed(4)


def normal(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=RNG, dtype=torch.float64)


@pytest.mark.parametrize("copies", [1, 7])
@pytest.mark.parametrize("kinds", [1, 3, 5])
def test_vendi_counts_orthogonal_kinds(kinds: int, copies: int) -> None:
    """Both the dual (copies of few kinds: N > F) and the primal (N <= F)."""
    assert float(vendi(3 * torch.eye(6)[:kinds].repeat(copies, 1))) == pytest.approx(kinds, rel=1e-9)


def test_vendi_by_its_definition() -> None:
    for n in (5, 40):
        x = normal(n, 12)
        unit = x / x.norm(dim=1, keepdim=True)
        values = torch.linalg.eigvalsh(unit @ unit.T / n)
        expected = math.exp(-sum(float(v) * math.log(v) for v in values if v > 1e-12))
        assert float(vendi(x)) == pytest.approx(expected, rel=1e-6)


def test_vendi_of_zeros_and_of_the_huge() -> None:
    assert float(vendi(torch.zeros(10, 3))) == pytest.approx(1)
    assert float(vendi(torch.cat([torch.zeros(5, 3), torch.ones(5, 3)]))) == pytest.approx(2)
    assert float(vendi(torch.eye(3).double() * 1e300)) == pytest.approx(3)


def clusters(counts: list[int]) -> torch.Tensor:
    return torch.cat([0.01 * normal(c, 2) + 10 * torch.tensor([k, k % 3]) for k, c in enumerate(counts)])


def test_bins_of_known_counts() -> None:
    """Proportions (¼, ¼, ¼, ¼) against (½, ¼, ¼, 0): two of four bins differ."""
    real, fake = clusters([100] * 4), clusters([200, 100, 100, 0])
    assert float(ndb(fake, real, bins=4)) == 0.5
    middle = torch.tensor([3 / 8, 1 / 4, 1 / 4, 1 / 8]).double()
    entropies = [-sum(p * math.log(p) for p in ps if p) for ps in (middle.tolist(), [0.25] * 4, [0.5, 0.25, 0.25, 0])]
    assert float(ndb_jsd(fake, real, bins=4)) == pytest.approx(entropies[0] - (entropies[1] + entropies[2]) / 2)


def test_the_level_of_the_test_on_bins() -> None:
    """Fakes of the real law are found different in about 5 % of the bins."""
    fake, real = torch.stack([clusters_of_chance(2000) for _ in range(60)]), clusters_of_chance(20_000)
    assert float(ndb(fake, real, bins=10).mean()) == pytest.approx(0.05, abs=0.035)


def clusters_of_chance(n: int) -> torch.Tensor:
    which = torch.randint(10, (n,), generator=RNG)
    return torch.stack([which * 5.0, which % 2 * 5.0], 1).double() + 0.01 * normal(n, 2)


def test_disjoint_histograms_are_log_2_apart() -> None:
    real = clusters([50, 50, 0, 0])
    assert float(ndb_jsd(torch.full((100, 2), 1e3).double(), torch.cat([real, clusters([0, 0, 0, 1])]), bins=3)) > 0
    with pytest.raises(ValueError, match="bins"):
        ndb(real, real[:5])


@pytest.mark.parametrize("support", [50, 400])
def test_birthdays_find_the_size_of_a_finite_support(support: int) -> None:
    points, real = normal(support, 8), normal(400, 8)
    values = [birthday_support(points[torch.randint(support, (400,), generator=RNG)], real) for _ in range(20)]
    inverse = torch.stack([1 / v for v in values]).mean()
    assert float(1 / inverse) == pytest.approx(support, rel=0.1)


def test_birthdays_end_at_the_pairs_there_are() -> None:
    assert float(birthday_support(1e3 * normal(100, 8), normal(100, 8))) == 100 * 99 / 2


def test_memorisation() -> None:
    training, held_out = normal(300, 3), normal(300, 3)
    assert float(memorisation(training, held_out, training)) == 1
    assert float(memorisation(held_out.flip(0), held_out, training)) == pytest.approx(0.5, abs=1e-12)
    fresh = torch.stack([memorisation(normal(300, 3), held_out, training) for _ in range(40)])
    assert float(fresh.mean()) == pytest.approx(0.5, abs=0.04)
    assert float(memorisation(100 + normal(300, 3), held_out, training)) == 0


def test_memorisation_by_hand() -> None:
    """Training at 0; fresh samples at 1, 2, 3 from it; fakes at 1 (a tie, then two farther) and at 2.5 (one farther)."""
    fake, fresh = torch.tensor([[1.0], [2.5]]), torch.tensor([[1.0], [-2.0], [3.0]])
    assert float(memorisation(fake, fresh, torch.zeros(1, 1))) == pytest.approx((2.5 / 3 + 1 / 3) / 2)


@pytest.mark.parametrize("kind", ["beyond rounding", "centre of a ring"])
def test_fakes_far_from_all_alike_are_innocent_and_quickly_judged(kind: str) -> None:
    """All training samples are equally near to them, so that a tree looks at each: seconds a seed, unless bounded."""
    source = torch.Generator().manual_seed(8)
    training, fresh, fake = (torch.randn(20_000, 2, generator=source) for _ in range(3))
    if kind == "centre of a ring":
        training, fresh, fake = *map(torch.nn.functional.normalize, (training, fresh)), 1e-3 * fake
    else:
        fake = 1e20 * fake
    began = time.process_time()
    assert float(memorisation(fake, fresh, training)) == 0
    assert time.process_time() - began < 0.7


def test_likelihood_of_a_gaussian() -> None:
    law = GaussianMixture(torch.zeros(1, 2).double(), 4 * torch.eye(2).double()[None], torch.ones(1).double())
    x = torch.tensor([[2.0, 0.0], [0.0, 0.0]])
    assert float(nll(x, law)) == pytest.approx(math.log(2 * math.pi * 4) + 0.25)
    entropy = math.log(2 * math.pi * math.e * 4)
    assert float(nll(2 * normal(20_000, 2), law)) == pytest.approx(entropy, abs=0.03)


def test_distance_from_a_circle() -> None:
    class Circle:
        def distance(self, x: torch.Tensor) -> torch.Tensor:
            return (x.norm(dim=-1) - 1).abs()

    assert float(manifold_distance(torch.tensor([[3.0, 0.0], [0.0, 0.5]]), Circle())) == pytest.approx(1.25)


def test_distance_from_a_sphere_in_units_of_its_radius() -> None:
    x = normal(500, 3).double()
    found = [float(manifold_distance(r * x, Surface(radius=r), relative=True)) for r in (0.5, 1.0, 4.0)]
    assert found == pytest.approx([float(manifold_distance(x, Surface(radius=1.0)))] * 3)
    assert float(manifold_distance(4 * x, Surface(radius=4.0))) == pytest.approx(4 * found[0])
    real = Sphere(radius=2.0, std=0.02, n=10_000, held_out=10).load()
    metric = ManifoldDistance(relative=True)
    (name,), (value,) = metric.names(), metric.measure(real.x[None], metric.reference(real)).values()
    assert name == "manifold_distance_relative"
    assert float(value) == pytest.approx(0.01 * math.sqrt(2 / math.pi), rel=0.03)  # E|N(0, std²)| / radius


def test_a_manifold_without_a_radius_has_no_relative_distance() -> None:
    data = SwissRoll(n=100, held_out=10).load()
    assert ManifoldDistance(relative=True).refuses(data) == "its manifold has no radius"
    assert ManifoldDistance().refuses(data) is None
    with pytest.raises(ValueError, match="relative=True needs a manifold with one radius"):
        manifold_distance(data.x, data.manifold, relative=True)


def test_an_absolute_distance_is_compared_with_those_of_before() -> None:
    data = Sphere(n=100, held_out=10).load()
    assert "relative" not in ManifoldDistance().protocol(data)
    assert ManifoldDistance(relative=True).protocol(data)["relative"] is True
