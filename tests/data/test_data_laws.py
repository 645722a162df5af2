"""What every data set that needs no files must satisfy; a file dropped into bench/data is enrolled."""

from __future__ import annotations

import random
import time
from dataclasses import fields
from functools import cache

import numpy as np
import pytest
import torch

from bench import plugins
from bench.data.base import Data, DataError, DataSource, GaussianMixture
from bench.data.disjoint import Boxes

FROM_DISK = {"cifar10", "mnist", "stacked_mnist", "image_folder"}
WORDS = [word for word in plugins.words("datasets") if word not in FROM_DISK]
SMALL = {"photo_patches": {"n": 400, "held_out": 200}, "stacked_digits": {"n": 2000, "held_out": 1000}}
IMAGES = {"digits", "stacked_digits", "photo_patches"}


def source(word: str) -> DataSource:
    return plugins.find("datasets", word)(**SMALL.get(word, {}))


@cache
def loaded(word: str) -> Data:
    return source(word).load()


def with_law() -> list[str]:
    return [word for word in WORDS if word not in IMAGES and loaded(word).law is not None]


@pytest.fixture(params=WORDS)
def word(request: pytest.FixtureRequest) -> str:
    return request.param


def same(a: torch.Tensor | None, b: torch.Tensor | None) -> bool:
    return (a is None and b is None) or (a is not None and b is not None and torch.equal(a, b))


def test_the_same_bits_at_every_call_whatever_the_global_random_state(word: str) -> None:
    torch.manual_seed(7)
    again = source(word).load()
    for name in ("x", "held_out", "labels", "held_out_labels"):
        assert same(getattr(again, name), getattr(loaded(word), name)), name


@pytest.mark.parametrize(
    ("word", "options", "said"),
    [
        ("photo_patches", {"n": 10**7, "size": 64}, "photo_patches: 10005000 samples of 12288 numbers take 492 GB"),
        ("anisotropic", {"n": 10**7, "dimension": 10**4}, "anisotropic: 10010000 samples of 10000 numbers take 400 GB"),
        ("sphere", {"dimension": 10**4, "n": 10**7}, "sphere: 10010000 samples of 10001 numbers take 400 GB"),
        ("sphere", {"density": 1e12}, "points on an area of 12.6: ask for fewer"),
        ("sphere", {"density": 1.0, "dimension": 10**4}, "is less than one point"),
        ("point", {"n": 10**7, "dim": 10**4}, "point: n=10000000 samples of 10000 numbers are too many"),
    ],
)
def test_what_fits_into_no_memory_is_refused_before_it_is_drawn(
    word: str, options: dict[str, float], said: str
) -> None:
    with pytest.raises(DataError, match=said):
        plugins.find("datasets", word)(**options)


def test_the_global_random_state_is_left_alone(word: str) -> None:
    before = torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()  # noqa: NPY002
    source(word).load()
    assert torch.equal(before[0], torch.get_rng_state())
    assert np.array_equal(before[1], np.random.get_state()[1])  # noqa: NPY002
    assert before[2] == random.getstate()


def test_shapes_types_and_finite_values(word: str) -> None:
    data = loaded(word)
    assert data.x.dtype == data.held_out.dtype == torch.float32
    assert data.x.shape[1:] == data.held_out.shape[1:]
    assert data.x.is_contiguous()
    assert data.x.isfinite().all()
    assert data.held_out.isfinite().all()
    assert data.x.ndim == (4 if word in IMAGES else 2)
    if data.is_image:
        assert data.x.min() >= -1
        assert data.x.max() <= 1
        assert data.x.min() < -0.9, "images must use their range"
        assert data.x.max() > 0.9, "images must use their range"


def test_as_many_points_as_asked_for(word: str) -> None:
    asked, data = source(word), loaded(word)
    names = {f.name for f in fields(asked)}
    if "n" in names:
        assert len(data.x) == asked.n
    if "held_out" in names:
        assert len(data.held_out) == asked.held_out


def test_no_held_out_sample_is_trained_on(word: str) -> None:
    data = loaded(word)
    if len(data.x.unique(dim=0)) == 1:
        pytest.skip("a point mass: all samples are one")
    seen = {row.tobytes() for row in data.x.flatten(1).numpy()}
    assert not any(row.tobytes() in seen for row in data.held_out.flatten(1).numpy())


def test_labels_are_int64_and_in_range(word: str) -> None:
    data = loaded(word)
    assert (data.labels is None) == (data.held_out_labels is None) == (data.classes == 0)
    for x, labels in ((data.x, data.labels), (data.held_out, data.held_out_labels)):
        if labels is not None:
            assert labels.dtype == torch.int64
            assert labels.shape == (len(x),)
            assert labels.min() >= 0
            assert labels.max() < data.classes


def test_toys_load_at_once(word: str) -> None:
    if word in IMAGES:
        pytest.skip("decodes images")
    taken = []
    for _ in range(3):
        start = time.process_time()
        source(word).load()
        taken.append(time.process_time() - start)
    assert min(taken) < 0.2


def test_both_parts_follow_one_law(word: str) -> None:
    """Means and variances of training and held-out points differ by at most 5 standard errors."""
    if word in IMAGES:
        pytest.skip("images are not independent draws")
    x, y = loaded(word).x.double(), loaded(word).held_out.double()
    error = (x.var(0) / len(x) + y.var(0) / len(y)).sqrt()
    assert ((x.mean(0) - y.mean(0)).abs() <= 5 * error).all()
    fourth = (x - x.mean(0)).pow(4).mean(0) - x.var(0).square()
    assert ((x.var(0) - y.var(0)).abs() <= 5 * (fourth * (1 / len(x) + 1 / len(y))).sqrt()).all()


@pytest.mark.parametrize("word", with_law())
@pytest.mark.parametrize("sigma", [0.0, 0.1, 2.0])
def test_the_score_is_the_gradient_of_the_log_density(word: str, sigma: float) -> None:
    data = loaded(word)
    near = data.held_out[:200].double()
    far = 3 * torch.randn(50, *data.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    x = (near if sigma == 0 else torch.cat([near, far])).requires_grad_()
    log_density = data.law.log_density(x, sigma)
    assert log_density.isfinite().all()
    constant = isinstance(data.law, Boxes) and sigma == 0
    gradient = torch.zeros_like(x) if constant else torch.autograd.grad(log_density.sum(), x)[0]
    near_zero = 1e-8 * float(gradient.abs().max())
    torch.testing.assert_close(data.law.score(x.detach(), sigma), gradient, rtol=1e-8, atol=near_zero)


@pytest.mark.parametrize("word", [word for word in with_law() if loaded(word).shape == (2,)])
def test_the_density_integrates_to_one(word: str) -> None:
    law, x = loaded(word).law, loaded(word).x.double()
    sigma = 0.15  # smooth enough for the grid: the trapezoid rule is then exact to many digits
    low, high = x.amin(0) - 8 * sigma, x.amax(0) + 8 * sigma
    axes = [torch.arange(float(a), float(b), 0.05, dtype=torch.float64) for a, b in zip(low, high, strict=True)]
    grid = torch.cartesian_prod(*axes)
    total = sum(float(law.log_density(slab, sigma).exp().sum()) for slab in grid.split(20000)) * 0.05**2
    assert total == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("word", [word for word in WORDS if word not in IMAGES and loaded(word).modes is not None])
def test_samples_are_of_the_mode_they_were_drawn_from_at_the_expected_rate(word: str) -> None:
    data = loaded(word)
    mode, inside = data.modes.assign(data.held_out)
    d, n = data.shape[0], len(data.held_out)
    assert mode.dtype == torch.int64
    assert inside.dtype == torch.bool
    assert float(data.modes.weights.double().sum()) == pytest.approx(1, abs=1e-6)
    share = mode.bincount(minlength=len(data.modes.weights)) / n
    assert (share - data.modes.weights).abs().max() < 5 / n**0.5
    rate = float(torch.special.gammainc(torch.tensor(d / 2), torch.tensor(9 / 2)))  # chi-squared, d degrees, at 3²
    if word == "disjoint":
        assert inside.all()
    elif word == "overlapping":  # a neighbour counts strays
        assert float(inside.float().mean()) >= rate
    elif word == "two_rings":
        rate = float(torch.special.erf(torch.tensor(3 / 2**0.5)))
    if word not in ("disjoint", "overlapping"):
        assert float(inside.float().mean()) == pytest.approx(rate, abs=4 * (rate * (1 - rate) / n) ** 0.5)
        assert torch.equal(mode[inside], data.held_out_labels[inside])


@pytest.mark.parametrize("word", [word for word in WORDS if word not in IMAGES and loaded(word).modes is not None])
@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_what_is_not_finite_is_in_no_mode(word: str, bad: float) -> None:
    data = loaded(word)
    for column in range(data.shape[0]):
        x = data.held_out[:8].clone()
        x[:, column] = bad
        assert not data.modes.assign(x)[1].any()


@pytest.mark.parametrize("word", [word for word in WORDS if word not in IMAGES and loaded(word).modes is not None])
def test_modes_take_any_leading_axes(word: str) -> None:
    data = loaded(word)
    x = data.held_out[:24]
    whole, parts = data.modes.assign(x), data.modes.assign(x.reshape(2, 3, 4, -1))
    assert parts[0].shape == (2, 3, 4)
    assert torch.equal(parts[0].flatten(), whole[0])
    assert torch.equal(parts[1].flatten(), whole[1])


@pytest.mark.parametrize("word", [word for word in WORDS if word not in IMAGES and loaded(word).manifold is not None])
def test_data_lie_on_their_manifold_up_to_the_noise(word: str) -> None:
    data, std = loaded(word), getattr(source(word), "std", 0.0)
    root_mean_square = float(data.manifold.distance(data.held_out[:4000]).square().mean().sqrt())
    assert root_mean_square == pytest.approx(std, rel=0.05, abs=1e-6)
    away = data.held_out[:8].clone()
    away[:, 0] += 100
    assert (data.manifold.distance(away) > 90).all()
    assert data.manifold.distance(torch.full_like(away, torch.nan)).isnan().all()


def test_the_mixture_draws_from_its_own_law() -> None:
    mixture = GaussianMixture(
        means=torch.tensor([[0.0, 3.0], [1.0, -2.0]]),
        covariances=torch.tensor([[[2.0, 0.6], [0.6, 0.5]], [[1.0, 0.0], [0.0, 0.1]]]),
        weights=torch.tensor([0.8, 0.2]),
    )
    x, mode = mixture.draw(200_000, np.random.default_rng(0))
    assert mode.double().mean() == pytest.approx(0.2, abs=0.004)
    for k in range(2):
        torch.testing.assert_close(x[mode == k].mean(0), mixture.means[k], atol=0.02, rtol=0)
        torch.testing.assert_close(x[mode == k].T.cov(), mixture.covariances[k], atol=0.03, rtol=0)


@pytest.mark.parametrize(
    ("word", "options"),
    [
        ("ring", {"modes": 0}),
        ("ring", {"n": 0}),
        ("grid", {"std": 0.0}),
        ("two_rings", {"inner": 2.0}),
        ("overlapping", {"overlap": 1.0}),
        ("disjoint", {"distance": 0.0}),
        ("anisotropic", {"condition": 0.5}),
        ("gaussian", {"covariance": ((1.0, 2.0), (2.0, 1.0))}),
        ("gaussian", {"covariance": ((1.0, 0.5), (0.0, 1.0))}),
        ("gaussian", {"mean": (0.0,), "covariance": ((1.0, 0.0), (0.0, 1.0))}),
        ("mixture", {"means": ((0.0, 0.0), (1.0,))}),
        ("mixture", {"weights": (1.0,)}),
        ("mixture", {"std": (1.0, -1.0)}),
        ("swiss_roll", {"curvature": -1.0}),
        ("sphere", {"dimension": 0}),
        ("sphere", {"density": 0.01}),
        ("digits", {"held_out": 1797}),
        ("stacked_digits", {"confidence": 1.0}),
        ("stacked_mnist", {"confidence": 1.0}),
        ("stacked_mnist", {"size": 32}),
        ("mnist", {"size": 16}),
        ("photo_patches", {"size": 65}),
    ],
)
def test_options_that_make_no_law_are_refused_in_one_line(word: str, options: dict[str, object]) -> None:
    with pytest.raises(DataError, match=f"^{word}: ") as refused:
        plugins.find("datasets", word)(**options)
    assert "\n" not in str(refused.value)
