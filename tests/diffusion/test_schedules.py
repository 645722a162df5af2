"""Schedules against their closed forms."""

import numpy as np
import pytest
import torch

from bench.diffusion.schedules import LARGEST_BETA, SCHEDULES, look_up, table


@pytest.mark.parametrize("steps", [250, 1000, 4000])
def test_linear_is_the_product_of_its_betas(steps):
    alpha, _ = table("linear", steps, False)
    betas = np.linspace(1e-4, 2e-2, steps) * 1000 / steps
    assert alpha[0] == 1
    np.testing.assert_allclose(alpha[1:] ** 2, np.cumprod(1 - betas), rtol=1e-11)


def test_linear_destroys_as_much_for_any_number_of_steps():
    ends = [2 * np.log(table("linear", steps, False)[0, -1]) for steps in (250, 1000, 4000)]
    np.testing.assert_allclose(ends, -1000 * (1e-4 + 2e-2) / 2, rtol=0.04)  # log ᾱ_T → -∫β


def test_cosine_is_its_closed_form_until_the_clip():
    t, s = np.arange(1001) / 1000, 0.008
    closed = np.cos(np.pi / 2 * (t + s) / (1 + s)) ** 2 / np.cos(np.pi / 2 * s / (1 + s)) ** 2
    alpha, _ = table("cosine", 1000, False)
    np.testing.assert_allclose(alpha[:-1] ** 2, closed[:-1], rtol=1e-9)
    np.testing.assert_allclose((alpha[-1] / alpha[-2]) ** 2, 1 - LARGEST_BETA, rtol=1e-9)


def test_sigmoid_is_symmetric_about_the_middle():
    signal = table("sigmoid", 1000, False)[0] ** 2
    np.testing.assert_allclose(signal[1:-1] + signal[-2:0:-1], 1, atol=1e-12)  # S(-x) = 1 - S(x)


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("zero_snr", [False, True])
def test_variance_is_preserved_and_signal_only_falls(schedule, zero_snr):
    alpha, sigma = table(schedule, 1000, zero_snr)
    np.testing.assert_allclose(alpha**2 + sigma**2, 1, rtol=1e-12)
    assert (np.diff(alpha) < 0).all()
    assert sigma[0] == 0


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_zero_terminal_snr_keeps_the_first_step_and_ends_in_noise(schedule):
    plain, rescaled = table(schedule, 1000, False)[0], table(schedule, 1000, True)[0]
    assert rescaled[-1] == 0
    np.testing.assert_allclose(rescaled[1], plain[1], rtol=1e-12)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_every_step_is_found_again_from_its_t(dtype):
    t = torch.arange(1001, dtype=dtype) / 1000
    alpha, sigma = look_up("linear", 1000, False, t)
    expected = torch.as_tensor(table("linear", 1000, False), dtype=dtype)
    assert alpha.dtype == dtype
    assert torch.equal(torch.stack([alpha, sigma]), expected)


def test_a_table_first_seen_inside_a_gradient_serves_outside():
    def value(x):
        return (look_up("linear", 777, False, x)[0] * x).sum()

    x = torch.rand(5)
    inside = torch.func.grad(value)(x)
    assert torch.equal(inside, look_up("linear", 777, False, x)[0])
    assert torch.equal(torch.func.vmap(lambda x: look_up("linear", 777, False, x)[0])(x[None])[0], inside)
