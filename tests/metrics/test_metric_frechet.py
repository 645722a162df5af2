"""Fréchet distance against closed forms and two other libraries."""

import numpy as np
import pytest
import torch
from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric
from torchmetrics.image.fid import FrechetInceptionDistance

from bench.metrics import FrechetDistance
from bench.metrics.base import NonFinite
from bench.metrics.fd_inf import fd_inf
from bench.metrics.frechet import frechet, gaussian, small_sample_floor

RNG = torch.Generator().manual_seed(0)


def normal(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=RNG, dtype=torch.float64)


def fidelity(fake: torch.Tensor, real: torch.Tensor) -> float:
    stats = [fid_features_to_statistics(x) for x in (fake, real)]
    return fid_statistics_to_metric(*stats, False)["frechet_inception_distance"]


def with_moments(n: int, mean: torch.Tensor, root: torch.Tensor) -> torch.Tensor:
    """A sample whose own mean and covariance (n - 1) are exactly `mean` and rootᵀ root."""
    x = normal(n, len(mean))
    x = x - x.mean(0)
    white = torch.linalg.solve_triangular(torch.linalg.cholesky(x.T @ x / (n - 1)), x.T, upper=False).T
    return mean + white @ root


def test_equals_torch_fidelity_and_torchmetrics() -> None:
    fake, real = normal(400, 12) @ normal(12, 12) + 0.3, normal(500, 12)
    ours = float(frechet(fake, real))
    assert ours == pytest.approx(fidelity(fake, real), rel=1e-9)

    class Given(torch.nn.Module):
        num_features = 12

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x

    theirs = FrechetInceptionDistance(feature=Given(), input_img_size=(12,)).set_dtype(torch.float64)
    theirs.update(fake, real=False)
    theirs.update(real, real=True)
    assert ours == pytest.approx(float(theirs.compute()), rel=1e-9)


@pytest.mark.parametrize(("n", "m"), [(20, 500), (500, 20), (20, 30), (20, 20)])
def test_fewer_samples_than_features_equals_the_definition(n: int, m: int) -> None:
    fake, real = normal(n, 40) * 2, normal(m, 40) + 0.2
    (mu1, c1), (mu2, c2) = [(x.mean(0), torch.cov(x.T)) for x in (fake, real)]
    values, vectors = torch.linalg.eigh(c1)
    root = vectors * values.clamp(min=0).sqrt() @ vectors.T
    cross = torch.linalg.eigvalsh(root @ c2 @ root).clamp(min=0).sqrt().sum()
    expected = (mu1 - mu2).square().sum() + c1.trace() + c2.trace() - 2 * cross
    assert float(frechet(fake, real)) == pytest.approx(float(expected), rel=1e-5)


@pytest.mark.parametrize("n", [300, 30])
def test_a_set_is_at_distance_zero_from_itself(n: int) -> None:
    x = normal(n, 64) @ normal(64, 64)
    assert float(frechet(x[torch.randperm(n, generator=RNG)], x)) <= 1e-9 * float(gaussian(x)["trace"])


def test_gaussians_of_known_moments() -> None:
    """Diagonal covariances: d² = ‖μ₁ - μ₂‖² + Σ (σ₁ - σ₂)²."""
    s1, s2 = torch.tensor([1.0, 2.0, 0.5]).double(), torch.tensor([3.0, 1.0, 0.5]).double()
    fake = with_moments(200, torch.tensor([1.0, 0.0, 0.0]).double(), s1.diag())
    real = with_moments(300, torch.zeros(3).double(), s2.diag())
    assert float(frechet(fake, real)) == pytest.approx(1 + 4 + 1, rel=1e-10)


def test_rotated_gaussians_of_known_moments() -> None:
    """S₂ = a S₁ for any S₁: d² = (1 - √a)² tr S₁."""
    root = normal(5, 5)
    fake = with_moments(100, torch.zeros(5).double(), root)
    real = with_moments(100, torch.zeros(5).double(), 3 * root)
    assert float(frechet(fake, real)) == pytest.approx(4 * float(root.square().sum()), rel=1e-8)


def test_far_from_the_origin() -> None:
    fake, real = normal(300, 8), 2 * normal(300, 8)
    assert float(frechet(fake + 1e4, real + 1e4)) == pytest.approx(float(frechet(fake, real)), rel=1e-7)


def test_constant_features_are_at_the_distance_of_a_point() -> None:
    """A point against a Gaussian: ‖μ₁ - μ₂‖² + tr S."""
    real = normal(50, 4)
    expected = real.mean(0).square().sum() + torch.cov(real.T).trace()
    assert float(frechet(torch.zeros(60, 4), real)) == pytest.approx(float(expected), rel=1e-10)


@pytest.mark.parametrize("features", [2, 10])
def test_the_bias_of_small_samples_is_as_derived(features: int) -> None:
    scales = torch.linspace(0.5, 2, features).double()
    values = torch.stack([frechet(normal(400, features) * scales, normal(600, features) * scales) for _ in range(200)])
    error = float(values.std() / 200**0.5)
    expected = float(small_sample_floor(scales.square().diag(), 400, 600))
    assert abs(float(values.mean()) - expected) < 4 * error + 0.03 * expected  # leading order in 1/n
    assert error < 0.1 * expected


def test_fd_inf_removes_the_bias_that_the_plain_distance_has() -> None:
    real = with_moments(3000, torch.zeros(16).double(), torch.eye(16).double())
    plain, extrapolated = zip(*[(frechet(x, real), fd_inf(x, real)) for x in normal(40, 300, 16)], strict=True)
    expected = 16 / 300 + float(small_sample_floor(torch.eye(16), 300, 10**9)) - 16 / 300
    assert float(torch.stack(plain).mean()) == pytest.approx(expected, rel=0.1)
    assert abs(float(torch.stack(extrapolated).mean())) < 0.15 * expected


def test_seeds_are_apart() -> None:
    fake, real = normal(2, 3, 50, 4), normal(60, 4)
    together = frechet(fake, real)
    assert together.shape == (2, 3)
    assert together[1, 2] == frechet(fake[1, 2], real)


def test_refusals() -> None:
    with pytest.raises(NonFinite):
        frechet(torch.full((10, 3), np.nan), normal(10, 3))
    with pytest.raises(NonFinite):
        frechet(normal(10, 3), torch.full((10, 3), np.inf))
    with pytest.raises(ValueError, match="two samples"):
        frechet(normal(1, 3), normal(10, 3))
    with pytest.raises(NonFinite):
        FrechetDistance().update(torch.full((10, 3), np.nan), real=True)
