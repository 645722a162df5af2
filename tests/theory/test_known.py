"""Predictions belong to methods, and measured numbers meet them."""

from __future__ import annotations

from dataclasses import replace
from math import sqrt
from typing import Any

import pytest
import torch

from bench.data.gaussian import Gaussian
from bench.data.ring import Ring
from bench.diffusion.base import Diffusion
from bench.models.bilinear import Bilinear
from bench.models.ddpm import DDPM
from bench.models.dirac import Dirac
from bench.models.edm import EDM
from bench.models.flow import Flow
from bench.models.hopf import Hopf
from bench.models.oracle import Oracle
from bench.probes.cycle import Cycle
from bench.probes.denoising_error import DenoisingError
from bench.probes.sampler_spread import SamplerSpread
from bench.probes.spectrum import Spectrum
from bench.probes.step_radius import StepRadius
from bench.stabilizers.competitive import Competitive
from bench.stabilizers.consensus import Consensus
from bench.stabilizers.ema import EMA
from bench.stabilizers.extragradient import Extragradient
from bench.stabilizers.grad_clip import GradClip
from bench.stabilizers.lookahead import Lookahead
from bench.stabilizers.negative_momentum import NegativeMomentum
from bench.stabilizers.optimistic import Optimistic
from bench.stabilizers.r1 import R1
from bench.stabilizers.r2 import R2
from bench.stabilizers.sga import SGA
from bench.stabilizers.simultaneous import Simultaneous
from bench.theory.gaussian import denoiser_of
from bench.training.engine import Engine
from bench.training.game import Batch, Game
from tests.theory.play import machine, put, run

AT_ONCE = Simultaneous()
RULES: list[tuple[Any, ...]] = [
    (),
    (AT_ONCE,),
    (Extragradient(),),
    (Optimistic(), AT_ONCE),
    (Consensus(weight=0.7),),
    (SGA(weight=0.7),),
    (Competitive(),),
    (NegativeMomentum(beta=-0.4),),
    (NegativeMomentum(beta=-0.4), AT_ONCE),
    (Lookahead(every=4, rate=0.6),),
    (Lookahead(every=4, rate=0.6), AT_ONCE),
]


@pytest.mark.parametrize("parts", RULES, ids=lambda parts: " + ".join(type(p).__name__ for p in parts) or "in turn")
def test_the_bilinear_games_contraction_is_predicted(parts: tuple[Any, ...]) -> None:
    game, probe = (
        Bilinear(lr=0.3, scale=1.5, condition=3.0),
        StepRadius(steps=4 if len(parts) and isinstance(parts[0], Lookahead) else 1),
    )
    engine = machine(game, *parts, dim=2)
    (wanted,) = probe.predictions(engine).values()
    found = probe.measure(engine, run(engine, 8))["step_radius"]
    assert torch.allclose(found, torch.full((3,), wanted, dtype=torch.float64), rtol=1e-8)


@pytest.mark.parametrize("optimizer", ["adam", "rmsprop"])
def test_an_optimizers_second_moments_are_moved_by_less_than_they_are(optimizer: str) -> None:
    """On the bilinear game of the plane, against the derivative of the update rule as its paper writes it."""
    lr, (b1, b2), eps, steps = 0.01, (0.5, 0.9), 1e-8, 30
    engine = machine(Bilinear(lr=lr, betas=(b1, b2), optimizer=optimizer), AT_ONCE, dim=1)
    state = run(engine, steps)

    def adam(x: torch.Tensor) -> torch.Tensor:
        (a, b), m, v = x[:2], x[2:4], x[4:]
        g = torch.stack([b, -a])
        m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g * g
        ahead = m / (1 - b1 ** (steps + 1)) / ((v / (1 - b2 ** (steps + 1))).sqrt() + eps)
        return torch.cat([x[:2] - lr * ahead, m, v])

    def rmsprop(x: torch.Tensor) -> torch.Tensor:
        (a, b), v = x[:2], x[2:]
        g = torch.stack([b, -a])
        v = 0.99 * v + 0.01 * g * g
        return torch.cat([x[:2] - lr * g / (v.sqrt() + eps), v])

    names = ("m", "v") if optimizer == "adam" else (None,)
    for lane, found in enumerate(StepRadius().measure(engine, state)["step_radius"].tolist()):
        held = [torch.cat([(state.opt[p][n] if n else state.opt[p])[lane] for p in ("x", "y")]) for n in names]
        x = torch.cat([torch.cat([state.params[p][lane] for p in ("x", "y")]), *held])
        jacobian = torch.func.jacrev(adam if optimizer == "adam" else rmsprop)(x)
        assert found == pytest.approx(float(torch.linalg.eigvals(jacobian).abs().max()), rel=1e-6)


@pytest.mark.parametrize("loss", ["non_saturating", "wasserstein"])
@pytest.mark.parametrize("turns", [(), (AT_ONCE,)], ids=["in turn", "at once"])
def test_diracs_contraction_and_spectrum_at_its_equilibrium(loss: str, turns: tuple[Any, ...]) -> None:
    engine = machine(Dirac(lr=0.2, loss=loss), R1(weight=0.3), R2(weight=0.4), *turns)
    still = put(engine.init_state(), G=[[0.0]] * 3, D=[[0.0]] * 3)
    for probe in (StepRadius(), Spectrum()):
        wanted, found = probe.predictions(engine), probe.measure(engine, still)
        assert wanted
        for name, value in wanted.items():
            assert found[name].tolist() == pytest.approx([value] * 3, abs=1e-7)


def test_nothing_is_predicted_where_nothing_is_known() -> None:
    assert not StepRadius().predictions(machine(Bilinear(), GradClip()))
    assert not StepRadius().predictions(machine(Bilinear(optimizer="adam")))
    assert not StepRadius().predictions(machine(Dirac(loss="least_squares")))
    assert not StepRadius().predictions(machine(Dirac(), R1(every=2)))  # two steps of it are unlike
    assert not Cycle().predictions(machine(Hopf()))
    assert not SamplerSpread().predictions(gaussian(Oracle(of=DDPM())))  # clipped
    assert not SamplerSpread().predictions(gaussian(Oracle(of=EDM(churn=10.0))))
    ring = Engine(Oracle(), Ring(n=500).load(), [0], dtype=torch.float64)
    assert not DenoisingError().predictions(ring)


def test_the_cycle_is_reached() -> None:
    engine = machine(Hopf(mu=0.4, lr=0.2, spread=0.5), AT_ONCE)
    wanted, found = Cycle().predictions(engine), Cycle().measure(engine, run(engine, 400))
    assert wanted.keys() == found.keys()
    for name, value in wanted.items():
        assert found[name].tolist() == pytest.approx([value] * 3, rel=1e-9)


def gaussian(game: Game, *parts: Any) -> Engine:
    data = Gaussian(mean=(1.0, -1.0), covariance=((1.0, 0.5), (0.5, 2.0)), n=20_000).load()
    return Engine(game, data, [0, 1], parts, batch=64, dtype=torch.float64)


PATHS = [
    Flow(sample_steps=3),
    Flow(sample_steps=6, sampler="euler"),
    EDM(sample_steps=6),
    DDPM(clip=False, sample_steps=6),
]


@pytest.mark.parametrize("of", PATHS, ids=lambda g: f"{type(g).__name__} {g.sampler}")
def test_an_oracle_is_as_wide_as_its_sampler_makes_it(of: Any) -> None:
    """Its own offset taken away, what is left is chance: n = 40 000 points of two coordinates, four standard errors."""
    engine = gaussian(Oracle(of=of))
    state = put(engine.init_state(), net=[[0.0, 0.0]] * 2)
    probe = SamplerSpread(n=40_000)
    data = engine.data.undo(engine.x).var(0).mean() / 1.5  # the law's mean variance
    wanted = probe.predictions(engine)["sampler_spread"]
    found = probe.measure(engine, state)["sampler_spread"] * data.sqrt()
    assert found.tolist() == pytest.approx([wanted] * 2, rel=4 / sqrt(2 * 2 * 40_000) * 1.3)
    assert abs(wanted - 1) > 0.01  # there is something to be seen


@pytest.mark.parametrize("of", PATHS, ids=lambda g: f"{type(g).__name__} {g.sampler}")
def test_an_oracles_error_is_the_floor_and_the_square_of_its_offset(of: Any) -> None:
    engine, probe = gaussian(Oracle(of=of)), DenoisingError(n=40_000)
    zero = put(engine.init_state(), net=[[0.0, 0.0]] * 2)
    wanted, found = probe.predictions(engine), probe.measure(engine, zero)
    for name, floor in wanted.items():
        assert found[name].tolist() == pytest.approx([floor] * 2, rel=0.04)
    off = probe.measure(engine, put(engine.init_state(), net=[[3.0, 4.0]] * 2))
    for name, floor in wanted.items():
        assert off[name].tolist() == pytest.approx([floor + 12.5] * 2, rel=0.02)


def test_an_oracle_of_a_mixture_is_tweedies() -> None:
    engine = Engine(Oracle(of=Flow()), Ring(n=500, std=0.1).load(), [0], dtype=torch.float64)
    game, law = engine.game, engine.data.law
    assert isinstance(game, Diffusion)
    assert law is not None
    x, t = torch.randn(32, 2, dtype=torch.float64), torch.full((32,), 0.6, dtype=torch.float64)
    velocity = game.network({"net": torch.zeros(2, dtype=torch.float64)})(x, t, None)
    x0 = denoiser_of(law, x, 0.6, 0.4)
    assert torch.allclose(velocity, x0 - (x - 0.6 * x0) / 0.4, atol=1e-8)


def test_an_oracle_forgets_its_offset() -> None:
    engine = gaussian(Oracle(of=Flow(), lr=0.02, noise=1.0), EMA(decay=0.98))
    before, after = engine.init_state().params["net"].abs().mean(), run(engine, 400).params["net"].abs().mean()
    assert after < 0.2 * before


def test_an_oracle_needs_a_law_that_is_known() -> None:
    data = replace(Ring(n=500).load(), law=None)
    with pytest.raises(ValueError, match="mixture of Gaussians"):
        Engine(Oracle(), data, [0])
    assert Batch(data.x).y == ()
