"""Layers that keep magnitudes (Karras et al. 2024): unit variance through each of them, and weights' size is nothing."""

from __future__ import annotations

import pytest
import torch

from bench.architectures._magnitude import Attention, Block, Denoiser, Layer, joined, mixed, silu, unit
from bench.architectures.unet import UNet
from bench.models.edm import EDM
from bench.training.engine import Engine
from tests.laws.cases import images, run


def noise(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("width", [16, 64])
@pytest.mark.parametrize("side", [0, 1, 3])
def test_a_layer_keeps_unit_variance_whatever_its_weights_size(width: int, side: int) -> None:
    torch.manual_seed(5)
    layer = Layer(width, 64, side).requires_grad_(False)
    x = noise(64, width, *[16] * (2 * bool(side)))
    before = layer(x)
    inside = before[..., 1:-1, 1:-1] if side else before
    assert inside.std().item() == pytest.approx(1, abs=0.1)
    layer.weight.mul_(100)
    torch.testing.assert_close(layer(x), before, rtol=1e-3, atol=1e-4)


def test_what_is_joined_mixed_and_activated_keeps_its_magnitude() -> None:
    a, b = noise(500, 8, 4, 4), noise(500, 24, 4, 4).flip(0)
    both = joined(a, b)
    assert both.square().mean().item() == pytest.approx(1, abs=0.02)
    assert both[:, :8].square().sum() / both.square().sum() == pytest.approx(0.5, abs=0.01)
    assert mixed(a, a.flip(0), 0.3).std().item() == pytest.approx(1, abs=0.02)
    assert silu(a).square().mean().item() == pytest.approx(1, abs=0.02)
    torch.testing.assert_close(unit(5 * a, (1,)).square().mean(1), torch.ones(500, 4, 4))


def test_blocks_keep_magnitudes() -> None:
    torch.manual_seed(1)
    x, c = noise(32, 32, 8, 8), noise(32, 16)
    for block in (Block(32, 32, 16, None, downward=True), Block(32, 48, 16, None, downward=False)):
        assert block(x, c).std().item() == pytest.approx(1, abs=0.15)
    assert Attention(32)(x).std().item() == pytest.approx(1, abs=0.15)


def test_a_denoiser_starts_at_nothing_and_learns() -> None:
    net = Denoiser((1, 8, 8), None, 0, 0, 8, 0)
    assert not net(noise(2, 1, 8, 8), torch.rand(2)).any()
    data = images()
    engine = Engine(EDM(arch=UNet(width=8, magnitude=True), lr=1e-2, sample_steps=4), data, [0], batch=32)
    state = run(engine, 1)
    first = float(state.losses["net"][0])
    state = run(engine, 60, state)
    assert state.alive.all()
    assert float(state.losses["net"][0]) < 0.8 * first
    assert engine.sample(state, 3).shape == (1, 3, 1, 8, 8)
