"""Predicted spectra and contractions against closed forms by hand, against the probes, and against games that are played."""

from __future__ import annotations

from math import pi, sqrt
from typing import Any

import pytest
import torch
from torch import Tensor

from bench.data.gaussian import Gaussian
from bench.models.dirac import Dirac
from bench.models.hopf import Hopf
from bench.probes.cycle import Cycle
from bench.probes.spectrum import Spectrum
from bench.probes.step_radius import StepRadius
from bench.stabilizers.gradient_penalty import GradientPenalty
from bench.stabilizers.instance_noise import InstanceNoise
from bench.stabilizers.r1 import R1
from bench.stabilizers.simultaneous import Simultaneous
from bench.stabilizers.unrolled import Unrolled
from bench.stabilizers.weight_clip import WeightClip
from bench.theory import dirac, hopf
from bench.training import gan_losses
from bench.training.engine import Engine
from bench.training.game import Game
from bench.training.loss_inputs import AdversarialInputs
from tests.theory.play import machine, put

NOISE, LOOK, AT_ONCE = InstanceNoise(std=1.0, until=0), Unrolled(steps=5, lr=0.2), Simultaneous()
CASES: list[Any] = [  # loss, stabilizers, trace and determinant of the field's Jacobian, by hand
    ("non_saturating", (NOISE,), 1 / 2, 1 / 4),
    ("saturating", (NOISE,), 1 / 2, 1 / 4),
    ("non_saturating", (NOISE, R1(weight=0.25)), 3 / 4, 1 / 4),
    ("wasserstein", (Unrolled(steps=5, lr=0.1),), 1.0, 1.0),  # ((2Kℓ, -1), (1, 0))
    ("non_saturating", (LOOK,), 1 / 2, 1 / 4),  # ((Kℓ/2, -1/2), (1/2, 0))
    ("non_saturating", (LOOK, R1(weight=1.0)), 0.33616 + 1, 0.33616 + 0.8**5 / 4),  # S = 3.3616
    ("relativistic", (R1(weight=0.5),), 1 / 2, 1 / 4),
    ("relativistic", (NOISE,), 1 / 2, 1 / 4),
    ("relativistic_average", (NOISE,), 1 / 2, 1.0),
    ("relativistic_least_squares", (InstanceNoise(std=0.5, until=0),), 1.0, 16.0),
    ("relativistic_hinge", (R1(weight=0.5),), 1 / 2, 4.0),
    ("hinge", (R1(weight=0.5),), 1 / 2, 1.0),
    ("hinge", (R1(weight=0.5), InstanceNoise(std=0.2, until=0)), 1 / 2, 1.0),
    # q = .9, S = 4.0951, u = ℓpS = .40951: ((u + σ²u²/4, -q⁵(1/2 + σ²u/4)), (1/2, 1/2)), and with -1/4 of saturating's G
    ("non_saturating", (LOOK, NOISE), 0.451435 + 0.5, 0.451435 / 2 + 0.59049 * 0.6023775 / 2),
    ("saturating", (LOOK, NOISE), 0.367585 + 0.5, 0.367585 / 2 + 0.59049 * 0.3976225 / 2),
]


def title(value: object) -> str | None:
    return " + ".join(type(part).__name__ for part in value) if isinstance(value, tuple) else None


def roots(trace: float, determinant: float) -> tuple[complex, complex]:
    root = complex(trace**2 / 4 - determinant) ** 0.5
    return trace / 2 + root, trace / 2 - root


def at_rest(engine: Engine, **where: list[list[float]]) -> Any:
    start = engine.init_state()
    return put(start, **{p: torch.zeros_like(v).tolist() for p, v in start.params.items()} | where)


def played(engine: Engine, steps: int, size: float = 1e-4) -> float:
    """|λ|max a step of the map by which small distances from the equilibrium grow, from three plays under one noise.

    The engine's three seeds are one; the first play starts at the equilibrium, the others to its two sides.
    """
    first, second = engine.game.players
    state = at_rest(engine, **{first: [[0.0], [size], [0.0]], second: [[0.0], [0.0], [size]]})
    for _ in range(steps):
        state = engine.step(state)
    ends = torch.cat([state.params[first], state.params[second]], 1)
    return float(torch.linalg.eigvals((ends[1:] - ends[0]).T / size).abs().max() ** (1 / steps))


@pytest.mark.parametrize("turns", [(), (AT_ONCE,)], ids=["in turn", "at once"])
@pytest.mark.parametrize(("loss", "parts", "trace", "determinant"), CASES, ids=title)
def test_dirac_predicted_probed_and_played(
    loss: str, parts: tuple[Any, ...], trace: float, determinant: float, turns: tuple[Any, ...]
) -> None:
    """A batch of 1024 bends as N(0, σ²) does up to √(2/1024) = 4%, 40 batches up to .7%."""
    lr, noisy = 0.05, any(isinstance(part, InstanceNoise) for part in parts)
    game = Dirac(loss=loss, lr=lr)
    engine = Engine(
        game, machine(game).data, [4, 4, 4], (*parts, *turns), batch=1024 if noisy else 4, dtype=torch.float64
    )
    values = roots(trace, determinant)
    spectrum = Spectrum().predictions(engine)
    assert spectrum["spectrum_min_re"] == pytest.approx(min(v.real for v in values), rel=1e-6)
    assert spectrum["spectrum_max_im"] == pytest.approx(max(abs(v.imag) for v in values), rel=1e-6, abs=1e-6)
    assert spectrum["spectrum_critical_lr"] == pytest.approx(dirac.critical_rate(values), rel=1e-6)

    radius = StepRadius().predictions(engine)["step_radius"]
    if turns:
        assert radius == pytest.approx(max(abs(1 - lr * v) for v in values), rel=1e-6)
    there = at_rest(engine)
    near = 0.12 if noisy else 1e-6
    for name, value in spectrum.items():
        assert Spectrum().measure(engine, there)[name].tolist() == pytest.approx([value] * 3, rel=near, abs=near * 1e-2)
    found = StepRadius().measure(engine, there)["step_radius"]
    assert (found.log() / torch.tensor(radius).log()).tolist() == pytest.approx([1] * 3, rel=0.12 if noisy else 1e-3)

    rate = torch.tensor(played(engine, 40), dtype=torch.float64).log() / torch.tensor(radius).log()
    assert float(rate) == pytest.approx(1, rel=0.03 if noisy else 1e-3)
    assert abs(radius - 1) > 1e-3  # there was something to be seen


@pytest.mark.parametrize("loss", sorted(dirac.LOSSES))
def test_slopes_and_bends_of_the_losses(loss: str) -> None:
    """The table by hand against the losses themselves: logits ±t of a batch of four, independent, mean 0, variance t²."""
    known, (critic, generator) = dirac.LOSSES[loss], gan_losses.pair(loss)
    signs = torch.tensor([1.0, 1.0, -1.0, -1.0]), torch.tensor([1.0, -1.0, 1.0, -1.0])

    def at(minimised: Any, r: Tensor, f: Tensor) -> float:
        judge = lambda x: x  # noqa: E731
        return float(minimised(AdversarialInputs(r.double(), f.double(), judge, judge, f, judge)))

    h, zero = 1e-3, torch.zeros(4)
    for minimised, sign, bend in ((critic, 1, known.critic), (generator, -1, known.generator)):
        slope = (at(minimised, zero, zero + h) - at(minimised, zero, zero - h)) / (2 * h)
        assert slope == pytest.approx(sign * known.pull, rel=1e-5)
        curvature = 2 * (at(minimised, h * signs[0], h * signs[1]) - at(minimised, zero, zero)) / h**2
        assert curvature == pytest.approx(bend, rel=1e-4, abs=1e-6)


def test_nothing_is_predicted_of_other_equilibria() -> None:
    for parts in ((InstanceNoise(),), (Unrolled(), Unrolled(steps=2)), (GradientPenalty(),)):
        engine = machine(Dirac(), *parts)
        assert not StepRadius().predictions(engine)
        assert not Spectrum().predictions(engine)
    spread = Engine(Dirac(), Gaussian(mean=(1.0,), covariance=((1.0,),), n=100, held_out=10).load(), [0])
    assert not Spectrum().predictions(spread)  # whose second moment bends the critic's loss too
    assert not Spectrum().predictions(machine(Dirac(loss="least_squares")))


@pytest.mark.parametrize("turns", [(), (AT_ONCE,)], ids=["in turn", "at once"])
@pytest.mark.parametrize("loss", sorted(set(dirac.LOSSES) - {"wasserstein"}))
def test_nothing_is_predicted_where_training_never_gets(loss: str, turns: tuple[Any, ...]) -> None:
    """Without damping it circles, where the field turns otherwise; with too long a step it leaves, R1 or not: γ/p² is
    the longest of both players at once (γ²/4 < p²)."""
    pull = dirac.LOSSES[loss].pull
    longest = 0.1 / pull**2
    for lr, parts, known in (
        (0.1, (), False),
        (longest * 0.9, (R1(weight=0.1),), True),
        (40, (R1(weight=0.1),), False),
    ):
        engine = machine(Dirac(loss=loss, lr=lr), *parts, *turns)
        assert bool(Spectrum().predictions(engine)) is known
        assert bool(StepRadius().predictions(engine)) is known
    if turns:
        beyond = machine(Dirac(loss=loss, lr=longest * 1.1), R1(weight=0.1), *turns)
        assert not Spectrum().predictions(beyond)


def test_a_straight_field_is_predicted_everywhere() -> None:
    engine = machine(Dirac(loss="wasserstein", lr=0.1), AT_ONCE, seeds=2)
    state = at_rest(engine, G=[[0.7], [3.0]], D=[[-0.4], [1.0]])
    for probe in (Spectrum(), StepRadius()):
        measured = probe.measure(engine, state)
        for name, value in probe.predictions(engine).items():
            assert measured[name].tolist() == pytest.approx([value] * len(measured[name]), rel=1e-5, abs=1e-6)


def test_a_kink_has_no_jacobian() -> None:
    """On f = -1 the hinge's slope jumps; beside it, it does not. A penalty's kink at no slope, and weights at their bound."""
    on, off = (
        StepRadius().measure(
            machine(Dirac(loss="hinge"), seeds=1), at_rest(machine(Dirac(), seeds=1), G=[[g]], D=[[-0.5]])
        )
        for g in (2.0, 2.1)
    )
    assert bool(on["step_radius"].isnan())
    assert bool(off["step_radius"].isfinite())
    penalised = machine(Dirac(loss="wasserstein"), GradientPenalty(weight=1.0), seeds=1)
    assert bool(StepRadius().measure(penalised, at_rest(penalised))["step_radius"].isnan())
    clipped = machine(Dirac(loss="wasserstein"), WeightClip(clip=0.1), seeds=1)
    corner = at_rest(clipped, G=[[0.0]], D=[[0.1]])
    assert bool(StepRadius().measure(clipped, corner)["step_radius"].isnan())
    inside = StepRadius().measure(clipped, at_rest(clipped, G=[[0.3]], D=[[-0.05]]))
    assert float(inside["step_radius"]) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(
    ("mu", "turns"), [(-0.3, ()), (-0.3, (AT_ONCE,)), (0.3, (AT_ONCE,))], ids=["in turn", "at once", "on the cycle"]
)
@pytest.mark.parametrize("steps", [1, 4])
def test_hopf_predicted_and_probed(mu: float, turns: tuple[Any, ...], steps: int) -> None:
    engine = machine(Hopf(mu=mu, omega=1.5, lr=0.1, spread=0.3), *turns)
    state = engine.init_state()
    for _ in range(600):
        state = engine.step(state)
    for probe in (StepRadius(steps=steps), Spectrum()):
        wanted, found = probe.predictions(engine), probe.measure(engine, state)
        assert wanted
        for name, value in wanted.items():
            assert found[name].tolist() == pytest.approx([value] * 3, rel=1e-6), name


def test_hopf_without_a_resting_place_is_not_predicted() -> None:
    for game in (Hopf(mu=0.3), Hopf(lr=0.5, omega=3.0), Hopf(mu=-30.0, lr=0.1)):
        for parts in ((), (AT_ONCE,)):
            if parts or game.mu < 10:
                engine = machine(game, *parts)
                ends = game.mu == 0.3 and bool(parts)
                assert bool(StepRadius().predictions(engine)) is ends, game
                assert bool(Spectrum().predictions(engine)) is ends, game
                assert bool(Cycle().predictions(engine)) is ends, game
    backwards, forwards = (Cycle().predictions(machine(Hopf(omega=w), AT_ONCE)) for w in (-1.0, 1.0))
    assert backwards == forwards
    assert set(Cycle().predictions(machine(Hopf(omega=0.0), AT_ONCE))) == {"cycle_radius"}


def grows(game: Game, *turns: Any, steps: int = 300) -> bool:
    """Whether a play that begins near the origin ends farther away."""
    engine = machine(game, *turns, seeds=1)
    state = start = at_rest(engine, x=[[1e-6]], y=[[0.0]])
    for _ in range(steps):
        state = engine.step(state)
    return bool(far(state) > far(start))


def far(state: Any) -> Tensor:
    return torch.cat([state.params["x"], state.params["y"]], 1).norm()


def bisect(crossed: Any, low: float, high: float, times: int) -> float:
    for _ in range(times):
        middle = (low + high) / 2
        low, high = (low, middle) if crossed(middle) else (middle, high)
    return (low + high) / 2


@pytest.mark.parametrize("turns", [(), (AT_ONCE,)], ids=["in turn", "at once"])
def test_the_bifurcation_is_where_it_is_predicted(turns: tuple[Any, ...]) -> None:
    """The μ at which the pair of eigenvalues leaves the unit circle: in closed form, to the probe, and in play."""
    omega, lr = 1.0, 0.2
    predicted = hopf.discrete_onset(omega, lr) if turns else 0.0

    def probed(mu: float) -> bool:
        engine = machine(Hopf(mu=mu, omega=omega, lr=lr), *turns, seeds=1)
        return float(StepRadius().measure(engine, at_rest(engine))["step_radius"]) > 1

    assert bisect(probed, -0.5, 0.3, 20) == pytest.approx(predicted, abs=1e-5)
    assert bisect(lambda mu: grows(Hopf(mu=mu, omega=omega, lr=lr), *turns), -0.5, 0.3, 7) == pytest.approx(
        predicted, abs=0.007
    )
    assert hopf.discrete_onset(omega, lr) == pytest.approx(-0.101, abs=1e-3)


def test_the_learning_rate_at_which_the_origin_gives_way() -> None:
    """The spectrum's critical rate at μ = -.1, ω = 1 is 2 · .1/(.01 + 1): where a play at once stops converging."""
    engine = machine(Hopf(mu=-0.1, omega=1.0), AT_ONCE, seeds=1)
    rate = float(Spectrum().measure(engine, at_rest(engine))["spectrum_critical_lr"])
    assert rate == pytest.approx(0.2 / 1.01, rel=1e-9)
    assert not grows(Hopf(mu=-0.1, omega=1.0, lr=0.97 * rate), AT_ONCE)
    assert grows(Hopf(mu=-0.1, omega=1.0, lr=1.03 * rate), AT_ONCE)


@pytest.mark.parametrize("turns", [(), (AT_ONCE,)], ids=["in turn", "at once"])
def test_the_period_at_the_bifurcation(turns: tuple[Any, ...]) -> None:
    """Revolutions of a play a little past the onset, counted over 1000 steps."""
    omega, lr = 1.0, 0.2
    onset = hopf.discrete_onset(omega, lr) if turns else 0.0
    predicted = hopf.discrete_period(omega, lr) if turns else hopf.turns_period(omega, lr)
    engine = machine(Hopf(mu=onset + 0.01, omega=omega, lr=lr), *turns, seeds=1)
    state = at_rest(engine, x=[[0.1]], y=[[0.0]])
    turned, steps = 0.0, 1000
    for _ in range(steps):
        before, state = angle(state), engine.step(state)
        turned += (angle(state) - before) % (2 * pi)
    assert steps / (turned / (2 * pi)) == pytest.approx(predicted, rel=2e-3)
    assert predicted == pytest.approx(2 * pi / (omega * lr), rel=0.02)
    assert float(far(state)) > 0.05  # a cycle, no point at rest
    assert float(far(state)) < sqrt(0.02)


def angle(state: Any) -> float:
    return float(torch.atan2(state.params["y"], state.params["x"]))
