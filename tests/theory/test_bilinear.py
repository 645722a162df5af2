"""The engine against the closed forms of the bilinear game."""

from __future__ import annotations

from functools import partial
from math import hypot

import pytest
import torch

from bench.models.bilinear import Bilinear, singular_values
from bench.stabilizers.competitive import Competitive
from bench.stabilizers.consensus import Consensus
from bench.stabilizers.extragradient import Extragradient
from bench.stabilizers.lookahead import Lookahead
from bench.stabilizers.negative_momentum import NegativeMomentum
from bench.stabilizers.optimistic import Optimistic
from bench.stabilizers.sga import SGA
from bench.stabilizers.simultaneous import Simultaneous
from bench.theory import bilinear as theory
from bench.training.hooks import Stabilizer
from tests.theory.play import distance, machine, radius, run

ETAS, SCALES = [0.05, 0.3, 0.8], [0.7, 1.5]
grid = pytest.mark.parametrize(("eta", "s"), [(eta, s) for eta in ETAS for s in SCALES])


def steps_by(eta: float, s: float, *parts: Stabilizer) -> torch.Tensor:
    """The factor of each of five successive steps [5, S]."""
    engine = machine(Bilinear(lr=eta, scale=s), *parts)
    state, factors = engine.init_state(), []
    for _ in range(5):
        after = engine.step(state)
        factors.append(distance(after) / distance(state))
        state = after
    return torch.stack(factors)


@grid
@pytest.mark.parametrize(
    ("part", "factor"),
    [
        (Simultaneous, theory.simultaneous),
        (Extragradient, theory.extragradient),
        (Competitive, theory.competitive),
        (partial(Consensus, weight=0.6), partial(theory.consensus, weight=0.6)),
        (partial(SGA, weight=0.6), partial(theory.consensus, weight=0.6)),
    ],
    ids=["simultaneous", "extragradient", "competitive", "consensus", "sga"],
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
        ((Competitive(),), theory.competitive),
        ((Consensus(weight=0.6),), partial(theory.consensus, weight=0.6)),
        ((SGA(weight=0.6, align=False),), partial(theory.consensus, weight=0.6)),
        ((NegativeMomentum(beta=-0.5), Simultaneous()), partial(theory.momentum_simultaneous, beta=-0.5)),
        ((NegativeMomentum(beta=-0.5),), partial(theory.momentum_alternating, beta=-0.5)),
    ],
    ids=[
        "alternating",
        "simultaneous",
        "extragradient",
        "optimistic",
        "competitive",
        "consensus",
        "sga",
        "momentum at once",
        "momentum in turn",
    ],
)
def test_spectral_radius(eta: float, s: float, parts: tuple[Stabilizer, ...], expected: object) -> None:
    engine = machine(Bilinear(lr=eta, scale=s), *parts, seeds=1)
    assert radius(engine) == pytest.approx(expected(eta, s), rel=1e-7)  # type: ignore[operator]


@grid
@pytest.mark.parametrize("turns", [True, False], ids=["in turn", "at once"])
def test_lookahead(eta: float, s: float, turns: bool) -> None:
    """Of five steps together; the slow weights are those of the last meeting."""
    parts = () if turns else (Simultaneous(),)
    engine = machine(Bilinear(lr=eta, scale=s), *parts, Lookahead(every=5, rate=0.5), seeds=1)
    assert radius(engine, steps=5) == pytest.approx(theory.lookahead(eta, s, 5, 0.5, turns=turns), rel=1e-9)


def test_lookahead_from_the_start() -> None:
    """After five steps the weights lie halfway between the start and five plain steps; nothing happens before."""
    plain, looking = (machine(Bilinear(lr=0.3), *parts) for parts in ((), (Lookahead(),)))
    start = plain.init_state()
    assert torch.equal(run(plain, 4).params["x"], run(looking, 4).params["x"])
    for p in ("x", "y"):
        halfway = (start.params[p] + run(plain, 5).params[p]) / 2
        torch.testing.assert_close(run(looking, 5).params[p], halfway, rtol=1e-14, atol=1e-14)


@pytest.mark.parametrize("eta", [0.1, 0.3])
def test_which_rules_converge(eta: float) -> None:
    """What the papers promise of their rules on the bilinear game, said by the closed forms themselves."""
    assert theory.simultaneous(eta, 1) > 1
    assert theory.alternating(eta, 1) == pytest.approx(1, abs=1e-12)
    assert theory.momentum_simultaneous(eta, 1, -0.5) > 1
    assert theory.momentum_alternating(eta, 1, -0.5) < 1
    for rule in (theory.extragradient, theory.optimistic, theory.competitive):
        assert rule(eta, 1) < 1
    assert theory.consensus(eta, 1, 1.0) < 1
    assert theory.optimistic(1 / 3**0.5, 1) == pytest.approx(1)


def test_alternating_conserves() -> None:
    """x² + y² + ηs·xy never changes (up to the order in which the players move): the orbit is a closed ellipse."""
    engine = machine(Bilinear(lr=0.5, scale=1.2))

    def energy(state: object) -> torch.Tensor:
        x, y = state.params["x"][:, 0], state.params["y"][:, 0]  # type: ignore[attr-defined]
        return x.square() + y.square() + 0.6 * x * y  # type: ignore[no-any-return]

    start = engine.init_state()
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
