"""The Hopf game against the circle it must end on."""

from __future__ import annotations

from math import pi

import pytest
import torch

from bench.models.hopf import Hopf
from bench.probes.spectrum import Spectrum
from bench.stabilizers.simultaneous import Simultaneous
from bench.theory import hopf as theory
from tests.theory.play import distance, joined, machine, put, run


@pytest.mark.parametrize(("mu", "omega", "eta"), [(0.5, 1.0, 0.1), (0.8, 3.0, 0.05), (-0.1, 1.0, 0.5)])
def test_cycle(mu: float, omega: float, eta: float) -> None:
    """From three starts near by (a far one overshoots and diverges): one radius, one angle a step.

    The last set has a cycle that continuous time does not have.
    """
    assert theory.is_attracting(mu, omega, eta)
    engine = machine(Hopf(mu=mu, omega=omega, lr=eta, spread=0.4), Simultaneous())
    state = run(engine, 500)
    radius = torch.full((3,), theory.discrete_radius(mu, omega, eta), dtype=torch.float64)
    torch.testing.assert_close(distance(state), radius, rtol=1e-6, atol=0)
    turn = torch.atan2(*joined(engine.step(state)).flip(1).unbind(1)) - torch.atan2(*joined(state).flip(1).unbind(1))
    angle = torch.full((3,), 2 * pi / theory.discrete_period(omega, eta), dtype=torch.float64)
    torch.testing.assert_close(turn % (2 * pi), angle, rtol=1e-6, atol=0)


def test_small_steps_are_continuous_time() -> None:
    for eta in (0.02, 0.01):
        assert theory.discrete_radius(0.5, 1.0, eta) == pytest.approx(theory.cycle_radius(0.5), rel=eta)
        assert eta * theory.discrete_period(1.0, eta) == pytest.approx(theory.cycle_period(1.0), rel=eta**2)


def test_onset() -> None:
    """Just below the discrete onset the origin attracts, just above it repels."""
    onset = theory.discrete_onset(1.0, 0.2)
    for mu, grows in ((onset - 0.02, False), (onset + 0.02, True)):
        engine = machine(Hopf(mu=mu, omega=1.0, lr=0.2), Simultaneous(), seeds=1)
        start = put(engine.init_state(), x=[[1e-4]], y=[[0.0]])
        assert bool(distance(run(engine, 200, start)) > distance(start)) is grows


def test_eigenvalues_at_the_origin() -> None:
    engine = machine(Hopf(mu=0.3, omega=2.0), seeds=1)
    found = Spectrum().eigenvalues(engine, put(engine.init_state(), x=[[0.0]], y=[[0.0]]))[0].tolist()
    expected = theory.eigenvalues(0.3, 2.0)
    assert sorted(found, key=lambda e: e.imag) == pytest.approx(sorted(expected, key=lambda e: e.imag), abs=1e-12)
