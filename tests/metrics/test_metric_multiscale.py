"""MMD over eight bandwidths: pair by pair, in closed form, unbiased, and how it ranks generators that fail in a known way."""

from collections.abc import Callable
from functools import cache

import pytest
import torch
from torch import Tensor

from bench.data.base import Data, GaussianMixture
from bench.data.grid import Grid
from bench.data.ring import Ring
from bench.metrics.mmd import median_distance, mmd
from bench.metrics.mmd_multiscale import MmdMultiscale, mmd_multiscale, multiscale_side
from bench.plugins import find

RNG = torch.Generator().manual_seed(8)
N = 2500


def normal(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=RNG, dtype=torch.float64)


def widths(real: Tensor, octaves: int = 8) -> list[float]:
    return [float(median_distance(real)) / 2**j for j in range(octaves)]


@pytest.mark.parametrize("block", [1 << 21, 64])
def test_equal_to_counting_pairs(monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    """Every bandwidth by its own exponential, every pair by its own difference; and small tiles leave no pair out."""
    monkeypatch.setattr("bench.metrics._arrays.BLOCK", block)
    monkeypatch.setattr("bench.metrics.mmd_multiscale.CACHED", block)
    fake, real = normal(2, 37, 3) + 0.3, normal(29, 3)

    def mean(x: Tensor, y: Tensor, h: float) -> float:
        pairs = [(i, j) for i in range(len(x)) for j in range(len(y)) if x is not y or i != j]
        return sum(float((-(x[i] - y[j]).square().sum() / (2 * h**2)).exp()) for i, j in pairs) / len(pairs)

    expected = [sum(mean(x, x, h) + mean(real, real, h) - 2 * mean(x, real, h) for h in widths(real)) / 8 for x in fake]
    assert mmd_multiscale(fake, real).tolist() == pytest.approx(expected, rel=1e-10)


def test_the_mean_of_mmd_at_each_bandwidth() -> None:
    fake, real = normal(300, 2) + 0.5, normal(200, 2)
    each = [float(mmd(fake, real, h)) for h in widths(real)]
    assert float(mmd_multiscale(fake, real)) == pytest.approx(sum(each) / 8, rel=1e-10)
    assert float(mmd_multiscale(fake, real, octaves=1)) == pytest.approx(float(mmd(fake, real)), rel=1e-10)


@pytest.mark.parametrize(("shift", "scale"), [(1.0, 1.0), (0.0, 0.1), (0.3, 2.0)])
def test_gaussians_in_closed_form(shift: float, scale: float) -> None:
    """E k over N(0, s²I) × N(m, t²I) in the plane = h²/(h² + s² + t²) exp(-‖m‖²/(2(h² + s² + t²))), at each h."""

    def kernel(h: float, variance: float, m: float) -> Tensor:
        total = torch.tensor(h**2 + variance).double()
        return h**2 / total * (-(m**2) / (2 * total)).exp()

    gaps = []
    for _ in range(40):
        fake, real = scale * normal(300, 2) + torch.tensor([shift, 0.0]), normal(300, 2)
        law = [kernel(h, 2 * scale**2, 0) + kernel(h, 2, 0) - 2 * kernel(h, 1 + scale**2, shift) for h in widths(real)]
        gaps.append(mmd_multiscale(fake, real) - torch.stack(law).mean())
    error = float(torch.stack(gaps).std()) / 40**0.5
    assert abs(float(torch.stack(gaps).mean())) < 4 * error
    assert error < 0.1 * float(torch.stack(law).mean())


def test_a_constant_real_side_is_judged_in_the_units_of_the_data() -> None:
    here = torch.zeros(50, 2)
    assert float(multiscale_side(here, 8)["bandwidth"]) == 1
    assert float(mmd_multiscale(here, here)) == 0
    assert float(mmd_multiscale(here + 100, here)) == 2
    assert 0 < float(mmd_multiscale(here + 0.01, here)) < float(mmd_multiscale(here + 0.1, here)) < 2


def test_a_point_far_away_is_a_point_and_not_a_cloud() -> None:
    """Within a set of samples only their differences count: an offset that rounding could see changes nothing."""
    real = normal(100, 2)
    far = torch.full((100, 2), 1e8 / 3)
    own = multiscale_side(real, 8)["own"]
    assert float(mmd_multiscale(far, real)) == pytest.approx(1 + float(own), rel=1e-12)


def test_the_columns_name() -> None:
    assert MmdMultiscale().names() == ("mmd_multiscale",)
    assert MmdMultiscale(space="digits").names() == ("mmd_multiscale_digits",)
    assert MmdMultiscale().n == 1000


@cache
def reference(data: str) -> tuple[Data, Tensor, float]:
    """A mixture, its means, and the standard deviation of its modes."""
    loaded = {"grid": Grid(side=5, std=0.05), "ring": Ring(modes=8, std=0.02)}[data].load()
    assert isinstance(loaded.modes, GaussianMixture)
    return loaded, loaded.modes.means.float(), {"grid": 0.05, "ring": 0.02}[data]


def mixture(data: str, weight: Callable[[int, int], float] = lambda k, count: 1.0, width: float = 1.0) -> Tensor:
    _, means, std = reference(data)
    weights = torch.tensor([weight(k, len(means)) for k in range(len(means))])
    mode = torch.multinomial(weights, N, replacement=True, generator=RNG)
    return means[mode] + width * std * torch.randn(N, 2, generator=RNG)


def box(data: str) -> Tensor:
    x = reference(data)[0].held_out
    return x.amin(0) + (x.amax(0) - x.amin(0)) * torch.rand(N, 2, generator=RNG)


def moments(data: Data, n: int, draws: int = 1) -> Tensor:
    """The Gaussian with the data's mean and covariance."""
    x = data.held_out
    return x.mean(0) + torch.randn(draws, n, 2, generator=RNG) @ torch.linalg.cholesky(torch.cov(x.T)).T


def outliers(data: str) -> Tensor:
    x, odd = mixture(data), moments(reference(data)[0], N)[0]
    return torch.where(torch.rand(N, 1, generator=RNG) < 0.2, odd, x)


FAILURES: dict[str, Callable[[str], Tensor]] = {
    "20 % outliers": outliers,
    "modes twice as wide": lambda data: mixture(data, width=2),
    "one mode missing": lambda data: mixture(data, lambda k, count: float(k > 0)),
    "modes ten times too narrow": lambda data: mixture(data, width=0.1),
    "modes six times too wide": lambda data: mixture(data, width=6),
    "weights 3:1": lambda data: mixture(data, lambda k, count: 3.0 if 2 * k < count else 1.0),
    "uniform": box,
    "half of the modes": lambda data: mixture(data, lambda k, count: float(2 * k < count)),
    "fifty samples again and again": lambda data: mixture(data)[:50].repeat(N // 50, 1),
    "one point": lambda data: mixture(data)[:1].expand(N, 2),
}


@pytest.mark.parametrize("data", ["grid", "ring"])
def test_every_failure_is_worse_than_real(data: str) -> None:
    """By more than three standard deviations of real samples, in the mean of three; and like failures are ranked right."""
    metric = MmdMultiscale(n=N)
    side = metric.reference(reference(data)[0])
    real = metric.measure(torch.stack([mixture(data) for _ in range(16)]), side)["mmd_multiscale"]
    fake = torch.stack([make(data) for make in FAILURES.values() for _ in range(3)])
    found = metric.measure(fake, side)["mmd_multiscale"].reshape(-1, 3).mean(1)
    value = dict(zip(FAILURES, found.tolist(), strict=True))
    border = float(real.mean() + 3 * real.std())
    assert {kind for kind, v in value.items() if v <= border} == set(), (border, value)
    assert value["modes twice as wide"] < value["modes six times too wide"] < value["uniform"]
    assert value["one mode missing"] < value["weights 3:1"] < value["half of the modes"] < value["one point"]


@pytest.mark.parametrize("word", ["grid", "ring", "swiss_roll", "two_rings"])
def test_the_null_is_told_from_real_data(word: str) -> None:
    """By 25 standard deviations of real samples and more, at n = 1000, on average: 30 to 100 are usual."""
    data, metric = find("datasets", word)(n=50_000).load(), MmdMultiscale()
    side = metric.reference(data)
    real = metric.measure(data.x.reshape(50, 1000, 2), side)["mmd_multiscale"]
    null = metric.measure(moments(data, 1000, 10), side)["mmd_multiscale"]
    assert float(null.mean() - real.mean()) > 25 * float(real.std())
