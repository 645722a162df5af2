"""The engine against the closed forms of the bilinear game."""

from __future__ import annotations

from math import hypot

import pytest
import torch

from bench.models.bilinear import Bilinear, singular_values
from bench.stabilizers.base import Stabilizer
from bench.stabilizers.extragradient import Extragradient
from bench.stabilizers.optimistic import Optimistic
from bench.stabilizers.simultaneous import Simultaneous
from bench.theory import bilinear as theory
from tests.theory.play import distance, machine, radius, run

ETAS, SCALES = [0.05, 0.3, 0.8], [0.7, 1.5]
grid = pytest.mark.parametrize(("eta", "s"), [(eta, s) for eta in ETAS for s in SCALES])


def steps_by(eta: float, s: float, *parts: Stabilizer) -> torch.Tensor:
    """The factor of each of five successive steps [5, S]."""
    engine = machine(Bilinear(lr=eta, scale=s), *parts)
    state, factors = engine.start(), []
    for _ in range(5):
        after = engine.step(state)
        factors.append(distance(after) / distance(state))
        state = after
    return torch.stack(factors)


@grid
@pytest.mark.parametrize(
    ("part", "factor"), [(Simultaneous, theory.simultaneous), (Extragradient, theory.extragradient)]
)
def test_every_step_has_the_factor(eta: float, s: float, part: type[Stabilizer], factor: object) -> None:
    expected = torch.full((5, 3), factor(eta, s), dtype=torch.float64)  # type: ignore[operator]
    torch.testing.assert_close(steps_by(eta, s, part()), expected, rtol=1e-13, atol=0)


@grid
@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ((), theory.alternating),
        ((Simultaneous(),), theory.simultaneous),
        ((Extragradient(),), theory.extragradient),
        ((Optimistic(), Simultaneous()), theory.optimistic),
    ],
    ids=["alternating", "simultaneous", "extragradient", "optimistic"],
)
def test_spectral_radius(eta: float, s: float, parts: tuple[Stabilizer, ...], expected: object) -> None:
    engine = machine(Bilinear(lr=eta, scale=s), *parts, seeds=1)
    assert radius(engine) == pytest.approx(expected(eta, s), rel=1e-7)  # type: ignore[operator]


def test_alternating_conserves() -> None:
    """x² + y² + ηs·xy never changes (up to the order in which the players move): the orbit is a closed ellipse."""
    engine = machine(Bilinear(lr=0.5, scale=1.2))

    def energy(state: object) -> torch.Tensor:
        x, y = state.params["x"][:, 0], state.params["y"][:, 0]  # type: ignore[attr-defined]
        return x.square() + y.square() + 0.6 * x * y  # type: ignore[no-any-return]

    start = engine.start()
    torch.testing.assert_close(energy(run(engine, 400)), energy(start), rtol=1e-11, atol=0)


def test_ill_conditioned() -> None:
    """The slowest direction decides: the radius of the game is the largest over the singular values."""
    values = singular_values(4, 2.0, 10.0)
    assert values[0] == 2.0
    assert values[-1] == pytest.approx(0.2)
    engine = machine(Bilinear(lr=0.3, scale=2.0, condition=10.0), Extragradient(), dim=4, seeds=1)
    assert radius(engine) == pytest.approx(max(theory.extragradient(0.3, s) for s in values), rel=1e-9)


def test_extragradient_equals_proximal_to_second_order() -> None:
    """The factor of extragradient differs from that of the proximal point 1/√(1 + η²s²) by O(η⁴)."""
    for eta in (0.1, 0.05):
        assert abs(theory.extragradient(eta, 1.0) - 1 / hypot(1, eta)) < eta**4
