"""Perceptrons see the coordinates of points as waves too."""

from __future__ import annotations

from dataclasses import replace
from math import pi, sqrt

import pytest
import torch

from bench.architectures.base import architecture
from bench.architectures.mlp import MLP, waves
from bench.models.ddpm import DDPM
from bench.models.gan import GAN
from bench.models.vae import VAE
from bench.plugins import find
from bench.probes.smoothness import Smoothness
from bench.stabilizers.gradient_penalty import GradientPenalty
from bench.stabilizers.spectral_norm import SpectralNorm
from bench.suite.grammar import read
from bench.suite.options import WrongOption, make
from bench.training.engine import Engine
from bench.training.loss_inputs import gradient_norm
from tests.laws.cases import images, points, run

SMALL = {"width": 16, "depth": 2}


def first(module):
    """The number of inputs of the first layer."""
    return next(p.shape[1] for p in module.parameters() if p.ndim == 2)


def test_values():
    seen = waves(torch.tensor([[1.0, -3.0]]), 2)
    third = sqrt(3) / 2
    sines = [third, third, 0.0, 0.0]  # of π/3, 2π/3; -π, -2π
    cosines = [0.5, -0.5, -1.0, 1.0]
    torch.testing.assert_close(seen, torch.tensor([[1.0, -3.0, *sines, *cosines]]), rtol=0, atol=2e-6)


def test_none_are_the_coordinates_themselves():
    x = torch.randn(5, 2)
    assert waves(x, 0) is x


@pytest.mark.parametrize("octaves", [0, 1, 4, 6])
def test_how_many_inputs(octaves):
    arch, level = MLP(octaves=octaves, critic_octaves=octaves, **SMALL), 9  # a noise level is nine numbers
    one = 3 * (1 + 2 * octaves)
    assert waves(torch.randn(5, 3), octaves).shape == (5, one)
    assert first(arch.critic((3,))) == one
    assert first(arch.critic((3,), timed=True, classes=4)) == one + level + 4
    assert first(arch.denoiser((3,))) == one + level
    assert first(arch.denoiser((3,), latent=5, classes=4)) == one + level + 4 + 5
    assert first(arch.encoder((3,), 2)) == one


@pytest.mark.parametrize("octaves", [0, 4])
def test_roles_run_and_keep_their_shapes(octaves):
    arch, x, t, z = (
        MLP(octaves=octaves, critic_octaves=octaves, **SMALL),
        torch.randn(4, 3),
        torch.rand(4),
        torch.randn(4, 5),
    )
    y = torch.tensor([0, 1, 1, 2])
    assert arch.critic((3,), timed=True, classes=2)(x, t, y).shape == (4,)
    assert arch.denoiser((3,), out=6, latent=5, classes=2)(x, t, y, z).shape == (4, 6)
    assert [part.shape for part in arch.encoder((3,), 2)(x)] == [(4, 2), (4, 2)]


def test_latent_codes_and_images_have_none():
    arch = MLP(critic_octaves=4, **SMALL)
    assert first(arch.generator(5, (2,))) == 5
    assert first(arch.decoder(5, (2,))) == 5
    assert first(arch.critic((1, 8, 8))) == 64
    assert first(arch.denoiser((1, 8, 8))) == 64 + 9
    assert first(arch.encoder((1, 8, 8), 2)) == 64


def test_four_are_the_default_of_points_and_critics_have_none():
    assert first(architecture("auto", (2,), "unet").critic((2,))) == 2
    assert first(architecture("mlp", (2,), "unet").encoder((2,), 2)) == 2 * 9
    assert first(architecture("mlp", (2,), "unet").denoiser((2,))) == 2 * 9 + 9


@pytest.mark.parametrize(
    ("model", "option", "net"), [(GAN, "critic_octaves=4", "D"), (VAE, "octaves=0", "net"), (DDPM, "octaves=0", "net")]
)
def test_a_suite_turns_them_on_and_off(model, option, net):
    word = model.__name__.lower()
    ((_, call, other),) = make("models", read(f"{word}(arch=mlp({option}), width=16)")[0])
    assert str(call) == f"{word}(arch=mlp({option}), width=16)"
    sizes = [game.build(points()).nets[net].size for game in (other, model(width=16))]
    assert abs(sizes[1] - sizes[0]) == 16 * 2 * 8  # sixteen weights for each of eight waves of two coordinates


def test_a_grid_over_octaves():
    made = make("models", read("gan(arch=[mlp, mlp(octaves=0)])")[0])
    assert [game.arch for _, _, game in made] == ["mlp", MLP(octaves=0)]


@pytest.mark.parametrize(
    ("arch", "said"),
    [
        ("mlp(octave=0)", "'octave' is not an option of mlp; did you mean 'octaves'?"),
        ("mlp(octaves=-1)", "-1 is out of range"),
        ("mlp(octaves=0.5)", "expected a whole number, not 0.5"),
    ],
)
def test_a_mistake_inside_the_brackets_is_said(arch, said):
    with pytest.raises(WrongOption, match="option 'arch' of gan") as error:
        make("models", read(f"gan(arch={arch})")[0])
    assert said in str(error.value)


def test_a_models_size_goes_before_the_architectures():
    built = architecture(MLP(width=8, depth=1, octaves=2), (2,), "unet", width=32)
    assert built == MLP(width=32, depth=1, octaves=2)


@pytest.mark.parametrize("word", ["bilinear", "dirac", "hopf", "linear_gaussian"])
def test_games_of_positions_have_no_waves(word):
    nets = find("models", word)().build(points()).nets
    assert not any(hasattr(part, "octaves") for net in nets.values() for part in net.module.modules())


def test_a_gradient_penalty_differentiates_through_them():
    """Twice, and as finite differences say."""
    critic = MLP(critic_octaves=4, **SMALL).critic((2,)).double()
    x = torch.randn(6, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    slopes = gradient_norm(critic, x)
    step = 1e-6
    across = [
        (critic(x + step * e) - critic(x - step * e)) / (2 * step) for e in torch.eye(2, dtype=torch.float64).unbind()
    ]
    torch.testing.assert_close(slopes, torch.stack(across, 1).norm(dim=1), rtol=1e-5, atol=1e-8)
    grads = torch.autograd.grad((slopes - 1).square().mean(), list(critic.parameters())[:1])
    assert float(grads[0][:, 2:].abs().max()) > 0  # the weights of the waves are moved


def test_a_penalised_gan_trains():
    engine = Engine(
        GAN(**SMALL, arch=MLP(critic_octaves=4), loss="wasserstein"), points(), [0, 1], [GradientPenalty()], batch=16
    )
    assert bool(run(engine, 5).alive.all())


def test_the_slope_of_a_spectrally_normalised_critic_stays_below_what_the_waves_allow():
    """√(1 + (π/3)² Σ 4ᵏ), where all layers are 1-Lipschitz, however large their weights are."""
    largest = []
    for parts in ((SpectralNorm(),), ()):
        engine = Engine(GAN(**SMALL, arch=MLP(critic_octaves=4)), points(), [0], parts, batch=256, dtype=torch.float64)
        state = engine.init_state()
        state = replace(state, params=state.params | {"D": 20 * state.params["D"]})
        largest.append(float(Smoothness().measure(engine, state)["slope_largest"]))
    assert largest[0] <= sqrt(1 + (pi / 3) ** 2 * (1 + 4 + 16 + 64)) < largest[1]


def test_images_train_the_same_with_and_without():
    """Bit for bit: octaves are for points."""
    plain, default = (
        run(Engine(DDPM(arch=arch, **SMALL), images(), [0], batch=16), 3) for arch in (MLP(octaves=0), "mlp")
    )
    assert torch.equal(plain.params["net"], default.params["net"])
