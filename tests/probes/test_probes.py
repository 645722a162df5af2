"""Probes leave no trace, and say what is so."""

from __future__ import annotations

from math import exp

import pytest
import torch

from bench.models.dirac import Dirac
from bench.models.gan import GAN
from bench.plugins import find, words
from bench.probes.gradients import Gradients
from bench.probes.saturation import Saturation
from bench.stabilizers.extragradient import Extragradient
from bench.stabilizers.gradient_penalty import GradientPenalty
from bench.training.engine import Engine
from tests.theory.play import machine, put, run


def measured(engine: Engine, **params: list[list[float]]) -> dict[str, float]:
    """Both probes' numbers of the first seed, with the players put somewhere."""
    state = put(engine.init_state(), **params)
    found = Gradients().measure(engine, state) | Saturation().measure(engine, state)
    return {name: float(values[0]) for name, values in found.items()}


@pytest.mark.parametrize("word", words("probes"))
@pytest.mark.parametrize("parts", [(GradientPenalty(),), (Extragradient(), GradientPenalty())])
def test_inert(word: str, parts: tuple[object, ...]) -> None:
    """Looking at every step changes no bit of what follows."""
    probe = find("probes", word)()
    game = GAN(width=8, depth=2)
    plain, looked = (machine(game, *parts, dim=2, batch=16) for _ in range(2))  # type: ignore[arg-type]
    a, b = plain.init_state(), looked.init_state()
    for _ in range(4):
        before = torch.random.get_rng_state()
        if probe.fits(looked.game):
            for name, values in probe.measure(looked, b).items():
                assert values.shape == (3,), name
                assert not values.requires_grad, name
        assert torch.equal(before, torch.random.get_rng_state())
        a, b = plain.step(a), looked.step(b)
    assert all(torch.equal(a.params[p], b.params[p]) for p in a.params)


def test_gradients_of_the_dirac_gan() -> None:
    """Wasserstein: loss_G = -ψθ and loss_D = ψθ, so ‖g_G‖ = |ψ|, ‖g_D‖ = |θ|, and each fake feels ψ."""
    found = measured(machine(Dirac(loss="wasserstein"), seeds=1), G=[[3.0]], D=[[0.5]])
    assert found["grad_norm_G"] == pytest.approx(0.5, rel=1e-7)
    assert found["grad_norm_D"] == pytest.approx(3.0, rel=1e-7)
    assert found["grad_ratio"] == pytest.approx(1 / 6, rel=1e-7)
    assert found["grad_vanished"] == 0
    assert found["grad_cosine_D"] == pytest.approx(1)


def test_overshooting_shows_in_the_cosine() -> None:
    """With lr = 10, ψ jumps from .5 to .5 - 30 and θ = 3 to 3 - 295: both gradients turn round."""
    found = measured(machine(Dirac(loss="wasserstein", lr=10.0), seeds=1), G=[[3.0]], D=[[0.5]])
    assert found["grad_cosine_G"] == pytest.approx(-1)
    assert found["grad_cosine_D"] == pytest.approx(-1)


def test_a_critic_that_is_sure_leaves_a_saturating_generator_no_gradient() -> None:
    """loss_G = -log(1 + e^f) has slope σ(f)·ψ at a fake: 1e-5 at f = -12; the non-saturating one keeps (1 - σ(f))·ψ."""
    at = {"G": [[-12.0]], "D": [[1.0]]}
    assert measured(machine(Dirac(loss="saturating"), seeds=1), **at)["grad_vanished"] == 1
    assert measured(machine(Dirac(loss="non_saturating"), seeds=1), **at)["grad_vanished"] == 0


def test_saturation_of_the_dirac_gan() -> None:
    """On `point` every real logit is 0 and every fake logit is ψθ = -6."""
    found = measured(machine(Dirac(), seeds=1), G=[[-3.0]], D=[[2.0]])
    assert found["critic_real"] == pytest.approx(0.5)
    assert found["critic_fake"] == pytest.approx(1 / (1 + exp(6)), rel=1e-7)
    assert (found["critic_sure_real"], found["critic_sure_fake"]) == (0, 1)
    assert found["critic_accuracy"] == 0.5  # a logit of 0 is no answer
    assert found["critic_sign"] == 0
    assert found["critic_gap"] == pytest.approx(6, rel=1e-7)


def test_probes_have_noise_of_their_own() -> None:
    """On `point` all batches are equal, so only the latent noise can tell a probe's gradient from training's."""
    engine = machine(GAN(width=8, depth=2), dim=2, batch=16)
    state = run(engine, 1)
    assert not torch.equal(
        engine.game_gradient(state, engine.draw_batch(state), ("G",)).grads["G"],
        engine.game_gradient(state, engine.draw_batch(state, purpose="probe"), ("G",), name="probe", taped=False).grads[
            "G"
        ],
    )
