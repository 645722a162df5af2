"""The VAE against torch.distributions and against probabilistic PCA."""

from dataclasses import replace
from math import log, pi

import pytest
import torch
from torch import nn
from torch.distributions import Bernoulli, Normal, kl_divergence

from bench.data._normalised import normalised
from bench.data.base import Data
from bench.data.grid import Grid
from bench.models.vae import LIKELIHOODS, VAE, Autoencoder
from bench.training.engine import Engine
from bench.training.game import Batch
from bench.training.loss_inputs import VAEInputs
from bench.training.nets import Net
from bench.training.rng import NoiseTape, Rng
from tests.laws.cases import images, points, run


def test_kl_is_the_closed_form():
    mean, logvar = torch.randn(2, 7, 3, generator=torch.Generator().manual_seed(0))
    inputs = VAEInputs(mean, mean, logvar, mean, lambda z: z, lambda x, out: x.sum(1))
    torch.testing.assert_close(inputs.kl, kl_divergence(Normal(mean, (0.5 * logvar).exp()), Normal(0.0, 1.0)))


@pytest.mark.parametrize("word", ["gaussian", "learned_gaussian"])
def test_gaussian_likelihood(word):
    x, out = torch.randn(2, 5, 1, 4, 4, generator=torch.Generator().manual_seed(1))
    ours = LIKELIHOODS[word].log_p(x, out, torch.tensor(-0.7))
    torch.testing.assert_close(ours, Normal(out, torch.tensor(-0.7).exp()).log_prob(x).sum((1, 2, 3)))


def test_bernoulli_likelihood_is_on_the_unit_interval():
    x, out = torch.randn(2, 5, 1, 4, 4, generator=torch.Generator().manual_seed(2))
    x = x.sign()
    ours = LIKELIHOODS["bernoulli"]
    torch.testing.assert_close(
        ours.log_p(x, out, torch.tensor(0.0)), Bernoulli(logits=out).log_prob((x + 1) / 2).sum((1, 2, 3))
    )
    torch.testing.assert_close(ours.mean(out), 2 * Bernoulli(logits=out).mean - 1)


class Linear(nn.Module):
    """What a linear VAE is made of, in place of an architecture."""

    def encoder(self, shape, latent):
        return LinearEncoder(shape[0], latent)

    def decoder(self, latent, shape):
        return nn.Linear(latent, shape[0])


class LinearEncoder(nn.Module):
    def __init__(self, inputs, latent):
        super().__init__()
        self.mean, self.logvar = nn.Linear(inputs, latent), nn.Parameter(torch.zeros(latent))

    def forward(self, x):
        return self.mean(x), self.logvar.expand(len(x), -1)


def test_a_linear_vae_reaches_probabilistic_pca():
    """The best bound of a linear VAE is pPCA's maximum likelihood (Lucas et al. 2019; Tipping & Bishop 1999, eq. 8)."""
    latent, generator = 2, torch.Generator().manual_seed(3)
    scales = torch.tensor([2.0, 1.2, 0.5, 0.4, 0.3])
    rotation, _ = torch.linalg.qr(torch.randn(5, 5, generator=generator))
    drawn = torch.randn(2000, 5, generator=generator) * scales @ rotation
    x = normalised(Data(drawn, drawn)).x
    values = torch.linalg.eigvalsh(x.double().T @ x.double() / len(x)).flip(0)
    rest = values[latent:].mean()
    best = 0.5 * (5 * log(2 * pi) + values[:latent].log().sum() + (5 - latent) * rest.log() + 5)

    class LinearVAE(VAE):
        def make_nets(self, data):
            return {"net": Net(Autoencoder, arch=Linear(), shape=data.shape, latent=self.latent, log_scale=0.0)}

    engine = Engine(LinearVAE(latent=latent, lr=1e-2), Data(x, x), [0], batch=500, mapping="loop")
    state = engine.init_state()
    for _ in range(900):
        state = engine.step(state)
    engine.optimizers = {"net": replace(engine.game, lr=1e-3).make_optimizer("net")}
    for _ in range(300):
        state = engine.step(state)
    net = engine.game.nets["net"].at(state.params["net"][0])
    many, log_scale = x.repeat(50, 1), net("log_scale")
    with torch.no_grad():
        inputs = VAEInputs(
            many,
            *net("encoder", many),
            torch.randn(len(many), latent, generator=generator),
            lambda z: net("decoder", z),
            lambda x, output: LIKELIHOODS["gaussian"].log_p(x, output, log_scale),
        )
        loss = float(engine.game.objective("net", inputs))
    assert loss > best - 0.02  # a bound can't beat the likelihood; .02 is the noise of the estimate
    assert loss < best + 0.05


def test_beta_weighs_the_divergence():
    mean, logvar = torch.randn(2, 7, 3, generator=torch.Generator().manual_seed(0))
    inputs = VAEInputs(mean, mean, logvar, mean, lambda z: z, lambda x, out: torch.zeros(len(x)), beta=4.0)
    torch.testing.assert_close(VAE().objective("net", inputs), 4 * inputs.kl.sum(1).mean())


def test_points_refuse_bernoulli():
    with pytest.raises(ValueError, match="gaussian"):
        VAE(likelihood="bernoulli").build(Data(torch.zeros(4, 2), torch.zeros(4, 2)))


def test_the_fixed_scale_is_no_weight():
    data = Data(torch.randn(8, 2), torch.randn(8, 2))
    fixed, learned = (VAE(likelihood=word).build(data).nets["net"].size for word in ("gaussian", "learned_gaussian"))
    assert learned == fixed + 1


@pytest.mark.parametrize(("data", "expected"), [(points(), 0.2), (images(), 1.0)], ids=["points", "images"])
@pytest.mark.parametrize("scale", [0.0, 0.7])
def test_where_the_scale_starts(data, expected, scale):
    """Of the learned likelihood and of the fixed one, read off the noise that log p implies where the output is right."""
    rng = Rng(NoiseTape([0], torch.device("cpu"), torch.float32), 0, 0, "test", taped=False)
    for likelihood in ("gaussian", "learned_gaussian"):
        game = VAE(width=8, latent=2, likelihood=likelihood, scale=scale).build(data)
        inputs = game.loss_inputs("net", {"net": game.init("net", 0)}, Batch(data.x[:4]), rng)
        d, found = data.x[0].numel(), inputs.likelihood(data.x[:4], data.x[:4])
        wanted = -0.5 * d * log(2 * pi) - d * log(scale or expected)
        torch.testing.assert_close(found, torch.full((4,), wanted), rtol=1e-5, atol=1e-5)


def test_the_default_keeps_the_modes_that_a_scale_of_one_loses():
    """Noise as wide as the data needs no code, and the KL divergence then puts an end to it."""
    data = Grid(side=3, n=5000).load()
    occupied = []
    for scale in (0.0, 1.0):
        engine = Engine(VAE(width=32, depth=2, latent=2, lr=5e-3, scale=scale), data, [0], batch=128, mapping="loop")
        state = run(engine, 400)
        nearest, _ = data.modes.assign(engine.sample(state, 900)[0])
        occupied.append(int((nearest.bincount(minlength=9) > 9).sum()))
    assert occupied[0] == 9
    assert occupied[1] < 9
