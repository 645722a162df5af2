"""One-player models through the engine: they learn, and a seed does not notice its neighbours."""

from dataclasses import replace
from math import pi

import pytest
import torch

from bench.data.base import Data
from bench.models.ddpm import DDPM
from bench.models.edm import EDM
from bench.models.flow import Flow
from bench.models.vae import VAE
from bench.training.engine import Engine
from bench.training.rng import NoiseTape, Rng
from tests.laws.cases import run

GAMES = {
    "ddpm": DDPM(width=48, sample_steps=20),
    "ddpm v, zero snr": DDPM(
        width=48, target="v", schedule="cosine", zero_snr=True, sampler="dpmpp_2m", sample_steps=20
    ),
    "edm": EDM(width=48, sample_steps=12),
    "edm churned": EDM(width=48, sample_steps=20, churn=10.0),
    "flow": Flow(width=48, sample_steps=10),
    "flow stratified": Flow(width=48, sample_steps=20, draw="stratified", sampler="euler"),
}
MORE = {
    "ddpm v, ancestral": DDPM(width=48, target="v", sampler="ancestral", sample_steps=50),
    "ddpm vp": DDPM(width=48, schedule="vp", sampler="heun", sample_steps=20),
    "ddpm min-snr": DDPM(width=48, weighting="min_snr", draw="low_discrepancy", sample_steps=4),
    "vae": VAE(width=48, latent=2),
    "conditional": Flow(width=48, conditional=True, guidance=0.5, sample_steps=4),
}


def ring(n=2000):
    generator = torch.Generator().manual_seed(0)
    mode = torch.arange(n) % 8
    angle = mode * (2 * pi / 8)
    x = torch.stack([angle.cos(), angle.sin()], 1) + 0.02 * torch.randn(n, 2, generator=generator)
    return Data(x[:1000], x[1000:], labels=mode[:1000], classes=8)


def sliced(a, b):
    """The mean over 64 directions of the 1-D Wasserstein distance between equally many points."""
    directions = torch.nn.functional.normalize(torch.randn(2, 64, generator=torch.Generator().manual_seed(1)), dim=0)
    return float(((a @ directions).sort(0).values - (b @ directions).sort(0).values).abs().mean())


def off_the_ring(x):
    """The mean distance from the unit circle."""
    return float((x.norm(dim=1) - 1).abs().mean())


@pytest.mark.parametrize("word", GAMES)
def test_a_few_hundred_steps_bring_samples_to_the_ring(word):
    data = ring()
    engine = Engine(replace(GAMES[word], width=64), data, [0], batch=256, mapping="loop")
    state = engine.init_state()
    before = engine.sample(state, 1000)[0]
    for lr, steps in ((3e-3, 700), (3e-4, 300)):  # the second lets the noise of Adam's steps settle
        engine.optimizers = {"net": replace(engine.game, lr=lr).make_optimizer("net")}
        for _ in range(steps):
            state = engine.step(state)
    after = engine.sample(state, 1000)[0]
    assert sliced(after, data.held_out) < 0.5 * sliced(before, data.held_out)
    assert off_the_ring(after) < 0.4 * off_the_ring(before)


@pytest.mark.parametrize("word", GAMES | MORE)
def test_alone_equals_in_an_ensemble_and_loop_equals_vmap(word):
    game = (GAMES | MORE)[word]

    def trained(mapping, seeds):
        engine = Engine(game, ring(), seeds, batch=64, mapping=mapping)
        state = engine.init_state()
        for _ in range(5):
            state = engine.step(state)
        return state.params["net"], engine.sample(state, 32)

    together, alone = trained("vmap", [3, 4, 5]), trained("vmap", [4])
    loop, loop_alone = trained("loop", [3, 4, 5]), trained("loop", [4])
    for a, b in zip(together, alone, strict=True):
        torch.testing.assert_close(a[1:2], b, rtol=1e-6, atol=1e-6)
    for a, b in zip(loop, loop_alone, strict=True):
        assert torch.equal(a[1:2], b)
    for a, b in zip(together, loop, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("game", [DDPM(width=8), EDM(arch="dcgan", width=8), VAE(width=8, likelihood="bernoulli")])
def test_images_train_alike_alone_together_and_in_turn(game):
    x = (2 * torch.rand(100, 1, 8, 8, generator=torch.Generator().manual_seed(0)) - 1).sign()
    params = {}
    for mapping, seeds in (("vmap", (1, 2)), ("vmap", (2,)), ("loop", (1, 2)), ("loop", (2,))):
        engine = Engine(game, Data(x, x), seeds, batch=16, mapping=mapping)
        state = engine.init_state()
        for _ in range(5):
            state = engine.step(state)
        assert bool(state.alive.all())
        params[mapping, len(seeds)] = state.params["net"][-1]
    torch.testing.assert_close(params["vmap", 2], params["vmap", 1], rtol=1e-6, atol=1e-6)
    assert torch.equal(params["loop", 2], params["loop", 1])
    torch.testing.assert_close(params["vmap", 2], params["loop", 2], rtol=0, atol=1e-4)  # a tenth of one step of Adam


def test_clipping_keeps_guesses_in_the_range_of_the_data():
    """Of the data as it is trained on."""

    def samples(clip):
        engine = Engine(DDPM(width=16, sample_steps=5, clip=clip), ring(), [0], batch=16, mapping="loop")
        rng = Rng(NoiseTape([0], torch.device("cpu"), torch.float32), 0, 0, "test", taped=False)
        with torch.no_grad():
            return engine.x, engine.game.sample({"net": engine.init_state().params["net"][0]}, 100, rng)

    (x, inside), (_, free) = samples(True), samples(False)
    assert x.min() <= inside.min() <= inside.max() <= x.max()
    assert free.min() < x.min()
    assert free.max() > x.max()


def test_refining_keeps_a_draft_or_forgets_it():
    engine = Engine(GAMES["edm"], ring(), [0], batch=64, mapping="loop")
    params = {"net": engine.init_state().params["net"][0]}
    rng = Rng(NoiseTape([0], torch.device("cpu"), torch.float32), 0, 0, "test", taped=False)
    draft = torch.full((50, 2), 5.0)
    with torch.no_grad():
        assert torch.equal(engine.game.refine(params, draft, 0.0, rng), draft)
        little, all_of_it = (engine.game.refine(params, draft, share, rng) for share in (0.2, 1.0))
    assert (little - draft).abs().mean() < 0.1
    assert (all_of_it - draft).abs().mean() > 1


def test_edm_trains_on_a_single_point():
    """Its data has no spread, by which the network's input could be scaled: then it is that of the noise, 1."""
    one = Data(torch.ones(64, 2), torch.ones(8, 2))
    state = run(Engine(EDM(width=8, depth=1, sample_steps=2), one, [0], batch=16, mapping="loop"), 3)
    assert bool(state.alive.all())
