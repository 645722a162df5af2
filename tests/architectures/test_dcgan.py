"""DCGAN's layers: kernels and odd sides, the published layout, a critic of its own size and with batch norm."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from bench.architectures._blocks import sides
from bench.architectures._dense import BatchNorm
from bench.architectures._strided import doubling, halving
from bench.architectures.base import architecture
from bench.architectures.dcgan import DCGAN
from bench.models.gan import GAN
from bench.stabilizers.n_critic import NCritic
from bench.stabilizers.pacgan import PacGAN
from bench.training.engine import Engine
from tests.laws.cases import images, run

PUBLISHED = DCGAN(width=64, depth=4, kernel=5, critic_norm="batch", init="normal")
SMALL = DCGAN(width=4, depth=2, kernel=5, critic_width=6, critic_norm="batch", init="normal")


def weights(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def layers(module: nn.Module) -> list[nn.Module]:
    return [part for part in module.modules() if isinstance(part, nn.Conv2d | nn.ConvTranspose2d | nn.Linear)]


@pytest.mark.parametrize("pack", [1, 2, 4])
def test_the_published_nets_have_their_number_of_weights(pack):
    """Lin et al. 2018, section 4.2: their code's tensors, less the biases that batch norm takes away."""
    generator = weights(PUBLISHED.generator(100, (3, 28, 28)))
    assert (
        generator
        == 101 * 2 * 2 * 512 + 2 * (512 + 256 + 128 + 64) + 25 * (512 * 256 + 256 * 128 + 128 * 64 + 64 * 3) + 3
    )
    critic = weights(PUBLISHED.critic((3 * pack, 28, 28)))
    convolutions = 25 * (3 * pack * 64 + 64 * 128 + 128 * 256 + 256 * 512)
    assert critic == convolutions + 64 + 2 * (128 + 256 + 512) + 2 * 2 * 512 + 1


@pytest.mark.parametrize(
    ("shape", "depth", "expected"),
    [
        ((3, 28, 28), 4, [28, 14, 7, 4, 2]),
        ((3, 14, 14), 3, [14, 7, 4, 2]),
        ((1, 8, 8), 3, [8, 4, 2, 1]),
        ((1, 9, 9), 0, [9, 5]),
        ((3, 32, 32), 0, [32, 16, 8, 4]),
    ],
)
def test_sides_are_rounded_up(shape, depth, expected):
    assert sides(shape, depth) == [(side, side) for side in expected]


@pytest.mark.parametrize("kernel", [3, 5])
@pytest.mark.parametrize(
    ("shape", "depth"), [((3, 28, 28), 4), ((3, 14, 14), 3), ((1, 8, 8), 3), ((2, 13, 10), 3)], ids=str
)
def test_odd_kernels_have_every_shape_in_every_role(kernel, shape, depth):
    arch = DCGAN(width=4, depth=depth, kernel=kernel, critic_norm="batch")
    z, x, t = torch.randn(3, 5), torch.randn(3, *shape), torch.rand(3)
    critic, h, seen = arch.critic(shape), x, []
    for part in critic.body[:-1]:
        h = part(h)
        seen.append(tuple(h.shape[2:]))
    assert list(dict.fromkeys(seen)) == sides(shape, depth)[1:]
    assert critic(x).shape == (3,)
    assert arch.generator(5, shape)(z).shape == arch.decoder(5, shape)(z).shape == x.shape
    assert arch.denoiser(shape)(x, t).shape == x.shape
    assert [part.shape for part in arch.encoder(shape, 5)(x)] == [(3, 5), (3, 5)]


@pytest.mark.parametrize("side", [(8, 8), (7, 7), (6, 9)], ids=str)
@pytest.mark.parametrize("kernel", [3, 5])
def test_doubling_is_the_transpose_of_halving(kernel, side):
    """⟨halving(x), y⟩ = ⟨x, doubling(y)⟩ with the same weights."""
    down, up = halving(2, 3, kernel, bias=False), doubling(3, 2, kernel, side, bias=False)
    up.weight = down.weight
    x = torch.randn(1, 2, *side)
    y = torch.randn(1, 3, -(-side[0] // 2), -(-side[1] // 2))
    assert down(x).shape == y.shape
    torch.testing.assert_close((down(x) * y).sum(), (x * up(y)).sum(), rtol=1e-4, atol=1e-4)


def test_a_critic_with_batch_norm_is_torchs_and_its_first_layer_has_none():
    critic, x = DCGAN(width=4, depth=3, kernel=5, critic_norm="batch").critic((3, 14, 14)), torch.randn(6, 3, 14, 14)
    first, *others = layers(critic.body)
    h = F.leaky_relu(F.conv2d(x, first.weight, first.bias, 2, 2), 0.2)
    for layer in others:
        assert layer.bias is None
        h = F.leaky_relu(F.batch_norm(F.conv2d(h, layer.weight, None, 2, 2), None, None, training=True), 0.2)
    torch.testing.assert_close(critic(x), h.flatten(1) @ critic.head.weight[0] + critic.head.bias)
    assert not torch.allclose(critic(x)[:3], critic(x[:3]))  # a sample is judged beside its batch


def test_a_critic_has_the_generators_width_unless_it_says_otherwise():
    def widths(arch: DCGAN) -> list[int]:
        return [layer.out_channels for layer in layers(arch.critic((3, 16, 16)).body)]

    assert widths(DCGAN(width=8, depth=2)) == [8, 16]
    assert widths(DCGAN(width=8, depth=2, critic_width=2)) == [2, 4]
    generator = DCGAN(width=8, depth=2, critic_width=2).generator(5, (3, 16, 16))
    assert weights(generator) == weights(DCGAN(width=8, depth=2).generator(5, (3, 16, 16)))


def test_normal_weights_of_every_layer():
    torch.manual_seed(0)
    for module in (PUBLISHED.generator(100, (3, 28, 28)), PUBLISHED.critic((3, 28, 28))):
        for layer in layers(module):
            assert float(layer.weight.detach().std()) == pytest.approx(0.02, rel=0.05)
            assert layer.bias is None or not layer.bias.detach().any()
        assert all((part.weight == 1).all() for part in module.modules() if isinstance(part, BatchNorm))


@pytest.mark.parametrize(
    ("options", "shape", "reason"),
    [
        ({"depth": 3}, (3, 28, 28), "28 pixels can't be halved 3 times"),
        ({"depth": 5, "kernel": 5}, (3, 16, 16), "16 pixels can't be halved 5 times"),
        ({"kernel": 5}, (1, 7, 7), "fewer than 8"),
        ({"kernel": 3}, (2,), "images"),
    ],
)
def test_what_does_not_fit_is_refused(options, shape, reason):
    with pytest.raises(ValueError, match=reason):
        architecture(DCGAN(**options), shape, "dcgan")
    if len(shape) == 3 and min(shape[1:]) > 8:
        architecture(DCGAN(depth=4, kernel=5), shape, "dcgan")


@pytest.mark.parametrize("mapping", ["loop", "vmap"])
def test_one_seed_and_many_train_alike(mapping):
    parts = [NCritic(1, generator_steps=2), PacGAN(2)]
    game = GAN(arch=SMALL, latent=4, lr=2e-4)
    alone = run(Engine(game, images(), [3], parts, batch=16, mapping="loop"), 3)
    among = run(Engine(game, images(), [1, 3], parts, batch=16, mapping=mapping), 3)
    for player, theta in alone.params.items():
        torch.testing.assert_close(among.params[player][1], theta[0], rtol=1e-3, atol=1e-5)
