"""Adversarial flow models (Lin et al. 2025), held to their equations."""

from __future__ import annotations

import pytest
import torch

from bench.models.adversarial_flow import AdversarialFlow
from bench.stabilizers.r1 import R1
from bench.stabilizers.r2 import R2
from bench.training import gan_losses
from bench.training.engine import Engine
from tests.laws.cases import images, points, run
from tests.models.small import built, rng


@pytest.mark.parametrize("steps", [1, 4])
def test_the_losses_are_the_papers(steps: int) -> None:
    game, params, batch = built(AdversarialFlow(width=16, depth=2, transport=0.3, centring=0.07, sample_steps=steps))
    pair = gan_losses.pair("relativistic")
    inputs = game.loss_inputs("G", params, batch, rng())
    way = (inputs.fake - inputs.source).square().flatten(1).mean(1) * steps
    torch.testing.assert_close(game.objective("G", inputs), pair.generator(inputs) + 0.3 * way.mean())
    centre = (inputs.critic(inputs.real) + inputs.critic(inputs.fake)).square().mean()
    torch.testing.assert_close(game.objective("D", inputs), pair.critic(inputs) + 0.07 * centre)
    torch.testing.assert_close(inputs.generate(inputs.z), inputs.fake)


def test_one_leap_starts_at_noise_and_is_judged_beside_clean_data() -> None:
    game, params, batch = built(AdversarialFlow(width=16, depth=2))
    inputs = game.loss_inputs("D", params, batch, rng())
    assert torch.equal(inputs.real, batch.x)
    assert torch.equal(inputs.source, inputs.z.view(batch.x.shape))


def test_leaps_are_between_neighbouring_times() -> None:
    """The source at s and the real sample at s - 1/k have the data's share 1 - s and 1 - s + 1/k, each of its own noise."""
    game, params, batch = built(AdversarialFlow(width=16, depth=2, sample_steps=4))
    ones = torch.ones(20_000, 2, dtype=torch.float64)
    inputs = game.loss_inputs("D", params, batch._replace(x=ones), rng())
    assert (inputs.real - inputs.source).mean().item() == pytest.approx(0.25, abs=0.02)
    assert inputs.source.mean().item() == pytest.approx(1 - (0.25 + 0.5 + 0.75 + 1) / 4, abs=0.02)
    assert game.nfe == 4
    assert game.paired


def test_transport_shortens_the_way() -> None:
    """With a heavy penalty the generator is nearly the identity; without, a GAN's map."""
    ways = []
    for transport in (0.0, 100.0):
        game = AdversarialFlow(width=32, depth=2, lr=4e-3, transport=transport)
        engine = Engine(game, points(), [0], [R1(0.5), R2(0.5)], batch=64, mapping="loop")
        state = run(engine, 60)
        params = {p: v[0] for p, v in state.params.items()}
        batch = engine.draw_batch(state)
        with torch.no_grad():
            inputs = engine.game.loss_inputs(
                "G", params, batch._replace(x=batch.x[0]), engine.context(state, 0, "x").rng
            )
        ways.append(float((inputs.landed - inputs.source).square().mean()))
    assert ways[1] < 0.2 < 0.4 < ways[0]


@pytest.mark.parametrize("steps", [1, 2])
def test_it_trains_on_images(steps: int) -> None:
    engine = Engine(AdversarialFlow(width=8, sample_steps=steps), images(), [0], [R1()], batch=8)
    state = run(engine, 2)
    assert state.alive.all()
    assert engine.sample(state, 3).shape == (1, 3, 1, 8, 8)
