"""A field that is bent by nothing is the field; an extragradient step replays its noise; critics get their turns."""

from __future__ import annotations

import pytest
import torch

from bench.models.dirac import Dirac
from bench.models.gan import GAN
from bench.stabilizers.extragradient import Extragradient
from bench.stabilizers.gradient_penalty import GradientPenalty
from bench.stabilizers.n_critic import NCritic
from tests.theory.play import machine, run


@pytest.mark.parametrize("mapping", ["vmap", "loop"])
def test_through_identity(mapping: str) -> None:
    engine = machine(GAN(width=8, depth=2), GradientPenalty(), dim=2, mapping=mapping, batch=16)
    state = run(engine, 2)
    batch = engine.draw_batch(state)
    plain = engine.game_gradient(state, batch, ("G", "D"))
    bent = engine.game_gradient(state, batch, ("G", "D"), transform=lambda f: f)
    for p in plain.grads:
        torch.testing.assert_close(bent.grads[p], plain.grads[p], rtol=1e-10, atol=1e-12)
        assert torch.equal(bent.losses[p], plain.losses[p])


def test_extragradient_replays_batch_and_noise() -> None:
    """With a learning rate of 0 both halves stand at one point, where equal noise gives equal losses."""
    still = machine(GAN(lr=0.0, width=8, depth=2), Extragradient(), GradientPenalty(), dim=2, batch=16)
    state = still.init_state()
    batch = still.draw_batch(state)
    assert torch.equal(still.step(state).losses["D"], still.game_gradient(state, batch, ("G", "D")).losses["D"])


def test_n_critic_moves_the_critic_n_times() -> None:
    """Three moves of the critic at a fixed generator, and one of the generator; on `point` no batch matters."""
    engine = machine(Dirac(loss="wasserstein", lr=0.25), NCritic(3))
    state = engine.init_state()
    theta, psi = state.params["G"], state.params["D"]
    after = engine.step(state)
    expected = psi - 3 * 0.25 * theta  # loss_D = ψθ
    torch.testing.assert_close(after.params["D"], expected, rtol=1e-14, atol=1e-14)
    torch.testing.assert_close(after.params["G"], theta + 0.25 * expected, rtol=1e-14, atol=1e-14)


def test_the_generator_moves_several_times() -> None:
    """One move of the critic at a fixed generator, and two of the generator at the critic's new place."""
    engine = machine(Dirac(loss="wasserstein", lr=0.25), NCritic(1, generator_steps=2))
    state = engine.init_state()
    theta, psi = state.params["G"], state.params["D"]
    after = engine.step(state)
    expected = psi - 0.25 * theta
    torch.testing.assert_close(after.params["D"], expected, rtol=1e-14, atol=1e-14)
    torch.testing.assert_close(after.params["G"], theta + 2 * 0.25 * expected, rtol=1e-14, atol=1e-14)


def test_each_move_of_the_generator_has_noise_of_its_own() -> None:
    """With a learning rate of 0 two moves see the same nets: their losses differ by the draws alone."""
    losses = []
    for steps in (1, 2):
        engine = machine(GAN(lr=0.0, width=8, depth=2), NCritic(1, generator_steps=steps), dim=2, batch=16)
        losses.append(engine.step(engine.init_state()).losses["G"])
    assert not torch.equal(*losses)
