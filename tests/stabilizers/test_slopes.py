"""Penalties on the critic's slope, on critics whose slope is known."""

import pytest
import torch

from bench.stabilizers.gradient_penalty import GradientPenalty
from bench.stabilizers.r1 import R1
from tests.stabilizers.contexts import W, adversarial_inputs, context, linear, rng

ZERO = torch.zeros(())


def quadratic(x):
    """½‖x‖²: the slope at x is ‖x‖."""
    return 0.5 * x.square().sum(1)


@pytest.mark.parametrize("n", [1, 4, 64])
def test_a_critic_of_unit_slope_has_no_gradient_penalty_at_any_batch_size(n):
    inputs = adversarial_inputs(n=n, critic=lambda x: linear(x) / 5)
    assert float(GradientPenalty().loss(ZERO, inputs, context())) == pytest.approx(0, abs=1e-10)


def test_the_gradient_penalty_is_each_samples_own():
    """Slopes 0 and 2 average to 1; a penalty on the batch's mean slope would be 0."""
    x = torch.tensor([[0.0, 0.0], [2.0, 0.0]])
    assert float(
        GradientPenalty(weight=3.0).loss(ZERO, adversarial_inputs(x, x, quadratic), context())
    ) == pytest.approx(3.0)


def test_r1_of_a_linear_critic():
    assert float(R1(weight=0.3).loss(ZERO, adversarial_inputs(), context())) == pytest.approx(0.3 / 2 * float(W @ W))


def test_r1_looks_at_real_samples():
    inputs = adversarial_inputs(critic=quadratic)
    expected = 0.5 * inputs.real.square().sum(1).mean()
    torch.testing.assert_close(R1().loss(ZERO, inputs, context()), expected)


@pytest.mark.parametrize("part", [R1(), GradientPenalty()])
def test_the_generator_is_not_penalised(part):
    assert float(part.loss(ZERO, adversarial_inputs(), context("G"))) == 0


@pytest.mark.parametrize("every", [2, 4, 16])
def test_lazy_regularization_has_the_same_mean(every):
    lazy = [float(R1(every=every).loss(ZERO, adversarial_inputs(), context(step=k))) for k in range(32)]
    assert sum(value != 0 for value in lazy) == 32 // every
    assert sum(lazy) / 32 == pytest.approx(float(R1().loss(ZERO, adversarial_inputs(), context())))


def test_every_zero_is_refused():
    with pytest.raises(ValueError, match="every=0"):
        R1(every=0)


def test_r1_by_finite_differences():
    a, b = rng(1).normal(2, 16).double(), rng(2).normal(16).double()
    inputs = adversarial_inputs(
        rng(3).normal(5, 2).double(), rng(4).normal(5, 2).double(), lambda x: torch.tanh(x @ a) @ b
    )
    h = 1e-6
    steps = h * torch.eye(2).double()
    slopes = [(inputs.critic(inputs.real + s) - inputs.critic(inputs.real - s)) / (2 * h) for s in steps]
    expected = 0.5 * sum(s.square() for s in slopes).mean()
    torch.testing.assert_close(R1().loss(ZERO.double(), inputs, context()), expected, rtol=1e-6, atol=0)
