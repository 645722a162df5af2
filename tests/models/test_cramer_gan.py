"""Cramér GAN (Bellemare et al. 2017): its critic, and its anchors, which are shown as fakes are."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
import torch

from bench.models.cramer_gan import CramerGAN, Embedded, distances
from bench.stabilizers.diffaugment import DiffAugment
from bench.stabilizers.diffusion_gan import DiffusionGAN
from bench.stabilizers.instance_noise import InstanceNoise
from bench.stabilizers.presgan import PresGAN
from bench.stabilizers.topk import TopK
from bench.training.engine import Engine
from bench.training.game import Batch
from bench.training.hooks import Stabilizer, StepContext
from bench.training.loss_inputs import AdversarialInputs
from tests.laws.cases import images, points
from tests.models.small import SMALL, built, rng


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
