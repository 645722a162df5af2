"""Precision, recall, density, coverage: torch-fidelity, naive counts, ties, duplicates, and expectations."""

from math import comb

import pytest
import torch
from torch_fidelity.metric_prc import prc_features_to_metric

from bench.metrics import _kdtree, _neighbours
from bench.metrics._pairwise import reached, side, survey, within
from bench.metrics.coverage import coverage, expected_coverage
from bench.metrics.density import density
from bench.metrics.precision import precision
from bench.metrics.recall import recall

RNG = torch.Generator().manual_seed(2)
FOUR = {"precision": precision, "recall": recall, "density": density, "coverage": coverage}


def normal(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=RNG)


def naive(fake: torch.Tensor, real: torch.Tensor, k: int) -> dict[str, float]:
    """All four by their definitions, on exact squared distances."""
    fake, real = fake.double(), real.double()

    def squared(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return (x[:, None] - y).square().sum(-1)

    def radius(x: torch.Tensor) -> torch.Tensor:
        return squared(x, x).fill_diagonal_(torch.inf).sort(1).values[:, k - 1]

    across = squared(fake, real)
    inside = across <= radius(real)
    return {
        "precision": float(inside.any(1).double().mean()),
        "recall": float((across <= radius(fake)[:, None]).any(0).double().mean()),
        "density": float(inside.sum()) / (k * len(fake)),
        "coverage": float(inside.any(0).double().mean()),
    }


@pytest.fixture(params=["tree", "matrix"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways of finding neighbours, whatever the number of dimensions."""
    monkeypatch.setattr(_kdtree, "MOST_DIMENSIONS", 10**6 if request.param == "tree" else 0)
    monkeypatch.setattr("bench.metrics._arrays.BLOCK", 512)  # many blocks
    return str(request.param)


@pytest.mark.parametrize("features", [2, 7, 40])
def test_precision_and_recall_equal_torch_fidelity(way: str, features: int) -> None:
    fake, real = 0.8 * normal(90, features), normal(110, features)
    theirs = prc_features_to_metric(fake.double(), real.double(), prc_neighborhood=3, verbose=False)
    assert float(precision(fake, real)) == pytest.approx(theirs["precision"], abs=1e-7)  # theirs is a float32 mean
    assert float(recall(fake, real)) == pytest.approx(theirs["recall"], abs=1e-7)


def grid(n: int, gap: int = 1) -> torch.Tensor:
    return torch.cartesian_prod(*[torch.arange(0.0, n, gap)] * 2)


SETS = {
    "normal": lambda: (normal(80, 5), normal(70, 5)),
    "far off": lambda: (normal(80, 5) + 1e4, normal(70, 5) + 1e4),
    "on a lattice": lambda: (grid(7), grid(9, 1) + torch.tensor([1.0, 0.0])),
    "lattice, off": lambda: (grid(7) + 4096, grid(9) + 4096),
    "duplicates": lambda: (normal(20, 3).repeat(4, 1), normal(15, 3).repeat(5, 1)),
    "copies": lambda: (lambda x: (x.flip(0), x))(normal(60, 30)),
    "constant": lambda: (torch.full((50, 4), 0.1), normal(60, 4)),
    "constant, real": lambda: (normal(50, 4), torch.full((60, 4), 0.1)),
    "both constant": lambda: (torch.full((50, 4), 0.1), torch.full((60, 4), 0.1)),
    "huge": lambda: (normal(50, 4) * 1e30, normal(60, 4)),
    "few": lambda: (normal(6, 3), normal(7, 3)),
}


@pytest.mark.parametrize("kind", SETS)
@pytest.mark.parametrize("k", [1, 3, 5])
def test_equal_to_counting(way: str, kind: str, k: int) -> None:
    fake, real = SETS[kind]()
    expected = naive(fake, real, k)
    assert {n: float(f(fake, real, k)) for n, f in FOUR.items()} == pytest.approx(expected, rel=1e-12)


def test_by_hand(way: str) -> None:
    """Real 0, 1, 3 with k = 1: radii 1, 1, 2. Fakes at 2 and 9, each other's neighbours at 7: 2 lies on two borders."""
    fake, real = torch.tensor([[2.0], [9.0]]), torch.tensor([[0.0], [1.0], [3.0]])
    assert float(precision(fake, real, 1)) == 0.5
    assert float(recall(fake, real, 1)) == 1.0
    assert float(density(fake, real, 1)) == 1.0  # two balls, of 1 and of 3, over two fakes
    assert float(coverage(fake, real, 1)) == pytest.approx(2 / 3)


@pytest.mark.parametrize(("n", "m", "k"), [(100, 100, 5), (40, 100, 3), (100, 30, 2)])
def test_coverage_of_equal_laws_is_as_expected(n: int, m: int, k: int) -> None:
    """The k nearest of a real sample's n + m - 1 companions are all real in C(m - 1, k) of C(n + m - 1, k) draws."""
    expected = 1 - comb(m - 1, k) / comb(n + m - 1, k)
    assert expected_coverage(n, m, k) == pytest.approx(expected, rel=1e-12)
    values = torch.stack([coverage(normal(n, 3), normal(m, 3), k) for _ in range(200)])
    assert abs(float(values.mean()) - expected) < 4 * float(values.std()) / 200**0.5


def test_density_of_equal_laws_is_one() -> None:
    values = torch.stack([density(normal(150, 2), normal(400, 2)) for _ in range(60)])
    assert abs(float(values.mean()) - 1) < 0.02


def test_a_narrow_generator_is_precise_and_covers_little() -> None:
    fake, real = 0.2 * normal(500, 6), normal(500, 6)
    good = normal(500, 6)
    assert float(precision(fake, real)) > float(precision(good, real))
    assert float(recall(fake, real)) < 0.2 < 0.5 < float(recall(good, real))
    assert float(coverage(fake, real)) < 0.5 < 0.9 < float(coverage(good, real))


def test_trees_and_matrices_find_the_same_neighbours(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = normal(300, 4).double(), normal(200, 4).double()
    found = _neighbours.near_others(x, 3), _neighbours.nearest(x, y), _neighbours.nearest(x, x, skip_self=True)
    monkeypatch.setattr(_kdtree, "MOST_DIMENSIONS", 0)
    again = _neighbours.near_others(x, 3), _neighbours.nearest(x, y), _neighbours.nearest(x, x, skip_self=True)
    assert all(torch.equal(a, b) for a, b in zip(found, again, strict=True))


def test_too_few_samples_are_refused() -> None:
    with pytest.raises(ValueError, match="no 3-th nearest"):
        precision(normal(10, 2), normal(3, 2))


def test_seeds_and_words_share_work_and_stay_apart() -> None:
    fake, real = normal(2, 50, 3), normal(60, 3)
    together = precision(fake, real)
    assert together.shape == (2,)
    assert [float(v) for v in together] == [naive(f, real, 3)["precision"] for f in fake]
    fake.mul_(100.0)  # the same tensor, altered in place: nothing remembered may be used
    assert float(recall(fake, real)[0]) == naive(fake[0], real, 3)["recall"]


@pytest.mark.parametrize("kind", SETS)
def test_a_survey_in_float32_decides_like_float64(way: str, kind: str) -> None:
    """Every comparison that rounding could turn is taken again: balls and memberships are equal, not close."""
    fake, real = SETS[kind]()
    wants = [within(3), within(5), reached(3)]
    single = survey(fake, side(real, kernel=False), wants)
    double = survey(fake.double(), side(real.double(), kernel=False), wants)
    assert all(torch.equal(single[w], double[w]) for w in wants)


def test_tight_clusters_far_apart_are_decided_in_float64() -> None:
    """Distances within a cluster lie below the rounding of float32 products."""
    centres = 30 * normal(4, 20)
    real, fake = (centres[torch.arange(120) % 4] + 1e-3 * normal(120, 20) for _ in range(2))
    assert {n: float(f(fake, real, 3)) for n, f in FOUR.items()} == pytest.approx(naive(fake, real, 3), rel=1e-12)
