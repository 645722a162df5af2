"""Clipping acts on each seed and on each player alone."""

from __future__ import annotations

import torch

from bench.models.bilinear import Bilinear
from bench.stabilizers.grad_clip import GradClip
from bench.stabilizers.simultaneous import Simultaneous
from tests.theory.play import machine, put


def test_grad_clip_by_seed_and_by_player() -> None:
    """g_x = s·y and g_y = -s·x, so a far x alone clips the step of y alone, in its own seed alone."""
    engine = machine(Bilinear(lr=1.0), Simultaneous(), GradClip(norm=0.5))
    x, y = [[40.0], [0.1], [0.2]], [[0.1], [-30.0], [0.3]]
    after = engine.step(put(engine.init_state(), x=x, y=y))
    torch.testing.assert_close(after.params["x"][:, 0], torch.tensor([39.9, 0.6, -0.1]).double(), rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(after.params["y"][:, 0], torch.tensor([0.6, -29.9, 0.5]).double(), rtol=1e-6, atol=1e-6)


def test_short_gradients_pass_untouched() -> None:
    plain, clipped = (machine(Bilinear(), Simultaneous(), *parts) for parts in ((), (GradClip(norm=1e3),)))
    assert torch.equal(plain.step(plain.init_state()).params["x"], clipped.step(clipped.init_state()).params["x"])


def test_a_zero_gradient_stays_zero() -> None:
    engine = machine(Bilinear(), Simultaneous(), GradClip())
    state = put(engine.init_state(), x=[[0.0]] * 3, y=[[0.0]] * 3)
    assert torch.equal(engine.step(state).params["x"], state.params["x"])


def test_an_endless_gradient_kills_its_seed() -> None:
    """Clipping hides no divergence."""
    engine = machine(Bilinear(), Simultaneous(), GradClip())
    after = engine.step(put(engine.init_state(), x=[[1.0], [1.0], [1.0]], y=[[float("inf")], [1.0], [1.0]]))
    assert after.alive.tolist() == [False, True, True]
