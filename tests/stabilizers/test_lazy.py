"""Lazy penalties: the same on the steps that have them, nothing computed on the others, and the paper's pace."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from bench.models.dirac import Dirac
from bench.models.gan import GAN
from bench.probes.gradients import Gradients
from bench.probes.losses import Losses, mean_losses
from bench.probes.spectrum import Spectrum
from bench.stabilizers._lazy import lazily, paced
from bench.stabilizers.grad_clip import GradClip
from bench.stabilizers.gradient_penalty import GradientPenalty
from bench.stabilizers.pacgan import PacGAN
from bench.stabilizers.path_length import PathLength
from bench.stabilizers.r1 import R1
from bench.stabilizers.r2 import R2
from bench.training import optimizers
from bench.training.engine import Engine
from tests.laws.cases import gap, points, run
from tests.stabilizers.contexts import context
from tests.theory.play import machine, put

GAME: dict[str, Any] = {"width": 16, "depth": 2, "latent": 4, "optimizer": "sgd"}


def engine(*parts: Any, **more: Any) -> Engine:
    return Engine(GAN(**GAME | more), points(), [0, 1], parts, batch=16, dtype=torch.float64, mapping="vmap")


def test_a_penalty_is_asked_for_every_kth_step_only() -> None:
    asked = []

    def penalty() -> torch.Tensor:
        asked.append(1)
        return torch.tensor(2.0)

    values = [float(lazily(4, context(step=step), penalty)) for step in range(9)]
    assert values == [8, 0, 0, 0, 8, 0, 0, 0, 8]
    assert len(asked) == 3


@pytest.mark.parametrize(
    ("lazy", "strong"),
    [
        (R1(weight=1.0, every=3), R1(weight=3.0)),
        (R2(weight=1.0, every=3), R2(weight=3.0)),
        (GradientPenalty(weight=1.0, every=3), GradientPenalty(weight=3.0)),
        (PathLength(weight=1.0, every=3), PathLength(weight=3.0)),
    ],
    ids=lambda part: type(part).__name__,
)
def test_lazy_steps_are_strong_and_the_others_bare(lazy: Any, strong: Any) -> None:
    """Its first step is that of a penalty three times as strong; the two that follow are those of a bare GAN."""
    first = run(engine(lazy), 1)
    assert gap(first, run(engine(strong), 1)) < 1e-14
    bare = engine()
    onward = bare.step(bare.step(_without_memory(first)))
    assert gap(run(engine(lazy), 2, first), onward) == 0
    assert gap(run(engine(lazy), 3, first), bare.step(onward)) > 0


def _without_memory(state: Any) -> Any:
    return replace(state, memory=(), collected={})


@pytest.mark.parametrize("parts", [(R1, R2), (GradientPenalty,), (PathLength,)], ids=lambda parts: parts[0].__name__)
def test_whoever_looks_sees_the_mean_game(parts: tuple[Any, ...]) -> None:
    """At a step that has the penalty and at one that has none, a probe reads what it reads where it always comes."""
    lazy, steady = engine(*(part(every=4) for part in parts)), engine(*(part() for part in parts))
    state = run(lazy, 4)
    for _ in range(2):
        state = lazy.step(state)
        for probe in (Gradients(), Spectrum(vectors=3)):
            found, wanted = (
                {k: v for k, v in probe.measure(machine, state).items() if "cosine" not in k}  # that of a training step
                for machine in (lazy, steady)
            )
            assert found.keys() == wanted.keys()
            torch.testing.assert_close(found, wanted, rtol=1e-6, atol=1e-9)  # Arnoldi's steps amplify the last bits


def test_a_loss_trace_has_no_period() -> None:
    """The losses that it reads are those of the mean game, at any step; of a game without lazy parts, training's own."""
    lazy, steady = engine(R1(weight=30.0, every=4)), engine(R1(weight=30.0))
    state = lazy.init_state()
    for _ in range(9):
        state = lazy.step(state)
        torch.testing.assert_close(Losses().measure(lazy, state)["loss_D"], mean_losses(steady, state)["D"])
    assert torch.equal(Losses().measure(steady, state)["loss_D"], state.losses["D"])


def test_the_spectrum_of_a_lazy_dirac_game_is_that_of_the_steady_one() -> None:
    """Three steps after the penalty came, and at the next: critical learning rates as if it always came."""
    lazy = machine(Dirac(lr=0.05), R1(weight=1.0, every=16))
    wanted = Spectrum().predictions(lazy)["spectrum_critical_lr"]
    still = put(lazy.init_state(), G=[[0.0]] * 3, D=[[0.0]] * 3)
    for steps in (15, 16, 19):
        found = Spectrum().measure(lazy, replace(still, step=torch.tensor(steps)))["spectrum_critical_lr"]
        assert found.tolist() == pytest.approx([wanted] * 3, abs=1e-7)


def test_paced_is_the_optimizer_of_the_paper() -> None:
    """lr · c and βᶜ with c = k/(k + 1)."""
    made, wanted = (
        paced(16, optimizers.adam(1e-3, (0.5, 0.99))),
        optimizers.adam(1e-3 * 16 / 17, (0.5 ** (16 / 17), 0.99 ** (16 / 17))),
    )
    theta, grad = torch.zeros(3), torch.tensor([1.0, -2.0, 0.5])
    memories = made.init(theta), wanted.init(theta)
    for _ in range(3):
        a, first = made.update(grad, memories[0], theta)
        b, second = wanted.update(grad, memories[1], theta)
        memories = first, second
        assert torch.equal(a, b)


def test_paced_concerns_its_own_player() -> None:
    plain, slower = run(engine(R1(every=4)), 1), run(engine(R1(every=4, paced=True)), 1)
    start = engine().init_state()
    moved = [state.params["D"] - start.params["D"] for state in (plain, slower)]
    assert torch.allclose(moved[1], 0.8 * moved[0], rtol=1e-9)


def test_paced_has_to_come_before_what_wraps_the_optimizer() -> None:
    with pytest.raises(ValueError, match="write it left of"):
        engine(GradClip(), R1(every=4, paced=True))


def test_a_batch_that_can_not_be_packed_is_refused_before_training() -> None:
    with pytest.raises(ValueError, match=r"pacgan: a batch of 16 is no multiple of pack=3"):
        engine(PacGAN(pack=3))
