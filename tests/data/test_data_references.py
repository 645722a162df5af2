"""Data sets against closed forms and other libraries."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.datasets import load_sample_images

import bench.data.base as data_base
from bench.data.anisotropic import Anisotropic
from bench.data.digits import Digits
from bench.data.disjoint import Disjoint
from bench.data.gaussian import Gaussian
from bench.data.grid import Grid
from bench.data.mixture import Mixture
from bench.data.overlapping import Overlapping
from bench.data.photo_patches import PhotoPatches
from bench.data.ring import Ring
from bench.data.sphere import Sphere
from bench.data.stacked_digits import StackedDigits
from bench.data.swiss_roll import SwissRoll
from bench.data.thousand_gaussians import ThousandGaussians
from bench.data.two_rings import TwoRings


def test_the_ring_has_as_many_places_as_modes() -> None:
    means = Ring(modes=8, radius=2.0).mixture().means
    gaps = torch.cdist(means, means) + 10 * torch.eye(8)
    torch.testing.assert_close(gaps.amin(1), torch.full((8,), 4 * math.sin(math.pi / 8)).double(), rtol=1e-6, atol=0)
    assert float(means[0, 0]) == 2.0


def test_a_thousand_gaussians_are_a_thousand() -> None:
    means = ThousandGaussians().mixture().means
    assert len({tuple(m) for m in means.tolist()}) == 1000


@pytest.mark.parametrize("sigma", [0.0, 0.7])
def test_mixture_density_against_scipy(sigma: float) -> None:
    x = torch.randn(40, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    law = Mixture(means=((-2, 0), (2, 1)), std=(0.5, 1.0), weights=(3, 1)).mixture()
    parts = [
        0.75 * stats.multivariate_normal((-2, 0), (0.25 + sigma**2) * np.eye(2)).pdf(x),
        0.25 * stats.multivariate_normal((2, 1), (1 + sigma**2) * np.eye(2)).pdf(x),
    ]
    np.testing.assert_allclose(law.log_density(x, sigma), np.log(sum(parts)), rtol=1e-10)


def test_gaussian_score_is_linear() -> None:
    law = Gaussian(mean=(1.0, 0.0), covariance=((1.0, 0.5), (0.5, 2.0))).mixture()
    x = torch.randn(10, 2, dtype=torch.float64)
    inverse = torch.linalg.inv(torch.tensor([[1.25, 0.5], [0.5, 2.25]], dtype=torch.float64))
    torch.testing.assert_close(law.score(x, 0.5), (torch.tensor([1.0, 0.0]) - x) @ inverse)


def test_condition_number() -> None:
    values = torch.linalg.eigvalsh(Anisotropic(condition=50.0, dimension=4).mixture().covariances[0])
    assert float(values[-1] / values[0]) == pytest.approx(50)
    data = Anisotropic(condition=50.0).load()
    assert float(torch.linalg.cond(data.x.T.cov())) == pytest.approx(50, rel=0.03)


@pytest.mark.parametrize("overlap", [0.01, 0.3, 0.9])
def test_neighbours_share_the_stated_area(overlap: float) -> None:
    source = Overlapping(overlap=overlap, std=0.5)
    x = np.linspace(-20, 20, 400_001)
    shared = np.minimum(stats.norm(0, 0.5).pdf(x), stats.norm(source.apart, 0.5).pdf(x))
    assert np.trapezoid(shared, x) == pytest.approx(overlap, abs=1e-6)
    means = source.mixture().means
    assert float((means[1] - means[0]).norm()) == pytest.approx(source.apart)


def test_disjoint_supports_keep_their_distance() -> None:
    data = Disjoint(distance=0.5, width=2.0).load()
    left, right = (data.x[data.labels == k][:, 0] for k in (0, 1))
    assert float(right.min() - left.max()) == pytest.approx(0.5, abs=1e-3)
    assert float(right.min() - left.max()) >= 0.5 - 1e-6
    middle = torch.zeros(1, 2)
    assert float(data.manifold.distance(middle)) == pytest.approx(0.25)
    assert not data.modes.assign(middle)[1].any()
    assert data.law.log_density(middle).item() == -math.inf
    assert data.law.log_density(data.x[:3]).exp() == pytest.approx(1 / 8)


@pytest.mark.parametrize(("dimension", "area"), [(1, 2 * math.pi * 3), (2, 4 * math.pi * 9), (3, 2 * math.pi**2 * 27)])
def test_spheres_of_one_density_have_as_many_points_per_area(dimension: int, area: float) -> None:
    source = Sphere(dimension=dimension, radius=3.0, density=20.0, held_out=10)
    assert source.area == pytest.approx(area)
    assert len(source.load().x) == round(20 * area)
    assert len(Sphere(dimension=dimension, radius=3.0, n=50, held_out=10).load().x) == 50


def test_neighbours_on_spheres_of_one_density_are_equally_far() -> None:
    """The mean distance to the nearest neighbour on a plane is ½/√density, with a standard error of .5227/√n of it
    (Clark & Evans 1954), whatever the radius."""
    for radius in (0.5, 1.0, 2.0):
        x = Sphere(radius=radius, std=0.0, density=60.0, held_out=10).load().x.double()
        apart = torch.cdist(x, x).fill_diagonal_(torch.inf).amin(1)
        assert float(apart.mean()) == pytest.approx(0.5 / math.sqrt(60), rel=3 * 0.5227 / math.sqrt(len(x)))


@pytest.mark.parametrize("source", [TwoRings(std=0.1), Sphere(std=0.1), Disjoint()])
def test_noised_density_against_the_mean_of_gaussians_at_the_points(source: TwoRings | Sphere | Disjoint) -> None:
    """p_σ(x) = E N(x; X, σ² I): the average over 100,000 points of the data."""
    data, sigma = source.load(), 0.4
    d = data.shape[0]
    x = data.held_out[:20].double() + 0.3
    squared = torch.cdist(x, data.x.double()).square()
    kernel = (-squared / (2 * sigma**2)).exp() / (2 * math.pi * sigma**2) ** (d / 2)
    mean, error = kernel.mean(1), kernel.std(1) / len(data.x) ** 0.5
    assert ((data.law.log_density(x, sigma).exp() - mean).abs() < 4.5 * error).all()


def test_the_roll_is_that_of_scikit_learn() -> None:
    """make_swiss_roll's columns: t cos t and t sin t, t = 1.5π (1 + 2u)."""
    manifold = SwissRoll(std=0.0).load().manifold
    t = torch.from_numpy(1.5 * np.pi * (1 + 2 * np.random.default_rng(0).random(500)))
    dense = torch.linspace(1.5 * math.pi, 4.5 * math.pi, 200_001, dtype=torch.float64)
    centre = (torch.stack([dense * dense.cos(), dense * dense.sin()], 1) / 10).mean(0)
    points = torch.stack([t * t.cos(), t * t.sin()], 1) / 10 - centre
    assert float(manifold.distance(points).max()) < 1e-5


@pytest.mark.parametrize("curvature", [0.0, 0.5, 1.0, 2.0])
def test_bending_keeps_the_length(curvature: float) -> None:
    vertices = SwissRoll(curvature=curvature).load().manifold.vertices
    length = float((vertices[1:] - vertices[:-1]).norm(dim=1).sum())
    a, b = 1.5 * math.pi, 4.5 * math.pi
    exact = (b * math.hypot(1, b) + math.asinh(b) - a * math.hypot(1, a) - math.asinh(a)) / 20
    assert length == pytest.approx(exact, rel=1e-5)
    if curvature == 0:
        assert float((vertices[-1] - vertices[0]).norm()) == pytest.approx(exact, rel=1e-9)


def test_polyline_distance_against_every_piece() -> None:
    manifold = SwissRoll().load().manifold
    x = 2 * torch.randn(30, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    fine = torch.linspace(0, 1, 60, dtype=torch.float64)[:, None, None]
    v = manifold.vertices
    dense = (v[:-1] + fine * (v[1:] - v[:-1])).reshape(-1, 2)
    torch.testing.assert_close(manifold.distance(x), torch.cdist(x, dense).amin(1), atol=1e-6, rtol=0)


@pytest.mark.parametrize("dimension", [1, 2, 5])
def test_sphere_directions_are_uniform(dimension: int) -> None:
    x = Sphere(dimension=dimension, radius=3.0, std=0.0).load().x.double()
    torch.testing.assert_close(x.norm(dim=1), torch.full((len(x),), 3.0).double(), rtol=1e-5, atol=0)
    second = x.T @ x / len(x)
    torch.testing.assert_close(second, 9 * torch.eye(dimension + 1).double() / (dimension + 1), atol=0.05, rtol=0)


def test_digits_are_split_class_by_class() -> None:
    data = Digits().load()
    assert data.x.shape == (1200, 1, 8, 8)
    share, held_out_share = (y.bincount() / len(y) for y in (data.labels, data.held_out_labels))
    assert (share - held_out_share).abs().max() < 0.002


def test_stacked_digits_show_their_number() -> None:
    digits, data = Digits().load(), StackedDigits(n=2000, held_out=100).load()
    names = {image.numpy().tobytes(): int(label) for image, label in zip(digits.x[:, 0], digits.labels, strict=True)}
    for image, label in zip(data.x, data.labels.tolist(), strict=True):
        assert label == int("".join(str(names[channel.numpy().tobytes()]) for channel in image))
    assert data.modes.weights.shape == (1000,)


@pytest.mark.parametrize("size", [16, 32, 64])
def test_no_pixel_of_a_photograph_is_in_both_parts(size: int) -> None:
    source = PhotoPatches(size=size)
    height, width = load_sample_images().images[0].shape[:2]
    used = {}
    for split in ("train", "held_out"):
        used[split] = np.zeros((height, width), bool)
        for top, left in source.tiles(height, width, split):
            used[split][top : top + size + source.margin, left : left + size + source.margin] = True
    assert used["train"].any()
    assert used["held_out"].any()
    assert not (used["train"] & used["held_out"]).any()


def test_patches_are_pieces_of_their_own_tiles() -> None:
    """Each patch, mirrored or not, is found pixel by pixel in a tile of its part."""
    source = PhotoPatches(n=6, held_out=6)
    photographs, data = load_sample_images().images, source.load()
    for split, patches in (("train", data.x), ("held_out", data.held_out)):
        for patch in patches.add(1).mul(127.5).round().byte().permute(0, 2, 3, 1).numpy():
            assert any(_found(patch, photograph, source, split) for photograph in photographs)


def _found(patch: np.ndarray, photograph: np.ndarray, source: PhotoPatches, split: str) -> bool:
    for candidate in (patch, patch[:, ::-1]):
        edge = source.size + source.margin
        for top, left in source.tiles(*photograph.shape[:2], split):
            tile = photograph[top : top + edge, left : left + edge]
            windows = np.lib.stride_tricks.sliding_window_view(tile, candidate.shape)[:, :, 0]
            if (windows == candidate).all((-3, -2, -1)).any():
                return True
    return False


def test_many_dimensions_are_drawn_a_mode_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A matrix for each of 50 000 samples of 1000 dimensions would take 200 GB; in both ways the samples are the same."""
    law = Grid(side=3, std=0.05).mixture()
    at_once, modes = law.draw(500, np.random.default_rng(0))
    monkeypatch.setattr(data_base, "LARGEST_SLAB", 1)
    one_by_one, same_modes = law.draw(500, np.random.default_rng(0))
    assert torch.equal(modes, same_modes)
    torch.testing.assert_close(one_by_one, at_once)
    assert Gaussian(mean=(0.1,) * 1000, n=50_000, held_out=100).load().x.shape == (50_000, 1000)
