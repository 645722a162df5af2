"""AdamW against torch, Muon's directions, schedule-free averages by hand, β₂ on its way."""

from __future__ import annotations

from math import cos, pi
from typing import Any

import pytest
import torch
from torch import Tensor

from bench.architectures.mlp import MLP
from bench.models.gan import GAN
from bench.stabilizers.beta2_schedule import Beta2Schedule
from bench.stabilizers.schedule_free import ScheduleFree
from bench.training import optimizers
from bench.training.engine import Engine
from bench.training.nets import Net
from bench.training.optimizers import Optimizer, orthogonal
from tests.laws.cases import points, run
from tests.training.test_optimizers import deltas, noise


def walked(transform: Optimizer, grads: list[Tensor], theta: Tensor) -> Tensor:
    """Where an optimizer gets from theta on these gradients."""
    memory = transform.init(theta)
    for grad in grads:
        delta, memory = transform.update(grad, memory, theta)
        theta = theta + delta
    return theta


def test_adamw_is_torchs() -> None:
    grads, start = noise(20), torch.linspace(-1, 1, 6, dtype=torch.float64)
    theta = start.clone().requires_grad_()
    other = torch.optim.AdamW([theta], lr=0.05, betas=(0.8, 0.95))
    for grad in grads:
        theta.grad = grad.clone()
        other.step()
    mine = walked(optimizers.adamw(0.05, (0.8, 0.95)), grads, start)
    torch.testing.assert_close(mine, theta.detach(), rtol=1e-12, atol=1e-14)


def test_newton_schulz_keeps_singular_vectors_and_evens_singular_values() -> None:
    matrix = torch.randn(12, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    u, _, vh = torch.linalg.svd(matrix, full_matrices=False)
    turned = orthogonal(matrix)
    inside = u.T @ turned @ vh.T
    assert (inside - inside.diag().diag()).abs().max() < 1e-9
    assert ((inside.diag() > 0.5) & (inside.diag() < 1.5)).all()
    torch.testing.assert_close(orthogonal(matrix.T), turned.T)
    flat = matrix @ torch.diag(torch.tensor([1, 1e-3, 1, 1, 1], dtype=torch.float64))
    assert torch.linalg.svdvals(orthogonal(flat, rounds=9)).min() > 0.5 > 0.1 > torch.linalg.svdvals(flat).min()


def test_muon_turns_hidden_matrices_and_leaves_the_rest_to_adamw() -> None:
    net = Net(MLP(width=8, depth=3).critic, shape=(2,))
    theta, grad = net.init(0).double(), torch.randn(net.size, dtype=torch.float64)
    made = optimizers.of_word("muon", 0.1, (0.9, 0.999), net)
    delta, memory = made.update(grad, made.init(theta), theta)
    plain = deltas_from(optimizers.adamw(0.1), grad, theta)
    mine, before, weights = net.unravel(delta), net.unravel(plain), net.unravel(theta)
    hidden = [name for name, shape in net.shapes.items() if shape == (8, 8)]
    assert len(hidden) == 2
    for name in net.shapes:
        if name in hidden:
            step = -(mine[name] + 0.1 * 0.01 * weights[name]) / (0.1 * 0.2 * 8**0.5)
            values = torch.linalg.svdvals(step)
            assert 0.1 < values.min() < values.max() < 1.3
            assert (step * net.unravel(grad)[name]).sum() > 0
        else:
            assert torch.equal(mine[name], before[name])
    assert set(memory["m"]) == set(hidden)


def deltas_from(transform: Optimizer, grad: Tensor, theta: Tensor) -> Tensor:
    delta: Tensor = transform.update(grad, transform.init(theta), theta)[0]
    return delta


def test_muon_needs_a_hidden_matrix() -> None:
    with pytest.raises(ValueError, match="this one has none"):
        Engine(GAN(width=8, depth=1, optimizer="muon"), points(), [0], batch=8)


@pytest.mark.parametrize("word", ["adamw", "muon"])
def test_they_train(word: Any) -> None:
    state = run(Engine(GAN(width=8, depth=2, optimizer=word), points(), [0, 1], batch=16, mapping="vmap"), 5)
    assert state.alive.all()


def test_schedule_free_by_hand() -> None:
    """Three steps of gradient descent at a rate of .1 on x²/2 · 3, from 1."""
    part, beta, rate = ScheduleFree(beta=0.6), 0.6, 0.1
    inner = part.optimizer(optimizers.sgd(rate), "x")
    theta = torch.ones(1, dtype=torch.float64)
    memory, kept = inner.init(theta), theta.clone()
    z = x = y = 1.0
    for t in range(1, 4):
        delta, memory = inner.update(3 * theta, memory, theta)
        theta = theta + delta
        z = z - rate * 3 * y
        x = x + (z - x) / t
        y = (1 - beta) * z + beta * x
        assert theta.item() == pytest.approx(y, rel=1e-12)
        kept, found = part.settled(theta, kept, torch.tensor(t))
        assert (kept.item(), found.item()) == pytest.approx((x, z), rel=1e-12)


def test_schedule_free_serves_the_mean_of_what_moved() -> None:
    """Through the engine: the evaluated weights are the plain mean of z, which follows from y."""
    part = ScheduleFree(beta=0.5)
    engine = Engine(GAN(width=8, depth=1, betas=(0, 0.99)), points(), [0], [part], batch=8, dtype=torch.float64)
    state = engine.init_state()
    for _ in range(5):
        state = engine.step(state)
    x, y = state.memory[0]["G"], state.params["G"]
    z = 2 * y - x
    assert not torch.equal(x, y)
    before = engine.init_state().params["G"]
    assert (x - before).norm() < (z - before).norm()
    inner = state.opt["G"]
    torch.testing.assert_close(part.settled(y[0], inner["x"][0], inner["t"][0])[0], x[0], rtol=1e-12, atol=1e-14)


def test_a_constant_schedule_of_beta2_is_adam_and_another_is_not() -> None:
    grads = noise(8)
    plain = deltas(optimizers.adam(0.1, (0.5, 0.9)), grads)
    same = deltas(Beta2Schedule(0.9, 0.9).optimizer(optimizers.adam(0.1, (0.5, 0.999)), "x"), grads)
    torch.testing.assert_close(torch.stack(same), torch.stack(plain), rtol=1e-12, atol=1e-14)
    moving = deltas(Beta2Schedule(0.5, 0.9, steps=4).optimizer(optimizers.adam(0.1, (0.0, 0.999)), "x"), grads)
    v, beta = torch.zeros(6, dtype=torch.float64), 0.0
    for t, (grad, delta) in enumerate(zip(grads, moving, strict=True)):
        beta = 0.9 - 0.4 * 0.5 * (1 + cos(pi * min(1, t / 4)))
        v = beta * v + (1 - beta) * grad**2
        torch.testing.assert_close(delta, -0.1 * grad / ((v / (1 - beta ** (t + 1))).sqrt() + 1e-8))
    with pytest.raises(ValueError, match="left of whatever else"):
        Beta2Schedule().optimizer(optimizers.sgd(0.1), "x")
