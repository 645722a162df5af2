"""Golden trajectories: planted bugs show, harmless changes don't, and files that can't be used are one line."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import torch

import bench
from bench.data.ring import Ring
from bench.evaluation import evaluator
from bench.gate import golden, golden_file
from bench.running.cells import Cell, cells
from bench.stabilizers.ema import EMA
from bench.stabilizers.gradient_penalty import GradientPenalty
from bench.stabilizers.r1 import R1
from bench.training import gan_losses, optimizers
from bench.training.engine import Engine
from bench.training.game import Batch
from bench.training.loss_inputs import VAEInputs

SUITE = Path(bench.__file__).parents[1] / "suites/ci.yaml"
Plant = Callable[[pytest.MonkeyPatch], None]


@cache
def of_suite() -> tuple[Cell, ...]:
    return tuple(cells(bench.load_suite(SUITE)))


@cache
def before() -> golden_file.Golden:
    return golden.record(of_suite())


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


PLANTED: dict[str, tuple[Plant, set[str]]] = {
    "R1 halved": (halved(R1), {"GAN + R1"}),
    "gradient penalty halved": (halved(GradientPenalty), {"WGAN-GP"}),
    "EMA left out": (no_ema, {"EDM + EMA"}),
    "another beta of Adam": (other_beta, {"GAN + R1", "WGAN-GP", "VAE", "DDPM", "EDM + EMA", "flow"}),
    "KL halved": (halved_kl, {"VAE"}),
    "data a tenth larger": (larger_data, {"GAN + R1", "WGAN-GP", "VAE", "DDPM", "EDM + EMA", "flow"}),
    "half of the rows never drawn": (half_of_the_rows, {"GAN + R1", "WGAN-GP", "VAE", "DDPM", "EDM + EMA", "flow"}),
    "one batch for all critic steps": (fewer_critic_steps, {"WGAN-GP"}),
    "judged on training data": (judged_on_training_data, {"GAN + R1", "WGAN-GP", "VAE", "DDPM", "EDM + EMA", "flow"}),
}


@pytest.mark.parametrize("bug", PLANTED)
def test_a_planted_bug_shows_and_only_where_it_is(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plant, where = PLANTED[bug]
    kept = before()
    plant(monkeypatch)
    assert {one.line.method for one in golden.compare(kept, golden.record(of_suite()))} == where


def test_a_repetition_changes_nothing() -> None:
    assert golden.compare(before(), golden.record(of_suite())) == []


def test_sums_in_another_order_change_bits_and_no_trajectory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Adam's update as the paper writes it, the corrected moments first: the same numbers but for rounding."""
    kept = before()

    def adam(lr: float, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8) -> optimizers.Optimizer:
        plain, (b1, b2) = true(lr, betas, eps), betas

        def update(grad, memory, theta):
            t, m, v = memory["t"] + 1, b1 * memory["m"] + (1 - b1) * grad, b2 * memory["v"] + (1 - b2) * grad * grad
            corrected = m / (1 - b1**t), v / (1 - b2**t)
            return -lr * corrected[0] / (corrected[1].sqrt() + eps), {"t": t, "m": m, "v": v}

        return plain._replace(update=update)

    true = optimizers.adam
    monkeypatch.setattr(optimizers, "adam", adam)
    other = golden.record(of_suite())
    assert [line.numbers for line in other.lines] != [line.numbers for line in kept.lines]
    assert golden.compare(kept, other) == []


def test_the_first_step_that_differs_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = before()
    true = gan_losses.pair
    louder = lambda word: gan_losses.Pair(lambda inputs: 1.5 * true(word).critic(inputs), true(word).generator)  # noqa: E731
    monkeypatch.setattr(gan_losses, "pair", louder)
    first, *_ = golden.compare(kept, golden.record([cell for cell in of_suite() if cell.method.label == "WGAN-GP"]))
    assert first.quantity == "grad_norm_D at step 1"
    assert str(first).startswith("ring / WGAN-GP, seed 0: grad_norm_D at step 1 was ")


def test_another_machine_is_compared_with_the_wider_tolerance() -> None:
    kept = before()
    line = kept.lines[0]
    name = "loss_net at step 1"
    moved = replace(line, numbers=line.numbers | {name: line.numbers[name] * (1 + 1e-4)})
    after = golden_file.Golden((moved,), kept.made)
    assert [one.quantity for one in golden.compare(kept, after)] == [name]
    elsewhere = golden_file.Golden((moved,), {**kept.made, "machine": "another"})
    assert golden.compare(kept, elsewhere) == []
    same, said = golden.report(kept, elsewhere, everything=False)
    assert same
    assert "within 0.001, since they were recorded on machine" in said[-1]


def test_a_file_gives_back_what_was_written_and_equal_ones_are_equal_bytes(tmp_path: Path) -> None:
    golden_file.write(tmp_path / "a", before())
    golden_file.write(tmp_path / "b", before())
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert golden.compare(golden_file.read(tmp_path / "a"), before()) == []


@pytest.mark.parametrize(
    "content",
    ["", "{}", '{"golden": 2}', '{"golden": 1}\n{"dataset": 3}', "[1]", "\x00", '{"golden": 1}\n{"numbers": []}'],
)
def test_a_file_that_cannot_be_used_is_one_line(tmp_path: Path, content: str) -> None:
    (tmp_path / "f").write_text(content)
    with pytest.raises(golden_file.GoldenError, match="record them anew") as caught:
        golden_file.read(tmp_path / "f")
    assert len(str(caught.value).splitlines()) == 1


def test_cells_that_were_never_recorded_and_those_that_are_gone_are_said() -> None:
    part = golden_file.Golden(before().lines[2:], before().made)
    same, said = golden.report(part, before())
    assert not same
    assert said[0].startswith("never recorded: ring / DDPM")
    same, said = golden.report(before(), part)
    assert not same
    assert "no more in the suite: ring / DDPM" in said[0]
    assert golden.report(before(), part, everything=False)[0]


def test_the_committed_trajectories_are_those_of_this_code() -> None:
    """On another processor or version of torch within the wider tolerance."""
    path = SUITE.parents[1] / "results/baselines/ci.golden.jsonl"
    assert json.loads(path.read_text().splitlines()[0])["golden"] == golden_file.VERSION
    same, said = golden.report(golden_file.read(path), before())
    assert same, "\n".join(said)


def test_nothing_random_is_moved() -> None:
    state = torch.get_rng_state()
    golden.record(of_suite()[:1])
    assert torch.equal(state, torch.get_rng_state())
