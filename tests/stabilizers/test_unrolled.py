"""Unrolling against hand-computed games."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import pytest
import torch
from torch import nn

from bench.stabilizers.unrolled import Unrolled
from bench.training.engine import Engine
from bench.training.game import Game
from bench.training.loss_inputs import AdversarialInputs
from bench.training.nets import Net
from tests.laws.cases import game, gap, points, run


class Number(nn.Module):
    def __init__(self):
        super().__init__()
        self.value = nn.Parameter(torch.full((1,), 2.0))

    def forward(self, x):
        return self.value * x


@dataclass(frozen=True, kw_only=True)
class Product(Game):
    """G minimises g·d and D minimises -g·d."""

    players: ClassVar[tuple[str, ...]] = ("G", "D")
    Inputs: ClassVar[type] = AdversarialInputs

    def make_nets(self, data):
        return {"G": Net(Number), "D": Net(Number)}

    def loss_inputs(self, player, params, batch, rng):
        one = torch.ones(1, 1)
        critic = lambda x: (params["D"] * x).sum(1)  # noqa: E731
        return AdversarialInputs(one, params["G"] * one, critic, critic, one, lambda z: params["G"] * z)

    def objective(self, player, inputs):
        return inputs.f.mean() if player == "G" else -inputs.f.mean()

    def sample(self, params, n, rng):
        return params["G"].expand(n, 1)


@pytest.mark.parametrize("steps", [0, 1, 2, 5])
def test_the_bilinear_game(steps):
    """With d_K = d + K·lr·g, G minimises g·d + K·lr·g²: its gradient is d + 2K·lr·g."""
    data = replace(points(), x=points().x[:, :1], held_out=points().held_out[:, :1])
    engine = Engine(Product(), data, [0, 1], [Unrolled(steps=steps, lr=0.25)], batch=4)
    state = engine.init_state()
    state = replace(state, params={"G": torch.tensor([[2.0], [3.0]]), "D": torch.tensor([[1.0], [-1.0]])})
    found = engine.game_gradient(state, engine.draw_batch(state), ("G", "D")).grads
    g, d = state.params["G"], state.params["D"]
    torch.testing.assert_close(found["G"], d + 2 * steps * 0.25 * g)
    torch.testing.assert_close(found["D"], -g)


def test_no_steps_change_nothing():
    plain = run(Engine(game("gan"), points(), [0, 1], batch=16), 4)
    assert gap(plain, run(Engine(game("gan"), points(), [0, 1], [Unrolled(steps=0)], batch=16), 4)) == 0
