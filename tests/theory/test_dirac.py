"""The engine and the spectrum probe against the closed forms of the Dirac-GAN."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
import torch

from bench.models.dirac import Dirac
from bench.probes.spectrum import Spectrum
from bench.stabilizers.gradient_penalty import GradientPenalty
from bench.stabilizers.r1 import R1
from bench.stabilizers.simultaneous import Simultaneous
from bench.theory import dirac as theory
from bench.training.engine import Engine
from bench.training.hooks import Stabilizer, StepContext
from bench.training.loss_inputs import AdversarialInputs
from bench.training.state import State
from tests.theory.play import distance, machine, put, run

LOGISTIC = {"pull": 0.5, "bend": -0.25}


@dataclass(frozen=True)
class TwoPoints(Stabilizer):
    """Instance noise of ±sigma, half of the batch each: to second order, which is all that J sees, N(0, sigma²)."""

    sigma: float

    def loss_inputs(self, inputs: AdversarialInputs, at: StepContext) -> AdversarialInputs:
        half = len(inputs.real) // 2
        noise = self.sigma * torch.cat([inputs.real.new_ones(half, 1), -inputs.real.new_ones(half, 1)])
        return replace(inputs, real=inputs.real + noise, fake=inputs.fake + noise)


def at_origin(engine: Engine) -> State:
    return put(engine.init_state(), G=[[0.0]], D=[[0.0]])


def eigenvalues(*parts: Stabilizer, loss: str = "non_saturating") -> list[complex]:
    engine = machine(Dirac(loss=loss), *parts, seeds=1)
    found: list[complex] = Spectrum().eigenvalues(engine, at_origin(engine))[0].tolist()
    return sorted(found, key=lambda e: (round(e.real, 9), e.imag))


def same(found: list[complex], expected: tuple[complex, ...]) -> bool:
    ordered = sorted(expected, key=lambda e: (round(e.real, 9), e.imag))
    return all(a == pytest.approx(b, abs=1e-7) for a, b in zip(found, ordered, strict=True))


@pytest.mark.parametrize("turns", [True, False], ids=["in turn", "at once"])
@pytest.mark.parametrize(
    ("loss", "parts", "field"),
    [
        ("saturating", (), theory.saturating),
        ("non_saturating", (), theory.non_saturating),
        ("wasserstein", (), theory.wasserstein),
        ("non_saturating", (R1(weight=0.7),), theory.r1(theory.non_saturating, 0.7)),
        ("wasserstein", (GradientPenalty(weight=0.3),), theory.gradient_penalty(theory.wasserstein, 0.3)),
    ],
)
def test_trajectory(loss: str, parts: tuple[Stabilizer, ...], field: theory.Field, turns: bool) -> None:
    """Forty steps, point by point."""
    engine = machine(Dirac(loss=loss, lr=0.2), *parts, *(() if turns else (Simultaneous(),)), seeds=1)
    state = put(engine.init_state(), G=[[0.9]], D=[[0.4]])
    for theta, psi in theory.walk(field, 0.9, 0.4, 0.2, 40, turns=turns):
        assert float(state.params["G"]) == pytest.approx(theta, abs=1e-12)
        assert float(state.params["D"]) == pytest.approx(psi, abs=1e-12)
        state = engine.step(state)


def test_eigenvalues_at_the_equilibrium() -> None:
    for loss in ("saturating", "non_saturating"):
        assert same(eigenvalues(loss=loss), theory.plain_eigenvalues(0.5))
    assert same(eigenvalues(loss="wasserstein"), theory.plain_eigenvalues(1.0))


@pytest.mark.parametrize("weight", [0.3, 1.0, 2.5])
def test_eigenvalues_of_r1(weight: float) -> None:
    """A double root at the critical weight 1, complex below, real above."""
    assert same(eigenvalues(R1(weight=weight)), theory.r1_eigenvalues(0.5, weight))
    assert theory.critical_weight(0.5) == 1.0


@pytest.mark.parametrize("sigma", [0.5, 1.0, 2.0])
def test_eigenvalues_of_instance_noise(sigma: float) -> None:
    assert same(eigenvalues(TwoPoints(sigma)), theory.noise_eigenvalues(0.5, -0.25, sigma))


def test_critical_learning_rate() -> None:
    """Just below it the engine converges to the equilibrium and just above it leaves; the probe reports it."""
    critical = theory.critical_rate(theory.r1_eigenvalues(0.5, 0.3))
    assert critical == pytest.approx(0.3 / 0.25)  # 2 Re λ/|λ|² = γ/f'(0)²
    for lr, converges in ((0.9 * critical, True), (1.1 * critical, False)):
        engine = machine(Dirac(lr=lr), R1(weight=0.3), Simultaneous())
        start = put(engine.init_state(), G=[[1e-3]] * 3, D=[[0.0]] * 3)
        shrunk = distance(run(engine, 120, start)) < distance(start)
        assert bool(shrunk.all()) is converges
        assert bool(shrunk.any()) is converges
    engine = machine(Dirac(), R1(weight=0.3), seeds=1)
    found = Spectrum().measure(engine, at_origin(engine))
    assert float(found["spectrum_critical_lr"]) == pytest.approx(critical, rel=1e-6)
    assert float(found["spectrum_min_re"]) == pytest.approx(0.15, rel=1e-6)
    assert float(found["spectrum_max_im"]) == pytest.approx((0.25 - 0.15**2) ** 0.5, rel=1e-6)


def test_the_plain_game_has_no_stable_learning_rate() -> None:
    assert theory.critical_rate(theory.plain_eigenvalues(0.5)) == 0
    engine = machine(Dirac(), seeds=1)
    found = Spectrum().measure(engine, at_origin(engine))
    assert abs(float(found["spectrum_critical_lr"])) < 1e-9
