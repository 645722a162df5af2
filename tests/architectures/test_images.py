"""Every architecture in every role."""

import pytest
import torch
from torch import nn
from torch.func import grad, vmap

from bench.architectures._dense import BatchNorm
from bench.architectures.base import architecture
from bench.architectures.unet import Attention
from bench.training.nets import Net

IMAGES = ["dcgan", "resnet", "unet"]
WORDS = ["mlp", *IMAGES]
SHAPES = [(1, 8, 8), (3, 16, 16), (3, 32, 32), (1, 28, 28), (2, 16, 32)]


def build(word, shape):
    return architecture(word, shape, "unet", width=8, depth=1 if word == "mlp" else 0)


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_shapes_in_every_role(word, shape):
    arch, z, x, t = build(word, shape), torch.randn(3, 5), torch.randn(3, *shape), torch.rand(3)
    y = torch.tensor([0, 3, 4])  # 4 is the null label
    assert arch.generator(5, shape)(z).shape == x.shape
    assert arch.generator(5, shape, classes=4)(z, y).shape == x.shape
    assert arch.decoder(5, shape)(z).shape == x.shape
    for critic, condition in (
        (arch.critic(shape), ()),
        (arch.critic(shape, timed=True), (t,)),
        (arch.critic(shape, timed=True, classes=4), (t, y)),
    ):
        assert critic(x, *condition).shape == (3,)
        features = critic(x, *condition, features=True)
        assert features.shape[0] == 3
        torch.testing.assert_close(critic.head(features).squeeze(-1), critic(x, *condition))
    assert arch.denoiser(shape)(x, t).shape == x.shape
    assert arch.denoiser(shape, out=6, latent=5, classes=4)(x, t, y, z).shape == (3, 6, *shape[1:])
    assert [part.shape for part in arch.encoder(shape, 5)(x)] == [(3, 5), (3, 5)]


@pytest.mark.parametrize("word", IMAGES)
def test_64_pixels(word):
    shape = (3, 64, 64)
    arch = architecture(word, shape, "unet", width=4)
    assert arch.generator(5, shape)(torch.randn(2, 5)).shape == (2, *shape)
    assert arch.critic(shape)(torch.randn(2, *shape)).shape == (2,)
    assert arch.denoiser(shape)(torch.randn(2, *shape), torch.rand(2)).shape == (2, *shape)


@pytest.mark.parametrize("word", IMAGES)
@pytest.mark.parametrize(
    ("shape", "depth", "reason"),
    [
        ((1, 9, 9), 0, "9 pixels can't be halved"),
        ((1, 31, 31), 0, "31 pixels can't be halved 2 times"),
        ((1, 16, 16), 5, "halved 5 times"),
        ((1, 4, 4), 0, "fewer than 8"),
        ((2,), 0, "images"),
    ],
)
def test_what_cannot_be_halved_is_refused_with_a_reason(word, shape, depth, reason):
    with pytest.raises(ValueError, match=reason):
        architecture(word, shape, "unet", depth=depth)


@pytest.mark.parametrize("word", WORDS)
def test_no_role_keeps_state(word):
    shape = (1, 8, 8)
    arch = build(word, shape)
    for net in (
        Net(arch.generator, latent=4, shape=shape),
        Net(arch.critic, shape=shape),
        Net(arch.denoiser, shape=shape),
        Net(arch.encoder, shape=shape, latent=4),
    ):
        theta = net.init(0)
        assert torch.equal(net.ravel(net.unravel(theta)), theta)  # Net refuses buffers when it is built


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("role", ["critic", "denoiser", "encoder"])
def test_no_sample_sees_another(word, role):
    shape = (1, 8, 8)
    arch, x, t = build(word, shape), torch.randn(4, 1, 8, 8), torch.rand(4)
    net = {
        "critic": lambda module: module(x),
        "denoiser": lambda module: module(x, t),
        "encoder": lambda module: torch.cat(module(x), 1),
    }[role]
    module = arch.encoder(shape, 3) if role == "encoder" else getattr(arch, role)(shape)
    before = net(module)
    x[2] = torch.nan
    after = net(module)
    others = [0, 1, 3]
    assert torch.equal(after[others], before[others])
    assert after[2].isnan().any()


@pytest.mark.parametrize("word", WORDS)
def test_the_gradient_of_a_critics_sum_is_each_samples_own(word):
    critic = build(word, (1, 8, 8)).critic((1, 8, 8)).double()
    x = torch.randn(4, 1, 8, 8, dtype=torch.float64)
    together = grad(lambda x: critic(x).sum())(x)
    alone = vmap(grad(lambda x: critic(x[None])[0]))(x)
    torch.testing.assert_close(together, alone)


@pytest.mark.parametrize("word", WORDS)
def test_a_penalty_on_slopes_trains_under_vmap(word):
    """Double backward through all lanes at once agrees with one lane after another, and NaN stays in its lane."""
    net = Net(build(word, (1, 8, 8)).critic, shape=(1, 8, 8))
    thetas, x = torch.stack([net.init(seed) for seed in range(3)]).double(), torch.randn(3, 4, 1, 8, 8).double()

    def penalty(theta, x):
        return grad(lambda x: net(theta, x).sum())(x).flatten(1).norm(dim=1).sub(1).square().mean()

    leaf = thetas.clone().requires_grad_()
    (together,) = torch.autograd.grad(vmap(penalty, randomness="error")(leaf, x).sum(), leaf)
    alone = torch.stack([grad(penalty)(theta, one) for theta, one in zip(thetas, x, strict=True)])
    torch.testing.assert_close(together, alone)
    assert together.abs().sum() > 0
    sick = x.clone()
    sick[1] = torch.nan
    (after,) = torch.autograd.grad(vmap(penalty, randomness="error")(leaf, sick).sum(), leaf)
    assert torch.equal(after[[0, 2]], together[[0, 2]])


@pytest.mark.parametrize("word", WORDS)
def test_conditions_are_seen(word):
    shape, x, z = (1, 8, 8), torch.randn(2, 1, 8, 8), torch.randn(2, 4)
    arch = build(word, shape)
    denoiser = arch.denoiser(shape, latent=4, classes=3)
    with torch.no_grad():
        for weight in denoiser.parameters():  # a U-Net starts near zero, whatever it is shown
            weight.add_(0.1 * torch.randn_like(weight))
    t, y, null = torch.tensor([0.2, 0.2]), torch.tensor([0, 1]), torch.tensor([3, 3])
    base = denoiser(x, t, y, z)
    assert not torch.allclose(base, denoiser(x, t + 0.5, y, z))
    assert not torch.allclose(base, denoiser(x, t, y.flip(0), z))
    assert not torch.allclose(base, denoiser(x, t, y, z + 1))
    assert not torch.allclose(base, denoiser(x, t, null, z))
    critic = arch.critic(shape, timed=True, classes=3)
    assert not torch.allclose(critic(x, t, y), critic(x, t + 0.5, y))
    assert not torch.allclose(critic(x, t, y), critic(x, t, y.flip(0)))
    generator = arch.generator(4, shape, classes=3)
    assert not torch.allclose(generator(z, y), generator(z, y.flip(0)))


def test_batch_norm_is_torchs_in_training():
    ours, theirs = BatchNorm(3), nn.BatchNorm2d(3)
    x = torch.randn(6, 3, 4, 4)
    torch.testing.assert_close(ours(x), theirs(x))


def test_attention_is_torchs():
    attention, x = Attention(8), torch.randn(2, 8, 4, 4)
    q, k, v = attention.inward(attention.norm(x)).flatten(2).mT.chunk(3, 2)  # each [B, pixels, C]
    told = nn.functional.scaled_dot_product_attention(q, k, v).mT.reshape(x.shape)
    torch.testing.assert_close(attention(x), x + attention.outward(told))


@pytest.mark.parametrize("word", IMAGES)
def test_images_are_bounded_and_a_decoder_is_not(word):
    arch, z = build(word, (1, 8, 8)), torch.randn(64, 5)
    assert arch.generator(5, (1, 8, 8))(z).abs().max() <= 1
    decoder = arch.decoder(5, (1, 8, 8))
    with torch.no_grad():
        for weight in decoder.parameters():
            weight.mul_(10)
    assert decoder(z).abs().max() > 1
