"""Hybrids and energy critics, held to their equations."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest
import torch
from torch import Tensor

from bench.data.base import Data
from bench.models.cramer_gan import CramerGAN, Embedded, distances
from bench.models.ddgan import DDGAN
from bench.models.ebgan import EBGAN
from bench.models.edm import EDM
from bench.models.flow import Flow
from bench.models.gan import GAN
from bench.models.refined_gan import RefinedGAN
from bench.models.vae_gan import VAEGAN, Coded
from bench.stabilizers.began import BEGAN
from bench.stabilizers.diffaugment import DiffAugment
from bench.stabilizers.diffusion_gan import DiffusionGAN
from bench.stabilizers.instance_noise import InstanceNoise
from bench.stabilizers.min_snr import MinSNR
from bench.stabilizers.presgan import PresGAN
from bench.stabilizers.r1 import R1
from bench.stabilizers.reflow import Reflow
from bench.stabilizers.self_conditioning import SelfConditioning
from bench.stabilizers.topk import TopK
from bench.training.engine import Engine
from bench.training.game import Batch, Game
from bench.training.hooks import Stabilizer, StepContext
from bench.training.loss_inputs import AdversarialInputs, DenoisingInputs, VAEInputs
from bench.training.rng import NoiseTape, Rng
from tests.laws.cases import images, points, run

SMALL: dict[str, Any] = {"width": 16, "depth": 2, "latent": 4}


def rng(dtype: torch.dtype = torch.float64) -> Rng:
    return Rng(NoiseTape([0], torch.device("cpu"), dtype), 0, 0, "test", taped=False)


def built(game: Game, data: Data | None = None) -> tuple[Game, dict[str, Tensor], Batch]:
    data = data or points()
    made = game.build(data)
    params = {p: made.init(p, 0).double() for p in made.players}
    return made, params, Batch(data.x[:8].double(), data.labels[:8] if data.labels is not None else ())


# DDGAN


@pytest.mark.parametrize("t", [2.0, 3.0, 4.0])
def test_ddgan_posterior_and_forward_step_meet(t: float) -> None:
    """q(x_{t-1}|x0) has the moments that x_t ~ q(x_t|x0) and then the posterior give: the law of total variance."""
    game = DDGAN()
    now, before = game.kept(torch.tensor([t, t - 1], dtype=torch.float64))
    times, zero = torch.full((1,), t, dtype=torch.float64), torch.zeros(1, 1, dtype=torch.float64)
    one = zero + 1
    from_x0 = game.posterior(one, zero, times, zero) + game.posterior(zero, one, times, zero) * now.sqrt()
    assert from_x0.item() == pytest.approx(before.sqrt().item(), rel=1e-12)
    spread = game.posterior(zero, one, times, zero) ** 2 * (1 - now) + game.posterior(zero, zero, times, one) ** 2
    assert spread.item() == pytest.approx((1 - before).item(), rel=1e-12)


@pytest.mark.parametrize("steps", [2, 4, 8])
def test_ddgan_has_the_papers_rates_and_its_codes_are_near(steps: int) -> None:
    """β_t = 1 - exp(-β_min/T - ½(β_max - β_min)(2t - 1)/T²); the code's times are ε + (1 - ε) t/T, ε = 1e-3."""
    game, t = DDGAN(steps=steps), torch.arange(1, steps + 1, dtype=torch.float64)
    ours = 1 - game.kept(t) / game.kept(t - 1)
    paper = 1 - (-0.1 / steps - 0.5 * 19.9 * (2 * t - 1) / steps**2).exp()
    assert torch.allclose(ours, paper, rtol=0, atol=1e-12)
    shifted = [game.kept(steps * (1e-3 + (1 - 1e-3) * when / steps)) for when in (t, t - 1)]
    gap = (1 - shifted[0] / shifted[1] - ours).abs().max().item()
    assert 3e-4 < gap < 2e-3


def test_ddgan_tells_its_networks_the_time_of_the_noisier_sample() -> None:
    """(x_t, t), as t/T: 1 at the noisiest step, and never 0."""
    game, params, batch = built(DDGAN(**SMALL, steps=3))
    told: list[Tensor] = []

    class Listening:
        def at(self, theta: Tensor) -> Any:
            def judge(x: Tensor, t: Tensor, **more: Any) -> Tensor:
                told.append(t)
                return x.sum(1)

            return judge

    heard = replace(game, nets={**game.nets, "D": Listening()})
    heard.loss_inputs("D", params, batch._replace(x=batch.x.repeat(8, 1)), rng()).r  # noqa: B018
    assert set((3 * told[0]).round(decimals=9).tolist()) == {1.0, 2.0, 3.0}


def test_ddgan_ends_on_the_generators_guess_and_starts_in_noise() -> None:
    game = DDGAN()
    first, x0, x1 = torch.ones(3, dtype=torch.float64), torch.randn(3, 2), torch.randn(3, 2)
    assert torch.allclose(game.posterior(x0.double(), x1.double(), first, torch.ones(3, 2)), x0.double(), atol=1e-12)
    assert game.kept(torch.tensor(4.0)) < 1e-4


def test_ddgan_real_and_fake_share_what_the_critic_sees_beside_them() -> None:
    game, params, batch = built(DDGAN(**SMALL))
    inputs = game.loss_inputs("G", params, batch, rng())
    assert torch.equal(inputs.generate(inputs.z), inputs.fake)
    moved = inputs.critic(inputs.real + 1)
    assert not torch.equal(moved, inputs.r)
    assert inputs.features(inputs.real).shape == (8, 16)


def test_a_perfect_ddgan_generator_gives_the_datas_moments() -> None:
    """On data N(0, 1) with draws from the posterior p(x0|x_t) in place of G, the chain ends on N(0, 1)."""
    game, noise = DDGAN(), rng()
    x = noise.normal(200_000, 1)
    for t in (4, 3, 2, 1):
        times = torch.full((len(x),), float(t), dtype=torch.float64)
        kept = game.kept(times)[:, None]
        x0 = kept.sqrt() * x + (1 - kept).sqrt() * noise.normal(*x.shape)
        x = game.posterior(x0, x, times, noise.normal(*x.shape))
    assert x.std().item() == pytest.approx(1, abs=0.01)  # six standard errors


@pytest.mark.parametrize("arch", ["unet", "dcgan"])
def test_ddgan_on_images(arch: str) -> None:
    engine = Engine(DDGAN(arch=arch, width=8, latent=4), images(), [0], [R1()], batch=8)
    state = run(engine, 2)
    assert state.alive.all()
    assert engine.sample(state, 3).shape == (1, 3, 1, 8, 8)
    assert engine.nfe == 4


# VAE-GAN


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


def test_cramer_critic_and_energy_distance() -> None:
    a, b = torch.tensor([[0.0, 0.0], [3.0, 4.0]]), torch.tensor([[0.0, 0.0]])
    assert torch.equal(distances(a, b), torch.tensor([[0.0], [5.0]]))
    game, params, batch = built(CramerGAN(**SMALL, size=3))
    inputs = game.loss_inputs("G", params, batch, rng())
    h, g = inputs.embed(inputs.real), inputs.embed(inputs.fake)
    assert h.shape == (8, 3)
    pairs = torch.cdist(g, g)
    wanted = 2 * torch.cdist(h, g).mean() - pairs.sum() / 56
    assert torch.allclose(game.objective("G", inputs), wanted)


@dataclass(frozen=True)
class Moved(Stabilizer):
    """All that the critic sees is moved to the right."""

    inputs_type = AdversarialInputs

    def loss_inputs(self, inputs: AdversarialInputs, at: StepContext) -> AdversarialInputs:
        return replace(inputs, real=inputs.real + 3, fake=inputs.fake + 3)


def test_cramer_anchors_are_shown_as_fakes_are() -> None:
    """The critic of moved samples compares with moved anchors: f(x) = E‖h(x) - h(x' + 3)‖ - ‖h(x)‖."""
    plain, moved = cramer(), cramer(Moved())
    assert torch.equal(moved.anchors, plain.anchors + 3)
    assert torch.equal(moved.fake, plain.fake + 3)
    h, known = moved.embed(moved.real), moved.embed(plain.anchors + 3)
    torch.testing.assert_close(moved.r, torch.cdist(h, known).mean(1) - h.norm(dim=1))
    assert not torch.allclose(moved.r, plain.critic(moved.real))  # what it was with anchors that stayed


def test_cramer_anchors_have_noise_of_their_own_and_of_the_same_size() -> None:
    plain, noisy = cramer(), cramer(InstanceNoise(std=2.0))
    noise, beside = noisy.anchors - plain.anchors, noisy.fake - plain.fake
    for drawn in (noise, beside):
        assert drawn.std().item() == pytest.approx(2, rel=0.05)  # of 4096 numbers, four standard errors
    assert abs(torch.corrcoef(torch.stack([noise.flatten(), beside.flatten()]))[0, 1]) < 0.07
    torch.testing.assert_close(cramer(InstanceNoise(std=2.0)).anchors, noisy.anchors, rtol=0, atol=0)


def test_cramer_anchors_are_noised_by_presgan_and_not_chosen_by_topk() -> None:
    plain = cramer()
    assert torch.equal(cramer(TopK(share=0.5, decay=0.5, every=1)).anchors, plain.anchors)
    assert (cramer(PresGAN(start=0.2, most=0.3)).anchors - plain.anchors).std().item() == pytest.approx(0.2, rel=0.1)
    with pytest.raises(ValueError, match="can't be told any"):
        Engine(CramerGAN(**SMALL), points(), [0], [DiffusionGAN()])


def test_cramer_anchors_are_augmented() -> None:
    """Images of a constant: `color` changes every anchor, each by itself."""
    game = CramerGAN(arch="dcgan", width=4)
    engine = Engine(game, images(), [0], [DiffAugment(policy=("color",))], batch=8, mapping="loop", dtype=torch.float64)
    shown, bare = (
        inputs_of(one) for one in (engine, Engine(game, images(), [0], batch=8, mapping="loop", dtype=torch.float64))
    )
    changed = (shown.anchors - bare.anchors).flatten(1).abs().amax(1)
    assert (changed > 1e-3).all()


def cramer(*parts: Stabilizer) -> Embedded:
    return inputs_of(Engine(CramerGAN(**SMALL), points(), [0], parts, batch=2048, mapping="loop", dtype=torch.float64))


def inputs_of(engine: Engine) -> Embedded:
    """What the generator's loss sees, at the first weights."""
    state = engine.init_state()
    params = {p: v[0] for p, v in state.params.items()}
    memory = torch.utils._pytree.tree_map(lambda x: x[0], state.memory)  # type: ignore[attr-defined]
    batch = Batch(engine.draw_batch(state).x[0])
    at = engine.context(state, 0, "test", taped=False, player="G", memory=memory, params=params, batch=batch)
    inputs = engine.game.loss_inputs("G", params, batch, at.rng.fork("game"))
    shown: Embedded = engine.stack.loss_inputs(inputs, at)
    return shown


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
