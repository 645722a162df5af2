"""Points are trained on at mean 0 and standard deviation 1, and nothing outside of training notices."""

from __future__ import annotations

from dataclasses import replace
from math import log
from typing import Any

import pytest
import torch
from torch import Tensor

from bench.data._normalised import Frame, normalised
from bench.data.anisotropic import Anisotropic
from bench.data.base import Data, GaussianMixture
from bench.data.grid import Grid
from bench.data.point import Point
from bench.data.sphere import Sphere
from bench.data.two_rings import TwoRings
from bench.evaluation.evaluator import Evaluator
from bench.metrics.modes_covered import ModesCovered
from bench.models.edm import EDM
from bench.models.gan import GAN
from bench.models.linear_gaussian import LinearGaussian
from bench.models.oracle import Oracle
from bench.plugins import find
from bench.probes.score_error import ScoreError
from bench.stabilizers.whitening import Whitening
from bench.training.engine import Engine
from bench.training.loop import train
from tests.laws.cases import images


def far() -> Data:
    """Points far from the origin, long in one direction."""
    noise = torch.randn(4000, 2, generator=torch.Generator().manual_seed(0))
    x = torch.tensor([300.0, -7.0]) + noise * torch.tensor([40.0, 0.4])
    return Data(x[:3000], x[3000:])


def exact(x: Tensor) -> Tensor:
    return torch.cov(x.double().T, correction=0)


def test_mean_zero_and_one_standard_deviation_over_all_coordinates() -> None:
    x = normalised(far()).x.double()
    torch.testing.assert_close(x.mean(0), torch.zeros(2, dtype=torch.float64), rtol=0, atol=1e-5)
    assert float(x.square().mean()) == pytest.approx(1, rel=1e-5)


@pytest.mark.parametrize("condition", [1e2, 1e4])
def test_one_scale_leaves_the_condition_number_alone(condition: float) -> None:
    data = Anisotropic(condition=condition, n=20_000).load()
    before, after = exact(data.x), exact(normalised(data).x)
    torch.testing.assert_close(after * (before.trace() / 2), before, rtol=1e-4, atol=1e-7)
    assert float(torch.linalg.cond(after)) == pytest.approx(float(torch.linalg.cond(before)), rel=1e-3)


def test_round_trip() -> None:
    data = far()
    seen = normalised(data)
    for there, back in ((seen.x, data.x), (seen.held_out, data.held_out)):
        torch.testing.assert_close(seen.undo(there), back, rtol=1e-6, atol=2e-5)  # 40 standard deviations in float32


def test_what_is_not_finite_stays_so_and_touches_nothing_else() -> None:
    z = torch.tensor([[torch.nan, 1.0], [torch.inf, -torch.inf], [0.5, 2.0]])
    x = normalised(far()).undo(z)
    assert x.isnan().tolist() == [[True, False], [False, False], [False, False]]
    assert x.isinf().tolist() == [[False, False], [True, True], [False, False]]
    assert torch.equal(x[2:], normalised(far()).undo(z[2:]))


@pytest.mark.parametrize("value", [0.0, 0.1, -3e5])
def test_constant_data_keep_their_scale(value: float) -> None:
    x = torch.full((1000, 2), value)
    seen = normalised(Data(x, x))
    assert torch.equal(seen.x, torch.zeros(1000, 2))
    assert torch.equal(seen.undo(seen.x), x)


def test_images_are_untouched() -> None:
    data = images()
    assert normalised(data) is data


@pytest.mark.parametrize("source", [Grid(side=3), Sphere(std=0.1), TwoRings(std=0.1)], ids=lambda s: s.word)
def test_the_law_of_what_is_trained_on(source: Grid) -> None:
    """By the change of variables, and the score by differentiating the density."""
    data = source.load()
    seen, frame = normalised(data), Frame.of(data.x)
    assert data.law is not None
    assert seen.law is not None
    z, d = seen.x[:50].double(), data.x.shape[1]
    for sigma in (0.0, 0.3):
        there = data.law.log_density(data.x[:50].double(), sigma * frame.scale) + d * log(frame.scale)
        torch.testing.assert_close(seen.law.log_density(z, sigma), there, rtol=1e-4, atol=1e-3)
        slope = torch.func.grad(lambda z: seen.law.log_density(z, sigma).sum())(z)  # noqa: B023
        torch.testing.assert_close(seen.law.score(z, sigma), slope, rtol=1e-6, atol=1e-6)


def test_a_mixture_stays_a_mixture_with_the_moments_of_what_is_trained_on() -> None:
    seen = normalised(Anisotropic(n=50_000).load())
    assert isinstance(seen.law, GaussianMixture)
    torch.testing.assert_close(seen.law.covariances[0], exact(seen.x), rtol=0, atol=0.03)
    torch.testing.assert_close(seen.law.means[0], torch.zeros(2, dtype=torch.float64), rtol=0, atol=0.03)


@pytest.mark.parametrize("source", [Grid(side=3), TwoRings(std=0.1)], ids=lambda s: s.word)
def test_modes_are_those_of_the_data(source: Grid) -> None:
    data = source.load()
    seen = normalised(data)
    assert data.modes is not None
    assert seen.modes is not None
    there, here = data.modes.assign(data.held_out.double()), seen.modes.assign(seen.held_out.double())
    assert torch.equal(there[0], here[0])
    assert float((there[1] == here[1]).double().mean()) > 0.999  # but at the very edge of a mode
    assert torch.equal(seen.modes.weights, data.modes.weights)


def test_distances_to_the_manifold_are_in_units_of_the_standard_deviation() -> None:
    data = Sphere(std=0.1).load()
    seen = normalised(data)
    assert data.manifold is not None
    assert seen.manifold is not None
    apart = data.manifold.distance(data.x[:100].double()) / Frame.of(data.x).scale
    torch.testing.assert_close(seen.manifold.distance(seen.x[:100].double()), apart, rtol=0, atol=1e-6)


def test_the_engine_trains_there_and_samples_are_in_the_units_of_the_data() -> None:
    engine = Engine(GAN(width=8, depth=1), far(), [0, 1], batch=16)
    assert float(engine.x.square().mean()) == pytest.approx(1, rel=1e-4)
    samples = engine.sample(engine.init_state(), 500)
    assert (samples.mean((0, 1)) - far().x.mean(0)).abs().max() < 40  # a fresh generator is within a standard deviation


@pytest.mark.parametrize("word", ["bilinear", "dirac", "hopf", "linear_gaussian"])
def test_games_whose_coordinates_are_the_game_see_the_data_as_it_is(word: str) -> None:
    data = far()
    engine = Engine(find("models", word)(), data, [0], batch=4)
    assert engine.x is data.x
    assert engine.data.undo(data.x) is data.x


def test_a_point_at_the_origin_is_the_same_for_all() -> None:
    assert torch.equal(Engine(GAN(width=8), Point(dim=2).load(), [0]).x, torch.zeros(64, 2))


def test_metrics_look_at_the_data_in_its_own_units() -> None:
    """An oracle of normalised data covers the modes of the data."""
    data = Grid(side=3, n=5000).load()
    engine = Engine(Oracle(of=EDM(sample_steps=12), noise=0.0), data, [0], batch=16)
    evaluator = Evaluator(data, [ModesCovered(n=900)])
    ((_, _, covered),) = evaluator(engine.sample(engine.init_state(), 900), torch.ones(1, dtype=torch.bool))
    assert covered == 9


def test_probes_that_know_the_law_know_that_of_the_training_space() -> None:
    """The ideal denoiser of the law has no score error."""
    engine = Engine(Oracle(noise=0.0), Grid(side=3, n=5000).load(), [0], batch=64, dtype=torch.float64)
    assert float(ScoreError().measure(engine, engine.init_state())["score_error"]) < 1e-8


def test_edm_takes_the_standard_deviation_of_what_it_trains_on() -> None:
    engine = Engine(EDM(width=8), far(), [0], batch=4)
    assert isinstance(engine.game, EDM)
    assert engine.game.data_std == pytest.approx(1, rel=1e-3)


def test_units_of_the_data_change_nothing_in_training() -> None:
    """The same points in other units train to the same weights; samples are in those units."""
    data = far()
    other = replace(data, x=0.5 * data.x, held_out=0.5 * data.held_out)  # halves are exact
    states, samples = [], []
    for one in (data, other):
        engine = Engine(GAN(width=8, depth=1), one, [3], batch=16)
        states.append(train(engine, steps=5).state)
        samples.append(engine.sample(states[-1], 20))
    for player in ("G", "D"):
        assert torch.equal(states[0].params[player], states[1].params[player])
    torch.testing.assert_close(0.5 * samples[0], samples[1], rtol=1e-6, atol=0)


def test_linear_gaussian_still_draws_from_the_data_in_its_units() -> None:
    engine = Engine(LinearGaussian(), far(), [0], batch=8)
    assert float(engine.draw_batch(engine.init_state()).x[..., 0].mean()) > 200


def test_whitening_comes_after_and_both_are_undone() -> None:
    data = far()
    engine = Engine(GAN(width=8), data, [0], [Whitening()], batch=16)
    torch.testing.assert_close(exact(engine.x), torch.eye(2, dtype=torch.float64), rtol=0, atol=1e-3)
    torch.testing.assert_close(engine.data.undo(engine.x), data.x, rtol=1e-6, atol=1e-4)


class Saved:
    """A checkpoint that is there."""

    def __init__(self, saved: dict[str, Any]) -> None:
        self.saved = saved

    def load(self) -> dict[str, Any]:
        return self.saved

    def save(self, saved: dict[str, Any]) -> None:
        self.saved = saved

    def due(self) -> bool:
        return False


def test_resume_is_exact() -> None:
    """Three steps, a checkpoint, a fresh engine and two more steps: five steps, bit for bit, samples included."""

    def fresh() -> Engine:
        return Engine(EDM(width=16, depth=2), far(), [0, 1], batch=64)

    whole = train(fresh(), steps=5)
    resumed = train(fresh(), steps=5, checkpoint=Saved(train(fresh(), steps=3).save()))
    assert torch.equal(whole.state.params["net"], resumed.state.params["net"])
    assert torch.equal(fresh().sample(whole.state, 64), fresh().sample(resumed.state, 64))
