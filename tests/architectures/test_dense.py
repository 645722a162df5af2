"""What published perceptrons differ in: activations, batch norm, initialisation, a critic of its own size."""

from __future__ import annotations

from math import sqrt

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from bench.architectures._dense import PIECES, Maxout
from bench.architectures.mlp import MLP
from bench.models.gan import GAN
from bench.stabilizers.pacgan import PacGAN
from bench.stabilizers.progressive_growing import ProgressiveGrowing
from bench.stabilizers.spectral_norm import SpectralNorm
from bench.training.engine import Engine
from tests.laws.cases import points, run

PACGAN = MLP(
    width=12,
    depth=4,
    critic_width=6,
    critic_depth=3,
    activation="relu",
    critic_activation="maxout",
    norm="batch",
    init="normal",
)


def linear(module):
    return [part for part in module.modules() if isinstance(part, nn.Linear)]


def test_the_recipe_of_pacgan_has_its_number_of_weights():
    """Lin et al. 2018: a generator of 4 x 400 without biases but the last, a critic of three maxout layers of 200 x 5."""
    arch = MLP(width=400, depth=4, critic_width=200, critic_depth=3, critic_activation="maxout", norm="batch")
    weights = sum(p.numel() for p in arch.generator(2, (2,)).parameters())
    assert weights == 2 * 400 + 3 * 400 * 400 + 4 * 2 * 400 + 400 * 2 + 2
    weights = sum(p.numel() for p in arch.critic((4,)).parameters())
    assert weights == (4 + 1) * 1000 + 2 * (200 + 1) * 1000 + 201


def test_maxout_is_the_largest_of_affine_pieces():
    critic, x = PACGAN.critic((2,)), torch.randn(7, 2)
    layer = linear(critic)[0]
    pieces = (x @ layer.weight.T + layer.bias).reshape(7, 6, PIECES)
    torch.testing.assert_close(critic.body[:2](x), pieces.max(-1).values)
    assert Maxout()(torch.arange(10.0)[None]).tolist() == [[4.0, 9.0]]


def test_batch_norm_equals_torch_in_every_layer():
    generator, z = PACGAN.generator(2, (2,)), torch.randn(50, 2)
    h = z
    for layer in linear(generator)[:-1]:
        h = F.relu(F.batch_norm(h @ layer.weight.T, None, None, training=True))
        assert layer.bias is None  # batch norm would take it away
    last = linear(generator)[-1]
    torch.testing.assert_close(generator(z), h @ last.weight.T + last.bias)


@pytest.mark.parametrize(
    ("init", "spread"),
    [("normal", 0.02), ("he", sqrt(2 / 400)), ("orthogonal", 1.4 / sqrt(400)), ("default", 1 / sqrt(3 * 400))],
)
def test_initialisations(init, spread):
    torch.manual_seed(0)
    arch = MLP(width=400, depth=2, init=init)
    inner = linear(arch.generator(2, (2,)))[1]
    assert float(inner.weight.detach().std()) == pytest.approx(spread, rel=0.02)
    assert (init == "default") == bool(inner.bias.detach().any())
    if init == "orthogonal":
        torch.testing.assert_close(inner.weight @ inner.weight.T, 1.96 * torch.eye(400), rtol=0, atol=1e-4)


def test_a_critic_has_the_generators_size_and_activation_unless_it_says_otherwise():
    arch = MLP(width=16, depth=3, activation="tanh")
    critic = arch.critic((2,))
    assert [layer.out_features for layer in linear(critic)] == [16, 16, 16, 1]
    assert sum(isinstance(part, nn.Tanh) for part in critic.modules()) == 3
    own = MLP(width=16, depth=3, activation="tanh", critic_width=8, critic_depth=1, critic_activation="relu")
    assert [layer.out_features for layer in linear(own.critic((2,)))] == [8, 1]


@pytest.mark.parametrize("mapping", ["loop", "vmap"])
def test_one_seed_and_many_train_alike(mapping):
    game = GAN(arch=PACGAN, latent=2)
    alone = run(Engine(game, points(), [3], [PacGAN(2)], batch=16, mapping="loop"), 5)
    among = run(Engine(game, points(), [1, 3], [PacGAN(2)], batch=16, mapping=mapping), 5)
    for player, theta in alone.params.items():
        torch.testing.assert_close(among.params[player][1], theta[0], rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("stabilizer", [ProgressiveGrowing(every=2), SpectralNorm()])
def test_stabilizers_of_layers_know_them(stabilizer):
    state = run(Engine(GAN(arch=PACGAN, latent=2), points(), [0, 1], [stabilizer], batch=16), 3)
    assert all(theta.isfinite().all() for theta in state.params.values())
