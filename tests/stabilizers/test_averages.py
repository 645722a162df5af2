"""Averages of weights against their closed forms."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from bench.stabilizers.ema import EMA
from bench.stabilizers.half_life_ema import HalfLifeEMA
from bench.stabilizers.power_ema import PowerEMA
from bench.stabilizers.swa import SWA
from bench.training.engine import Engine
from tests.laws.cases import game, points
from tests.stabilizers.contexts import context, rng

THETAS = rng(2).normal(30, 3).double()


def average(part, thetas=THETAS):
    """What is served after the weights have been thetas[1], thetas[2], … from thetas[0]."""
    memory = part.init_memory(None, {"D": thetas[0]})
    for k, theta in enumerate(thetas[1:]):
        memory = part.update_memory(memory, {"D": theta}, context(step=k))
    return part.eval_params({"D": thetas[-1]}, replace(context(step=len(thetas) - 1), memory=memory))["D"]


def test_a_fixed_decay():
    shares = 0.1 * 0.9 ** np.arange(29)[::-1]
    expected = 0.9**29 * THETAS[0] + torch.from_numpy(shares) @ THETAS[1:]
    torch.testing.assert_close(average(EMA(decay=0.9)), expected)


def test_half_of_the_average_is_younger_than_the_half_life():
    """Weights that jump from 0 to 1 are half-way there after a half-life."""
    jump = torch.ones(11, 1).double()
    jump[0] = 0
    torch.testing.assert_close(average(HalfLifeEMA(half_life=10.0, ramp=0.0), jump), torch.tensor([0.5]).double())


def test_the_ramp_shortens_the_half_life_at_the_start():
    """At step k the half-life is ramp · k, so the first weights keep the share 2^(-Σ 1/(ramp k)), k = 1 … 29."""
    found = average(HalfLifeEMA(half_life=1e9, ramp=2.0), torch.eye(30).double())
    assert float(found[0]) == pytest.approx(0.5 ** sum(1 / (2 * k) for k in range(1, 30)))
    assert float(found.sum()) == pytest.approx(1)


def test_the_profile_is_a_power():
    """The share of step k is (k/n)^γ, as a difference of (k/n)^(γ+1)."""
    part = PowerEMA(sigma_rel=0.15)
    shares = np.diff((np.arange(30) / 29) ** (part.gamma + 1))
    found = average(part, torch.eye(30).double())
    # β_k = (1 - 1/k)^(γ+1) gives step k the share (1 - β_k) Π_{i>k} β_i = (k^(γ+1) - (k-1)^(γ+1)) / n^(γ+1)
    torch.testing.assert_close(found[1:], torch.from_numpy(shares), rtol=1e-5, atol=1e-9)
    assert float(found[0]) == 0


@pytest.mark.parametrize(("sigma_rel", "gamma"), [(0.05, 16.97), (0.1, 6.94)])
def test_gamma_of_the_paper(sigma_rel, gamma):
    assert PowerEMA(sigma_rel=sigma_rel).gamma == pytest.approx(gamma, abs=0.01)


@pytest.mark.parametrize("sigma_rel", [0.05, 0.1, 0.2])
def test_the_width_of_the_profile(sigma_rel):
    gamma = PowerEMA(sigma_rel=sigma_rel).gamma
    assert ((gamma + 1) / ((gamma + 2) ** 2 * (gamma + 3))) ** 0.5 == pytest.approx(sigma_rel)


def test_swa_is_the_mean_of_what_is_due():
    torch.testing.assert_close(average(SWA(start=5, every=4)), THETAS[5::4].mean(0))
    torch.testing.assert_close(average(SWA(start=1)), THETAS[1:].mean(0))
    torch.testing.assert_close(average(SWA(start=100)), THETAS[-1])


def test_averages_are_judged_and_not_trained_on():
    plain, averaged = (Engine(game("gan"), points(), [0, 1], parts, batch=16) for parts in ((), (SWA(),)))
    a, b = plain.init_state(), averaged.init_state()
    for _ in range(3):
        a, b = plain.step(a), averaged.step(b)
    assert torch.equal(a.params["G"], b.params["G"])
    assert not torch.equal(plain.sample(a, 8), averaged.sample(b, 8))
