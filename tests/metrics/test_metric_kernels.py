"""KID, MMD, energy and Stein against other libraries, closed forms and their own unbiasedness."""

from math import exp, inf

import pytest
import torch
from scipy.integrate import quad
from scipy.stats import energy_distance
from torch_fidelity.metric_kid import kid_features_to_metric
from torchmetrics.image.kid import poly_mmd

from bench.data.base import GaussianMixture
from bench.metrics._kernel_means import among, between
from bench.metrics.energy import energy
from bench.metrics.kid import cubic, kid
from bench.metrics.mmd import mmd
from bench.metrics.mmd_multiscale import mmd_multiscale
from bench.metrics.stein import stein

RNG = torch.Generator().manual_seed(1)


def normal(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=RNG, dtype=torch.float64)


def test_full_kid_equals_torch_fidelity_and_torchmetrics_on_one_subset_of_all() -> None:
    fake, real = normal(120, 9) + 0.2, normal(120, 9)
    ours = float(kid(fake, real))
    theirs = kid_features_to_metric(fake, real, kid_subsets=1, kid_subset_size=120, verbose=False)
    assert ours == pytest.approx(theirs["kernel_inception_distance_mean"], rel=1e-9)
    assert ours == pytest.approx(float(poly_mmd(real, fake)), rel=1e-9)
    assert float(kid(fake, real, subsets=1, size=120)) == pytest.approx(ours, rel=1e-9)


def test_subsets_agree_with_torch_fidelity_on_average() -> None:
    fake, real = normal(400, 9) + 0.5, normal(400, 9)
    theirs = kid_features_to_metric(fake, real, kid_subsets=200, kid_subset_size=100, verbose=False, rng_seed=3)
    spread = theirs["kernel_inception_distance_std"] / 200**0.5
    ours = float(kid(fake, real, subsets=200, size=100))
    assert abs(ours - theirs["kernel_inception_distance_mean"]) < 6 * spread


def test_kid_of_two_points_a_side_by_hand() -> None:
    """x = ±1, y = 0, 2 in one dimension: k(1, -1) = 0, k(0, 2) = 1, k(±1, 0) = 1, k(1, 2) = 27, k(-1, 2) = -1."""
    x, y = torch.tensor([[1.0], [-1.0]]), torch.tensor([[0.0], [2.0]])
    assert float(kid(x, y)) == 0 + 1 - 2 * (1 + 27 + 1 - 1) / 4


@pytest.mark.parametrize("metric", [kid, mmd, mmd_multiscale, energy])
def test_unbiased(metric) -> None:  # type: ignore[no-untyped-def]
    values = torch.stack([metric(normal(30, 3), normal(20, 3)) for _ in range(400)])
    assert (values < 0).any()
    assert abs(float(values.mean())) < 4 * float(values.std()) / 400**0.5


@pytest.mark.parametrize("metric", [kid, mmd, mmd_multiscale, energy])
def test_a_shift_is_seen(metric) -> None:  # type: ignore[no-untyped-def]
    values = torch.stack([metric(normal(100, 3) + 1, normal(100, 3)) for _ in range(20)])
    assert float(values.mean()) > 10 * float(values.std()) / 20**0.5


def test_mmd_of_gaussians_in_closed_form() -> None:
    """E k over N(0, 1) × N(m, 1) = (1 + 2/h²)^(-½) exp(-m²/(2h² + 4))."""
    h, m, n = 1.5, 2.0, 400
    same, across = (1 + 2 / h**2) ** -0.5, (1 + 2 / h**2) ** -0.5 * torch.tensor(-(m**2) / (2 * h**2 + 4)).exp()
    values = torch.stack([mmd(normal(n, 1) + m, normal(n, 1), h) for _ in range(30)])
    expected = float(2 * same - 2 * across)
    assert abs(float(values.mean()) - expected) < 4 * float(values.std()) / 30**0.5
    assert float(values.std()) < 0.2 * expected


def test_energy_equals_scipy_in_one_dimension() -> None:
    """SciPy takes the square root of the biased form, in which pairs of a point with itself count."""
    fake, real = normal(60, 1) + 0.5, normal(80, 1)
    x, y = fake[:, 0], real[:, 0]
    bias = sum((z[:, None] - z).abs().mean() / (len(z) - 1) for z in (x, y))
    assert float(energy(fake, real) + bias) == pytest.approx(energy_distance(x.numpy(), y.numpy()) ** 2, rel=1e-9)


@pytest.mark.parametrize("metric", [mmd, mmd_multiscale, energy])
def test_distances_do_not_mind_an_offset(metric) -> None:  # type: ignore[no-untyped-def]
    fake, real = normal(200, 5).float(), normal(200, 5).float() * 1.3
    assert float(metric(fake + 2**13, real + 2**13)) == pytest.approx(
        float(metric((fake + 2**13) - 2**13, (real + 2**13) - 2**13)), rel=1e-9
    )


def test_blocks_leave_no_pair_out(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = normal(50, 3), normal(40, 3)
    whole = among(cubic, x), between(cubic, x, y)
    monkeypatch.setattr("bench.metrics._arrays.BLOCK", 128)
    assert float(among(cubic, x)) == pytest.approx(float(whole[0]), rel=1e-12)
    assert float(between(cubic, x, y)) == pytest.approx(float(whole[1]), rel=1e-12)


def test_stein_by_automatic_differentiation() -> None:
    law = GaussianMixture(
        means=torch.tensor([[0.0, 0.0], [2.0, 1.0]]).double(),
        covariances=torch.eye(2).double().expand(2, 2, 2) * torch.tensor([0.5, 1.0]).double()[:, None, None],
        weights=torch.tensor([0.3, 0.7]).double(),
    )
    x = normal(6, 2)

    def k(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return (0.7**2 + (a - b).square().sum()).rsqrt()

    total = 0.0
    for i in range(6):
        for j in range(6):
            if i == j:
                continue
            a, b, s, t = x[i], x[j], law.score(x[i]), law.score(x[j])
            da, db = torch.func.grad(k, 0)(a, b), torch.func.grad(k, 1)(a, b)
            mixed = torch.func.jacrev(torch.func.grad(k, 1), 0)(a, b).trace()
            total += float(s @ t * k(a, b) + s @ db + t @ da + mixed)
    assert float(stein(x, law, scale=0.7)) == pytest.approx(total / 30, rel=1e-9)


@pytest.mark.parametrize("sigma", [1.0, 1.5, 0.7])
def test_stein_of_gaussians_in_closed_form(sigma: float) -> None:
    """Of N(0, σ²I) against N(0, I): E δ(x)·δ(y) k(x, y), δ the difference of the scores, (1/σ² - 1) x.

    x - y and x + y are independent, so E x·y k = E (‖x + y‖² - w) k/4 with w = ‖x - y‖², exponential of mean 4σ² in the
    plane, k = (1 + w)^-½. Source: Liu, Lee & Jordan 2016 (the discrepancy as a mean over the difference of scores).
    """
    law = GaussianMixture(torch.zeros(1, 2).double(), torch.eye(2).double()[None], torch.ones(1).double())
    mean = 4 * sigma**2
    product, _ = quad(lambda w: (mean - w) / 4 * (1 + w) ** -0.5 * exp(-w / mean) / mean, 0, inf)
    values = torch.stack([stein(sigma * normal(300, 2), law) for _ in range(200)])
    error = float(values.std()) / 200**0.5
    assert abs(float(values.mean()) - (1 / sigma**2 - 1) ** 2 * product) < 4 * error
    assert error < 0.02


def test_kid_in_float32_is_kid_in_float64() -> None:
    """Products in float32 are off by their rounding, which averages out over the pairs; kernels are of order 1."""
    fake, real = (normal(1500, 40) + 0.3).abs().float(), normal(1600, 40).abs().float()
    single, double = kid(fake, real), kid(fake.double(), real.double())
    assert single.dtype == double.dtype == torch.float64
    assert abs(float(single - double)) < 1e-7 < 1e-3 * float(double)
