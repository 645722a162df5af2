"""Probes of diffusion models, autoencoders, slopes, paths and weights, where the answer is known."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from bench.data.base import Data
from bench.data.gaussian import Gaussian
from bench.models.ddpm import DDPM
from bench.models.dirac import Dirac
from bench.models.edm import EDM
from bench.models.flow import Flow
from bench.models.hopf import Hopf
from bench.models.vae import VAE
from bench.plugins import find, words
from bench.probes.active_units import ActiveUnits
from bench.probes.level_losses import LevelLosses
from bench.probes.path_angle import PathAngle
from bench.probes.score_error import ScoreError, grid
from bench.probes.smoothness import Smoothness
from bench.probes.trajectory import Trajectory
from bench.probes.weights import Weights
from bench.stabilizers.gradient_penalty import GradientPenalty
from bench.stabilizers.simultaneous import Simultaneous
from bench.training.engine import Engine
from tests.theory.play import machine, put, run

VARIANCE = 0.49
SMALL = {"width": 8, "depth": 2}


def data() -> Data:
    """Draws of N(0, VARIANCE I)."""
    return Gaussian(mean=(0.0, 0.0), covariance=((VARIANCE,),), n=4096).load()


def engine(game: DDPM | EDM | Flow | VAE, batch: int = 64) -> Engine:
    return Engine(game, data(), [0, 1], batch=batch, dtype=torch.float64)


class Perfect:
    """Networks with the optimal guess of the target, off by `bias` in the noise it implies.

    What is trained on has mean 0 and variance 1 in the sample, so its law is N(0, VARIANCE I) less the sample's mean and over
    the sample's standard deviation.
    """

    def __init__(self, path: object, bias: float) -> None:
        self.path, self.bias = path, bias
        x = data().x.double()
        squared = (x - x.mean(0)).square().mean()
        self.mean, self.variance = -x.mean(0) / squared.sqrt(), VARIANCE / squared

    def at(self, theta: Tensor) -> object:
        def guess(x: Tensor, t: Tensor, y: Tensor | None = None) -> Tensor:
            alpha, sigma = (v[:, None] for v in self.path.levels(t))  # type: ignore[attr-defined]
            total = alpha**2 * self.variance + sigma**2
            eps = sigma / total * (x - alpha * self.mean) + self.bias
            a, b = self.path.aim(alpha, sigma)  # type: ignore[attr-defined]
            return a * (x - sigma * eps) / alpha + b * eps  # type: ignore[no-any-return]

        return guess


@pytest.mark.parametrize("game", [DDPM(**SMALL), Flow(**SMALL)], ids=["ddpm", "flow"])  # type: ignore[arg-type]
def test_score_error(game: DDPM | Flow) -> None:
    """0 for the optimal denoiser; with ε̂ off by δ in each coordinate, E‖·‖² = d δ²/σ², and δ² without units."""
    built = engine(game)
    for bias in (0.0, 0.3):
        built.game = replace(built.game, nets={**built.game.nets})
        object.__setattr__(built.game, "network", Perfect(built.game.path, bias).at)
        found = ScoreError().measure(built, built.init_state())
        for k, level in enumerate(grid(built.game, 4), 1):  # type: ignore[arg-type]
            expected = 2 * bias**2 / level.sigma**2
            assert found[f"score_error_{k}"].tolist() == pytest.approx([expected] * 2, rel=1e-6, abs=1e-9)
        assert found["score_error"].tolist() == pytest.approx([bias**2] * 2, rel=1e-6, abs=1e-9)


def test_levels_go_from_clean_to_noisy() -> None:
    for game in (DDPM(**SMALL), Flow(**SMALL), EDM(**SMALL)):  # type: ignore[arg-type]
        ratios = [level.sigma / level.alpha for level in grid(engine(game).game, 4)]  # type: ignore[arg-type]
        assert ratios == sorted(ratios)


def test_level_losses_average_to_the_loss() -> None:
    built = engine(DDPM(**SMALL))  # type: ignore[arg-type]
    state = built.init_state()
    found = LevelLosses().measure(built, state)
    batch = built.draw_batch(state, purpose="probe")
    loss = built.game_gradient(state, batch, ("net",), name="probe", taped=False).losses["net"]
    torch.testing.assert_close(torch.stack(list(found.values())).mean(0), loss)


def test_level_losses_tell_noise_from_data() -> None:
    """A network that answers 0 to "what is the velocity" errs by E(x0 - ε)², at every level alike; asked for ε by 1.

    What is trained on has variance 1, whatever that of the data is.
    """
    for game, expected in ((DDPM(**SMALL), 1.0), (Flow(**SMALL), 2.0)):  # type: ignore[arg-type]
        built = engine(game, batch=8192)
        state = built.init_state()
        state = replace(state, params={"net": torch.zeros_like(state.params["net"])})
        for values in LevelLosses().measure(built, state).values():
            assert values.tolist() == pytest.approx([expected] * 2, rel=0.15)


def test_active_units() -> None:
    """An encoder that answers 0 uses nothing and costs nothing."""
    built = engine(VAE(latent=3, **SMALL))  # type: ignore[arg-type]
    state = built.init_state()
    dead = replace(state, params={"net": torch.zeros_like(state.params["net"])})
    found = ActiveUnits().measure(built, dead)
    assert found["active_units"].tolist() == [0, 0]
    assert found["active_kl"].tolist() == [0, 0]
    assert bool((ActiveUnits(threshold=0.0).measure(built, state)["active_units"] == 3).all())


def test_smoothness_of_the_dirac_gan() -> None:
    """D(x) = ψx has the slope |ψ| everywhere."""
    built = machine(Dirac(), GradientPenalty(), seeds=1)
    found = Smoothness().measure(built, put(built.init_state(), G=[[3.0]], D=[[-0.7]]))
    for name, expected in {"real": 0.7, "fake": 0.7, "between": 0.7, "spread": 0.0, "largest": 0.7}.items():
        assert float(found[f"slope_{name}"]) == pytest.approx(expected, abs=1e-7)


def test_path_angle_of_attraction() -> None:
    """Towards a stable point with no rotation (ω = 0, μ < 0), v points back before it and forth beyond it."""
    built = machine(Hopf(mu=-1.0, omega=0.0), Simultaneous())
    found = PathAngle().measure(built, run(built, 300))
    expected = {"0.5": -1.0, "0.9": -1.0, "1.1": 1.0, "1.5": 1.0}
    for a, value in expected.items():
        assert found[f"path_angle_{a}"].tolist() == pytest.approx([value] * 3, abs=1e-6)


def test_path_angle_of_rotation() -> None:
    """Around a point (x, y) ↦ (y, -x), v is square to the line that leads there."""
    built = machine(Dirac(loss="wasserstein"))
    start = built.init_state()
    home = replace(start, params={p: torch.zeros_like(v) for p, v in start.params.items()})
    for values in PathAngle().measure(built, home).values():
        assert values.tolist() == pytest.approx([0.0] * 3, abs=1e-6)


def test_weights() -> None:
    built = machine(Dirac(), dim=2, seeds=1)
    start = built.init_state()
    state = put(start, G=[[3.0, -4.0]], D=start.params["D"].tolist())
    found = Weights().measure(built, state)
    assert float(found["weight_norm_G"]) == pytest.approx(5)
    assert float(found["weight_largest_G"]) == 4
    assert float(found["weight_way_D"]) == 0
    assert float(found["weight_way_G"]) == pytest.approx(float((state.params["G"] - start.params["G"]).norm()))


@pytest.mark.parametrize("word", words("probes"))
def test_the_price_at_the_default_cadence_is_small(word: str) -> None:
    """Prices are measured by tests/benchmarks/test_probes.py."""
    probe = find("probes", word)
    assert probe.price is None or 0 <= probe.price / probe().every < 0.05  # type: ignore[attr-defined]


def test_a_trajectory_is_the_weights_of_a_small_game() -> None:
    engine = machine(Dirac(), dim=2)
    state = engine.step(engine.init_state())
    found = Trajectory().measure(engine, state)
    assert list(found) == ["theta_G_1", "theta_G_2", "theta_D_1", "theta_D_2"]
    assert torch.equal(torch.stack([found["theta_D_1"], found["theta_D_2"]], 1), state.params["D"])
    assert not Trajectory().fits(machine(Dirac(), dim=3).game)
