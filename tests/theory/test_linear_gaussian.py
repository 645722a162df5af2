"""The linear-Gaussian GAN against its field in expectation, its spectrum and its best critic."""

from __future__ import annotations

from dataclasses import replace
from math import log

import pytest
import torch
from torch import Tensor

from bench.data.gaussian import Gaussian
from bench.models.linear_gaussian import LinearGaussian
from bench.probes.spectrum import Spectrum
from bench.theory import linear_gaussian as theory
from bench.training.engine import Engine
from bench.training.state import State

MEAN = torch.tensor([0.5, -0.3]).double()
COVARIANCE = torch.tensor([[1.0, 0.3], [0.3, 0.5]]).double()
G = theory.Generator(torch.tensor([[0.8, 0.1], [-0.4, 1.1]]).double(), torch.tensor([0.2, 0.4]).double())


def engine(loss: str, seeds: int) -> Engine:
    data = Gaussian(mean=tuple(MEAN.tolist()), covariance=tuple(map(tuple, COVARIANCE.tolist()))).load()
    game = LinearGaussian(loss=loss)
    return Engine(game, data, list(range(seeds)), batch=4096, dtype=torch.float64)


def put(machine: Engine, g: theory.Generator, critic: theory.Critic) -> State:
    state = machine.init_state()
    parts = {"G": [g.matrix, g.shift], "D": [critic.matrix, critic.slope, critic.constant]}
    params = {
        p: torch.cat([v.flatten() for v in tensors]).expand(len(machine.seeds), -1) for p, tensors in parts.items()
    }
    return replace(state, params=params)


def fields(machine: Engine, state: State) -> dict[str, Tensor]:
    return machine.game_gradient(state, machine.draw_batch(state), ("G", "D")).grads


def agrees(found: Tensor, expected: Tensor) -> bool:
    """The mean over seeds [S, P] is within five standard errors of what is expected [P], plus rounding."""
    error = found.std(0) / len(found) ** 0.5
    return bool(((found.mean(0) - expected).abs() <= 5 * error + 1e-12).all())


def test_the_expected_field() -> None:
    critic = theory.Critic(
        torch.tensor([[0.2, -0.5], [0.1, 0.4]]).double(), torch.tensor([0.7, -0.2]).double(), torch.tensor(0.3).double()
    )
    machine = engine("wasserstein", 64)
    found = fields(machine, put(machine, G, critic))
    v_g, v_d = theory.wasserstein_field(G, critic, MEAN, COVARIANCE)
    assert agrees(found["G"], torch.cat([v.flatten() for v in v_g]))
    assert agrees(found["D"], torch.cat([v.flatten() for v in v_d]))
    wrong, _ = theory.wasserstein_field(G, critic, MEAN, COVARIANCE)
    assert not agrees(found["G"], 1.05 * torch.cat([v.flatten() for v in wrong]))  # the test can tell five per cent


def test_the_best_critic_has_no_gradient() -> None:
    machine = engine("non_saturating", 64)
    best = theory.best_critic(MEAN, COVARIANCE, G)
    assert agrees(fields(machine, put(machine, G, best))["D"], torch.zeros(7).double())
    other = best._replace(slope=best.slope + 0.05)
    assert not agrees(fields(machine, put(machine, G, other))["D"], torch.zeros(7).double())


def test_loss_at_the_equilibrium() -> None:
    machine = engine("non_saturating", 2)
    equal = theory.Generator(torch.linalg.cholesky(COVARIANCE), MEAN)
    best = theory.best_critic(MEAN, COVARIANCE, equal)
    state = put(machine, equal, best)
    losses = machine.game_gradient(state, machine.draw_batch(state), ("D",)).losses["D"]
    assert losses.tolist() == pytest.approx([2 * log(2)] * 2, abs=1e-9)
    assert theory.equilibrium_loss() == 2 * log(2)


def test_spectrum_at_the_equilibrium() -> None:
    """On data and noise whose sample moments differ from the law's, so within what a batch can tell."""
    data = Gaussian(mean=(0.0,), covariance=((2.25,),)).load()
    machine = Engine(LinearGaussian(), data, [0, 1], batch=65_536, dtype=torch.float64)
    equal = theory.Generator(torch.tensor([[1.5]]).double(), torch.zeros(1).double())
    nothing = theory.Critic(torch.zeros(1, 1).double(), torch.zeros(1).double(), torch.zeros(()).double())
    found = Spectrum().eigenvalues(machine, put(machine, equal, nothing))
    expected = sorted(theory.wasserstein_eigenvalues(1.5), key=lambda e: e.imag)
    for row in found:
        mine = sorted(row.tolist(), key=lambda e: e.imag)
        assert mine == pytest.approx(expected, abs=0.1)
