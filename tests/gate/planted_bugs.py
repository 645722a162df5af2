"""Bugs that tests plant one at a time, and the cells of suites/ci.yaml in which each must show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from bench.data.ring import Ring
from bench.diffusion.samplers import SAMPLERS
from bench.evaluation import evaluator
from bench.gate import golden_record
from bench.gate.golden_file import DATA
from bench.models.ddpm import DDPM
from bench.models.edm import EDM
from bench.stabilizers.ema import EMA
from bench.stabilizers.gradient_penalty import GradientPenalty
from bench.stabilizers.r1 import R1
from bench.training import optimizers
from bench.training.engine import Engine
from bench.training.game import Batch
from bench.training.loss_inputs import VAEInputs
from bench.training.rng import NoiseTape

Plant = Callable[[pytest.MonkeyPatch], None]


def halved(cls: type) -> Plant:
    true = cls.penalty  # type: ignore[attr-defined]
    return lambda patch: patch.setattr(cls, "penalty", lambda self, inputs, at: true(self, inputs, at) / 2)


def no_ema(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(EMA, "eval_params", lambda self, params, at: params)


def other_beta(patch: pytest.MonkeyPatch) -> None:
    true = optimizers.adam
    patch.setattr(optimizers, "adam", lambda lr, betas=(0.9, 0.999), eps=1e-8: true(lr, (betas[0], 0.99), eps))


def halved_kl(patch: pytest.MonkeyPatch) -> None:
    true = VAEInputs.__init__
    patch.setattr(VAEInputs, "__init__", lambda self, *a, **k: true(self, *a, **k | {"beta": 0.5}))


def larger_data(patch: pytest.MonkeyPatch) -> None:
    true = Ring.load

    def load(self):
        data = true(self)
        return replace(data, x=1.1 * data.x)

    patch.setattr(Ring, "load", load)


def half_of_the_rows(patch: pytest.MonkeyPatch) -> None:
    true = Engine.draw_batch

    def draw(self, state, substep=0, **more):
        whole, self.x = self.x, self.x[: len(self.x) // 2]
        try:
            return true(self, state, substep, **more)
        finally:
            self.x = whole

    patch.setattr(Engine, "draw_batch", draw)


def fewer_critic_steps(patch: pytest.MonkeyPatch) -> None:
    true = Engine.draw_batch
    patch.setattr(Engine, "draw_batch", lambda self, state, substep=0, **more: Batch(*true(self, state, 0, **more)))


def judged_on_training_data(patch: pytest.MonkeyPatch) -> None:
    true = evaluator.Evaluator.__init__
    patch.setattr(
        evaluator.Evaluator,
        "__init__",
        lambda self, data, *a, **k: true(self, replace(data, held_out=data.x[: len(data.held_out)]), *a, **k),
    )


def level_off_by_one(patch: pytest.MonkeyPatch) -> None:
    true = DDPM.times
    patch.setattr(DDPM, "times", lambda self, n, rng: true(self, n, rng) - 1 / self.timesteps)


def one_step_less(patch: pytest.MonkeyPatch) -> None:
    true = EDM.grid
    patch.setattr(EDM, "grid", lambda self: [*true(self)[:-2], 0.0])


def last_step_dropped(patch: pytest.MonkeyPatch) -> None:
    true = golden_record.train
    patch.setattr(golden_record, "train", lambda engine, *, steps, **more: true(engine, steps=steps - 1, **more))


def one_noise_for_all_seeds(patch: pytest.MonkeyPatch) -> None:
    true = NoiseTape._draw
    patch.setattr(NoiseTape, "_draw", lambda self, seed, *more: true(self, 0, *more))


def repeated_blocks(patch: pytest.MonkeyPatch) -> None:
    true = Engine.context
    patch.setattr(
        Engine,
        "context",
        lambda self, state, lane, name, **more: true(self, state, lane, name.replace("golden1", "golden0"), **more),
    )


def other_null(patch: pytest.MonkeyPatch) -> None:
    true = golden_record.null_samples
    patch.setattr(golden_record, "null_samples", lambda data, n: 0.7 * true(data, n))


ALL = {"GAN + R1", "WGAN-GP", "VAE", "DDPM", "EDM + EMA", "flow"}
PLANTED: dict[str, tuple[Plant, set[str]]] = {
    "R1 halved": (halved(R1), {"GAN + R1"}),
    "gradient penalty halved": (halved(GradientPenalty), {"WGAN-GP"}),
    "EMA left out": (no_ema, {"EDM + EMA"}),
    "another beta of Adam": (other_beta, ALL),
    "KL halved": (halved_kl, {"VAE"}),
    "data a tenth larger": (larger_data, {*ALL, DATA}),
    "half of the rows never drawn": (half_of_the_rows, ALL),
    "one batch for all critic steps": (fewer_critic_steps, {"WGAN-GP"}),
    "judged on training data": (judged_on_training_data, {*ALL, DATA}),
    "noise level off by one": (level_off_by_one, {"DDPM"}),
    "one sampler step less": (one_step_less, {"EDM + EMA"}),
    "Euler for Heun": (lambda patch: patch.setattr(EDM, "walker", SAMPLERS["euler"]), {"EDM + EMA"}),
    "last step dropped": (last_step_dropped, ALL),
    "one noise for all seeds": (one_noise_for_all_seeds, ALL),
    "every block of samples the same": (repeated_blocks, ALL),
    "another null": (other_null, {DATA}),
}
