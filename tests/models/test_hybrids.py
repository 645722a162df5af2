"""Hybrids and energy critics, held to their equations."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from bench.models.ebgan import EBGAN
from bench.models.edm import EDM
from bench.models.flow import Flow
from bench.models.gan import GAN
from bench.models.refined_gan import RefinedGAN
from bench.models.vae_gan import VAEGAN, Coded
from bench.stabilizers.began import BEGAN
from bench.stabilizers.min_snr import MinSNR
from bench.stabilizers.r1 import R1
from bench.stabilizers.reflow import Reflow
from bench.stabilizers.self_conditioning import SelfConditioning
from bench.training.engine import Engine
from bench.training.loss_inputs import AdversarialInputs, DenoisingInputs, VAEInputs
from tests.laws.cases import points, run
from tests.models.small import SMALL, built, rng


def test_vae_gan_losses_are_the_papers() -> None:
    game, params, batch = built(VAEGAN(**SMALL, gamma=0.3, beta=2.0))
    duel = game.loss_inputs("G", params, batch, rng())
    coded = game.loss_inputs("E", params, batch, rng())
    assert isinstance(duel, Coded)
    assert isinstance(coded, VAEInputs)
    gap = duel.features(duel.real) - duel.features(duel.generate(coded.z))
    error = 0.5 * gap.square().sum(1).mean()
    fooling = torch.nn.functional.softplus(-duel.critic(duel.fake)).mean()
    assert torch.allclose(game.objective("G", duel), fooling + 0.3 * error)
    assert torch.allclose(game.objective("E", coded), 2.0 * coded.kl.sum(1).mean() + error)
    assert torch.equal(duel.z[4:], coded.z[4:])  # half of the fakes are reconstructions


def test_players_of_one_game_see_different_scenes() -> None:
    assert VAEGAN.plays(VAEInputs)
    assert VAEGAN.plays(AdversarialInputs)
    assert not VAEGAN.plays(DenoisingInputs)
    assert "VAEInputs" in str(MinSNR().refuses(VAEGAN()))


# a draft, refined


def test_refined_gan_learns_its_parts_as_if_alone() -> None:
    """R1 alters the duel and leaves the refiner as it is, bit for bit; both in one method."""
    plain = run(Engine(RefinedGAN(**SMALL), points(), [0, 1], batch=16, mapping="vmap"), 3)
    both = run(Engine(RefinedGAN(**SMALL), points(), [0, 1], [R1()], batch=16, mapping="vmap"), 3)
    assert torch.equal(plain.params["net"], both.params["net"])
    assert not torch.equal(plain.params["D"], both.params["D"])


def test_refined_gan_walks_the_last_steps_only() -> None:
    game = RefinedGAN(**SMALL, refiner=EDM(sample_steps=10), start=0.4)
    assert game.build(points()).nfe == 1 + 2 * 4 - 1
    with pytest.raises(ValueError, match="walks none"):
        RefinedGAN(refiner=EDM(sample_steps=10), start=0.04)
    with pytest.raises(ValueError, match="does not denoise"):
        RefinedGAN(refiner=GAN())


def test_a_refined_draft_stays_near_the_draft_when_little_noise_is_added() -> None:
    game, params, _ = built(RefinedGAN(**SMALL, refiner=Flow(sample_steps=100), start=0.01))
    refined, draft = game.sample(params, 64, rng()), GAN.sample(game, params, 64, rng())
    assert (refined - draft).abs().max() < 0.1


# energies


def test_ebgan_losses_are_the_papers() -> None:
    game, params, batch = built(EBGAN(**SMALL, margin=0.7))
    inputs = game.loss_inputs("D", params, batch, rng())
    net = game.nets["D"]
    code = net(params["D"], inputs.real, features=True)
    assert code.shape == (8, 8)
    energies = -inputs.r, -inputs.f
    assert (energies[0] >= 0).all()
    wanted = energies[0].mean() + (0.7 - energies[1]).clamp(min=0).mean()
    assert torch.allclose(game.objective("D", inputs), wanted)
    assert torch.allclose(game.objective("G", inputs), energies[1].mean())


def test_began_balances_within_its_bounds() -> None:
    """k goes where γ E(x) - E(x̃) pushes it, and no further than [0, 1]."""
    engine = Engine(EBGAN(**SMALL, power=1), points(), [0], [BEGAN(rate=0.5)], batch=16, dtype=torch.float64)
    state, held = engine.init_state(), []
    for _ in range(12):
        state = engine.step(state)
        held.append(state.memory[0].item())
    assert all(0 <= k <= 1 for k in held)
    assert len(set(held)) > 1


# reflow


def test_reflow_trains_on_the_flows_own_pairs() -> None:
    part = Reflow(every=3, pairs=64)
    engine = Engine(Flow(width=16, depth=2, sample_steps=5), points(), [0, 1], [part], batch=16)
    state = run(engine, 3)
    noise, x0 = state.memory[0]["noise"], state.memory[0]["x0"]
    for seed in (0, 1):
        params = {"net": state.params["net"][seed]}
        walked = engine.game.walker.walk(engine.game.look(params), noise[seed], engine.game.steps(), rng())
        assert torch.allclose(walked, x0[seed], atol=1e-5)
    later = run(engine, 4, state)
    assert torch.equal(later.memory[0]["x0"], x0)  # one round, and no second
    assert not torch.equal(noise[0], noise[1])


def test_reflow_leaves_training_alone_before_its_first_round() -> None:
    plain = run(Engine(Flow(width=16, depth=2), points(), [0, 1], batch=16), 4)
    waiting = run(Engine(Flow(width=16, depth=2), points(), [0, 1], [Reflow(every=100)], batch=16), 4)
    assert torch.equal(plain.params["net"], waiting.params["net"])


@pytest.mark.long
def test_reflow_straightens() -> None:
    """One Euler step of the second rectified flow is nearer to many than one of the first."""

    def transform(*parts: Reflow) -> float:
        engine = Engine(Flow(width=64, sampler="euler", lr=3e-3), points(), [0], parts, batch=256)
        state = run(engine, 2000)
        few = replace(engine.game, sample_steps=1)
        params, start = {"net": state.params["net"][0]}, rng(torch.float32).normal(512, 2)
        ends = [g.walker.walk(g.look(params), start, g.steps(), rng()) for g in (few, engine.game)]
        return float((ends[0] - ends[1]).square().sum(1).mean().sqrt())

    assert transform(Reflow(every=1000, pairs=4096)) < 0.5 * transform()


# labels, and evaluations


def test_a_conditional_gan_puts_each_class_in_its_place() -> None:
    """The classes of `points` lie at -1 and 1 along the first axis."""
    game = GAN(width=32, depth=2, latent=2, conditional=True, lr=3e-3)
    engine = Engine(game, points(), [0], [R1(weight=0.1)], batch=64, mapping="loop")
    state = run(engine, 500)
    z, label = rng(torch.float32).normal(64, 2), torch.arange(64) % 2
    x = engine.data.undo(engine.game.nets["G"](state.params["G"][0], z, y=label))
    assert (x[label == 1, 0].mean() - x[label == 0, 0].mean()) > 1.2


def test_self_conditioning_doubles_the_evaluations() -> None:
    plain = Engine(EDM(width=16, sample_steps=5), points(), [0], batch=8)
    twice = Engine(EDM(width=16, sample_steps=5), points(), [0], [SelfConditioning()], batch=8)
    assert (plain.nfe, twice.nfe) == (9, 18)
