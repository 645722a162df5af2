"""Draws of noise levels."""

from math import log

import pytest
import torch
from scipy import stats

from bench.diffusion.draws import DRAWS, normal
from bench.models.ddpm import DDPM
from bench.models.edm import EDM
from bench.training.rng import NoiseTape, Rng


def rng(seed=0):
    return Rng(NoiseTape([seed], torch.device("cpu"), torch.float32), 0, 0, "test", taped=False)


@pytest.mark.parametrize("draw", ["uniform", "stratified", "low_discrepancy", "antithetic"])
def test_uniform_as_a_whole(draw):
    u = torch.cat([DRAWS[draw](64, rng(seed)) for seed in range(100)])
    assert u.min() >= 0
    assert u.max() <= 1
    assert stats.kstest(u[:: 2 if draw == "antithetic" else 1].numpy(), "uniform").pvalue > 1e-3


@pytest.mark.parametrize("draw", ["stratified", "low_discrepancy"])
def test_every_stratum_gets_one(draw):
    u = DRAWS[draw](64, rng())
    assert sorted((u * 64).floor().int().tolist()) == list(range(64))


def test_antithetic_pairs_mirror():
    u = DRAWS["antithetic"](11, rng())
    torch.testing.assert_close(u[:5] + u[6:], torch.ones(5))


def test_logit_normal_is_the_sigmoid_of_a_normal():
    u = DRAWS["logit_normal"](5000, rng())
    assert stats.kstest(torch.logit(u).numpy(), "norm").pvalue > 1e-3


@pytest.mark.parametrize("draw", ["uniform", "stratified"])
def test_edm_noise_levels_are_lognormal(draw):
    game = EDM(draw=draw)
    log_sigma = game.sigma(game.times(5000, rng())).log()
    assert stats.kstest(((log_sigma + 1.2) / 1.2).numpy(), "norm").pvalue > 1e-3


def test_normal_from_the_ends_of_the_interval_is_finite():
    assert normal(lambda n, rng: torch.tensor([0.0, 1.0]), 2, rng()).isfinite().all()


def test_ddpm_draws_each_step_equally_and_never_clean_data():
    t = DDPM(timesteps=10, sample_steps=10).times(20_000, rng())
    counts = torch.bincount((t * 10).round().int(), minlength=11)
    assert counts[0] == 0
    assert stats.chisquare(counts[1:].numpy()).pvalue > 1e-3


def test_the_last_step_is_reached_when_a_draw_rounds_to_one(monkeypatch):
    monkeypatch.setitem(DRAWS, "uniform", lambda n, rng: torch.ones(n))
    assert DDPM().times(3, rng()).tolist() == [1, 1, 1]


def test_edm_t_spans_its_grid():
    game = EDM()
    assert game.level(0.002).t == pytest.approx(0)
    assert game.level(80.0).t == pytest.approx(1)
    assert log(float(game.sigma(torch.tensor(0.5)))) == pytest.approx((log(0.002) + log(80)) / 2, rel=1e-5)
