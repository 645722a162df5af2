"""Few-step models on Gaussian data, where the map along the probability flow is known: x_r = x_t · spread_r/spread_t."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import erf, log, sqrt
from typing import Any

import pytest
import torch
from torch import Tensor

from bench.data.base import Data, GaussianMixture
from bench.models.consistency import Consistency
from bench.models.flow import Flow
from bench.models.meanflow import MeanFlow
from bench.models.scm import SCM
from bench.models.shortcut import Shortcut
from bench.stabilizers.tangent_norm import TangentNorm
from bench.stabilizers.tangent_warmup import TangentWarmup
from bench.training.engine import Engine
from bench.training.game import Batch, Game
from bench.training.rng import NoiseTape, Rng
from tests.laws.cases import images, points, run
from tests.models.small import SMALL, built, rng

SPREAD = 0.6  # of the data
FEW: dict[str, Game] = {
    "consistency": Consistency(width=32, depth=2, double_every=100),
    "scm": SCM(width=32, depth=2),
    "meanflow": MeanFlow(width=32, depth=2),
    "shortcut": Shortcut(width=32, depth=2),
}


class Known:
    """A formula in the place of a network."""

    def __init__(self, formula: Callable[..., Tensor]) -> None:
        self.formula = formula

    def at(self, theta: Tensor) -> Callable[..., Tensor]:
        return self.formula

    def __call__(self, theta: Tensor, *args: Any, **more: Any) -> Tensor:
        return self.formula(*args, **more)


def gaussian(n: int = 4096) -> Data:
    """N(0, SPREAD²) on a line."""
    law = GaussianMixture(torch.zeros(1, 1), torch.full((1, 1, 1), SPREAD**2), torch.ones(1))
    x = SPREAD * torch.randn(n, 1, generator=torch.Generator().manual_seed(0))
    return Data(x, x[:64], law=law)


def knowing(game: Any, formula: Callable[..., Tensor]) -> Any:
    """The game on Gaussian data, with a formula in the place of its network."""
    return replace(game.build(gaussian()), nets={"net": Known(formula)})


def lesson_of(game: Any, n: int = 64) -> Any:
    x = gaussian(n).x.double()
    return game.loss_inputs("net", {"net": torch.zeros(1)}, Batch(x), rng())


def column(t: Tensor) -> Tensor:
    return t[:, None]


def best_consistency(game: Consistency) -> Callable[..., Tensor]:
    """F of f(x, σ) = x √((s² + σ_min²)/(s² + σ²))."""

    def formula(scaled: Tensor, level: Tensor) -> Tensor:
        sigma = column((4 * level).exp())
        root = (sigma**2 + game.sigma_data**2).sqrt()
        x, above = root * scaled, sigma - game.sigma_min
        f = x * ((SPREAD**2 + game.sigma_min**2) / (SPREAD**2 + sigma**2)).sqrt()
        skip = game.sigma_data**2 / (above**2 + game.sigma_data**2)
        return (f - skip * x) * root / (game.sigma_data * above)

    return formula


def best_scm(game: SCM) -> Callable[..., Tensor]:
    """F of f(x, t) = x s/√(s² cos² t + σ_d² sin² t)."""

    def formula(scaled: Tensor, t: Tensor) -> Tensor:
        c, s, x = column(t.cos()), column(t.sin()), game.sigma_data * scaled
        return (c * x - x * SPREAD / ((SPREAD * c) ** 2 + (game.sigma_data * s) ** 2).sqrt()) / (game.sigma_data * s)

    return formula


def straight(t: Tensor) -> Tensor:
    """The spread of (1 - t) x0 + t ε."""
    return ((1 - t).square() * SPREAD**2 + t.square()).sqrt()


def best_meanflow(x: Tensor, t: Tensor, z: Tensor) -> Tensor:
    """(x_t - x_r)/(t - r), and where both are one v = (t - (1 - t) s²)/spread² x."""
    far = z[:, 0]
    apart = far > 0
    leap = (1 - straight(t - far) / straight(t)) / torch.where(apart, far, 1.0)
    return x * column(torch.where(apart, leap, (t - (1 - t) * SPREAD**2) / straight(t) ** 2))


def best_shortcut(x: Tensor, t: Tensor, z: Tensor) -> Tensor:
    """(x_{t+d} - x_t)/d for t = 1 at data, d = 2^(-7 z)."""
    d = 2 ** (-7 * z[:, 0])
    return x * column((straight(1 - t - d) / straight(1 - t) - 1) / d)


@pytest.mark.parametrize("sigma_data", [0.6, 1.3])
def test_the_consistency_function_of_a_gaussian(sigma_data: float) -> None:
    """It is consistent along Heun's steps down the exact flow, better with more of them, and samples the data at once."""
    game = Consistency(sigma_data=sigma_data, teacher="law", start=40, end=640, double_every=10)
    known = knowing(game, best_consistency(game))
    gaps = []
    for step in (0, 100):
        noise = Rng(NoiseTape([0], torch.device("cpu"), torch.float64), 0, step, "test", taped=False)
        inputs = known.loss_inputs("net", {"net": torch.zeros(1)}, Batch(gaussian(512).x.double()), noise)
        gaps.append(float(inputs.error.abs().max() / inputs.lesson.guess.abs().max()))
    assert gaps[0] < 5e-3
    assert gaps[1] < gaps[0] / 100  # a step's error is of third order: 16³ fewer
    drawn = known.sample({"net": torch.zeros(1)}, 20_000, rng())
    assert drawn.std().item() == pytest.approx(SPREAD, rel=0.03)


def test_pairs_teach_the_same_as_the_law_on_average() -> None:
    """E[x_{σ_n} | x_{σ_{n+1}}] of pairs is Euler's step of the exact flow."""
    game = knowing(Consistency(sigma_data=1.0), lambda x, t: x)
    x0, noise = gaussian(400_000).x.double(), rng().normal(400_000, 1)
    low, high = (torch.full((400_000,), s, dtype=torch.float64) for s in (1.0, 1.2))
    x = x0 + 1.2 * noise
    near = (x - 0.9).abs().squeeze() < 0.05
    mean = game.descended(x, x0, noise, low, high)[near].mean()
    assert mean.item() == pytest.approx(0.9 * (1 - 0.2 * 1.2 / (SPREAD**2 + 1.2**2)), abs=0.01)


def test_the_least_level_is_a_boundary() -> None:
    game, params, _ = built(Consistency(**{k: v for k, v in SMALL.items() if k != "latent"}))
    x = rng().normal(5, 2)
    f = game.f(params["net"], x, torch.full((5,), game.sigma_min, dtype=torch.float64))  # type: ignore[attr-defined]
    torch.testing.assert_close(f, x, rtol=1e-14, atol=0)


def test_levels_double_and_are_drawn_by_their_share() -> None:
    game = Consistency(start=10, end=100, double_every=7)

    def noise(step: int) -> Rng:
        return Rng(NoiseTape([0], torch.device("cpu"), torch.float64), 0, step, "test")

    assert [game.levels(noise(step)) for step in (0, 6, 7, 14, 21, 28, 900)] == [10, 10, 20, 40, 80, 100, 100]
    low, high = game.neighbours(10, torch.linspace(0, 1, 100_001, dtype=torch.float64)[1:-1])
    grid = [float(game.rung(torch.tensor(k / 10, dtype=torch.float64))) for k in range(11)]
    assert (grid[0], grid[-1]) == pytest.approx((0.002, 80), rel=1e-6)
    below = [erf((log(s) + 1.1) / (2 * sqrt(2))) for s in grid]
    for n in range(10):
        share = (low - grid[n]).abs() < 1e-9
        assert share.double().mean().item() == pytest.approx(
            (below[n + 1] - below[n]) / (below[-1] - below[0]), abs=1e-4
        )
        assert torch.allclose(high[share], torch.tensor(grid[n + 1], dtype=torch.float64))


def test_tangents_vanish_at_the_consistency_function_of_a_gaussian() -> None:
    game = SCM(sigma_data=1.0, teacher="law")
    inputs = lesson_of(knowing(game, best_scm(game)))
    assert inputs.tangent.abs().max() < 1e-6 < 1e-2 < inputs.slope.pull.abs().max()
    drawn = knowing(game, best_scm(game)).sample({"net": torch.zeros(1)}, 20_000, rng())
    assert drawn.std().item() == pytest.approx(SPREAD, rel=0.03)


@pytest.mark.parametrize("direction", ["pair", "network"])
def test_tangents_vanish_at_the_average_velocity_of_a_gaussian(direction: Any) -> None:
    """u = v - (t - r) du/dt, the derivative by autograd; and leaps of any length end at the same place."""
    game = MeanFlow(teacher="law", direction=direction, apart=0.75)
    inputs = lesson_of(knowing(game, best_meanflow))
    assert inputs.tangent.abs().max() < 1e-6 < 1e-2 < inputs.slope.bend.abs().max()
    once, often = (
        knowing(replace(game, sample_steps=k), best_meanflow).sample({"net": torch.zeros(1)}, 200, rng())
        for k in (1, 5)
    )
    torch.testing.assert_close(once, often)
    torch.testing.assert_close(once, SPREAD * rng().normal(200, 1))


def test_meanflow_at_one_time_is_flow_matching() -> None:
    """Its error is that of `flow`, of the same pairs at the same levels, with time the other way round."""
    game, params, batch = built(MeanFlow(width=16, depth=2, apart=0.0, power=0.0))
    inputs = game.loss_inputs("net", params, batch, rng())
    t, _ = game.times(len(batch.x), rng())  # type: ignore[attr-defined]
    assert torch.equal(inputs.slope.bend, torch.zeros_like(batch.x))
    path = Flow().path
    x = path.mix(inputs.x0, inputs.noise, 1 - t)
    torch.testing.assert_close(game.velocity(params, x, t, t), inputs.slope.guess)  # type: ignore[attr-defined]
    expected = (inputs.slope.guess + path.target(inputs.x0, inputs.noise, 1 - t)).square().sum(1).mean()
    torch.testing.assert_close(game.objective("net", inputs), expected)


def test_two_halves_are_a_whole_step_of_the_exact_flow() -> None:
    game = Shortcut(teacher="law", doubled=1.0)
    inputs = lesson_of(knowing(game, best_shortcut))
    assert inputs.error.abs().max() < 1e-9
    once, often = (
        knowing(replace(game, sample_steps=k), best_shortcut).sample({"net": torch.zeros(1)}, 200, rng())
        for k in (1, 8)
    )
    torch.testing.assert_close(once, often)
    torch.testing.assert_close(once, SPREAD * rng().normal(200, 1))


def test_tangents_are_warmed_up_and_kept_short() -> None:
    data, parts = points(), (TangentWarmup(steps=4), TangentNorm(c=0.5))
    engine = Engine(SCM(width=8, depth=1), data, [0], parts, batch=8, mapping="loop", dtype=torch.float64)
    state = engine.init_state()
    for step in range(6):
        at = engine.context(state, 0, "G0", player="net", memory=((), ()), batch=Batch(engine.x[:8]))
        params = {"net": state.params["net"][0]}
        inputs = engine.game.loss_inputs("net", params, at.batch, at.rng.fork("game"))
        altered = engine.stack.loss_inputs(inputs, at)
        whole = inputs.slope.pull + min(1.0, step / 4) * inputs.slope.bend
        torch.testing.assert_close(altered.tangent, whole / (whole.norm(dim=1, keepdim=True) + 0.5))
        state = engine.step(state)


@pytest.mark.parametrize("word", ["meanflow", "shortcut", "consistency", "scm"])
def test_a_few_hundred_steps_bring_one_leap_near_the_data(word: str) -> None:
    """Two points, one evaluation a sample: most samples end nearer to one of them than noise does."""
    data = points()
    engine = Engine(FEW[word], data, [0], batch=64, mapping="loop")
    state = engine.init_state()

    def far(state: Any) -> float:
        return float(torch.cdist(engine.sample(state, 500)[0], data.modes.means).amin(1).mean())  # type: ignore[union-attr]

    before = far(state)
    assert far(run(engine, 150, state)) < 0.75 * before
    assert engine.nfe == 1


@pytest.mark.parametrize("word", FEW)
def test_few_steps_on_images(word: str) -> None:
    engine = Engine(replace(FEW[word], width=8, sample_steps=2), images(), [0], batch=8)  # type: ignore[call-arg]
    state = run(engine, 2)
    assert state.alive.all()
    assert engine.sample(state, 3).shape == (1, 3, 1, 8, 8)


def test_a_teacher_that_knows_needs_a_law() -> None:
    with pytest.raises(ValueError, match="teacher=law needs data"):
        Engine(MeanFlow(teacher="law"), images(), [0], batch=8)
