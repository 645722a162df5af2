"""Stacks that once did something else than their parts say, without a word: each with the right value."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from bench.data.gaussian import Gaussian
from bench.data.point import Point
from bench.models.bilinear import Bilinear
from bench.models.cramer_gan import CramerGAN
from bench.models.ddpm import DDPM
from bench.models.dirac import Dirac
from bench.models.flow import Flow
from bench.models.gan import GAN
from bench.models.hopf import Hopf
from bench.models.oracle import Oracle
from bench.models.refined_gan import RefinedGAN
from bench.plugins import find
from bench.probes._probe_batches import map_loss_inputs
from bench.probes.denoising_error import DenoisingError
from bench.probes.gradients import Gradients
from bench.probes.sampler_spread import SamplerSpread
from bench.probes.spectrum import Spectrum
from bench.probes.step_radius import StepRadius
from bench.training.engine import Engine
from bench.training.hooks import Stabilizer
from bench.training.state import State
from tests.laws.cases import points, run


def word(name: str, **options: Any) -> Stabilizer:
    return find("stabilizers", name)(**options)  # type: ignore[no-any-return]


def engine(game: Any, *parts: Stabilizer, data: Any = None, **more: Any) -> Engine:
    return Engine(game, data or Point().load(), [0], parts, dtype=torch.float64, **({"batch": 64} | more))


def at_zero(machine: Engine) -> State:
    state = machine.init_state()
    return replace(state, params={p: 0 * v for p, v in state.params.items()})


@pytest.mark.parametrize("more", [(), ("lookahead",)], ids=["", "lookahead"])
def test_a_frozen_player_is_not_clipped(more: tuple[str, ...]) -> None:
    """Its box is for when it moves: in the other's update, and in Lookahead's synchronisation, it stands still."""
    parts = [word("freeze", player="D", until=3), word("weight_clip"), *map(word, more)]
    machine = engine(GAN(loss="wasserstein"), *parts, data=points())
    begun = machine.init_state()
    assert float(begun.params["D"].abs().max()) > 0.1
    assert torch.equal(run(machine, 3).params["D"], begun.params["D"])
    assert float(run(machine, 4).params["D"].abs().max()) <= 0.01


@pytest.mark.parametrize("other", ["spectral_norm", "progressive_growing"])
def test_unrolled_weights_are_altered_on_whichever_side_it_stands(other: str) -> None:
    losses = []
    for order in (1, -1):
        machine = engine(GAN(), *[word("unrolled", lr=1e-9), word(other)][::order], data=points())
        state = machine.init_state()
        losses.append(float(machine.game_gradient(state, machine.draw_batch(state), ("G",)).losses["G"]))
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)
    plain = engine(GAN(), word("unrolled", lr=1e-9), data=points())
    state = plain.init_state()
    raw = float(plain.game_gradient(state, plain.draw_batch(state), ("G",)).losses["G"])
    assert abs(losses[0] - raw) > 1e-3


@pytest.mark.parametrize("order", [1, -1])
def test_fakes_are_ranked_as_the_critic_sees_them(order: int) -> None:
    """A quarter of 64, four times each; noised after the ranking, all 64 were others."""
    parts = [word("topk", share=0.25, decay=0.1, every=1), word("instance_noise")][::order]
    machine = engine(GAN(), *parts, data=points())
    shown = map_loss_inputs(machine, run(machine, 3), "G", lambda inputs, at: inputs.f)[0]
    assert len(shown.unique()) == 16


@pytest.mark.parametrize("other", ["pulling_away", "minibatch_discrimination", "minibatch_stddev", "gdpp"])
def test_the_best_fakes_twice_are_no_batch_to_compare(other: str) -> None:
    with pytest.raises(ValueError, match="the best fakes fill the batch, some of them twice"):
        engine(GAN(), word("topk"), word(other), data=points())
    assert "cramer_gan compares each with the rest" in str(word("topk").refuses(CramerGAN()))


@pytest.mark.parametrize("other", ["offset_noise", "ot_coupling"])
def test_pairs_of_a_flow_stay_pairs(other: str) -> None:
    with pytest.raises(ValueError, match=r"the noise that made them|pairs of noise and data"):
        engine(Flow(), word("reflow"), word(other), data=points())


@pytest.mark.parametrize("weight", ["min_snr", "p2"])
def test_the_last_level_has_a_weight_wherever_the_denoiser_is(weight: str) -> None:
    silent = DDPM(target="v", zero_snr=True)
    for game in (silent, RefinedGAN(refiner=silent), Oracle(of=silent)):
        assert "its weight of the last level is 0" in str(word(weight).refuses(game))
    assert word(weight).refuses(RefinedGAN(refiner=DDPM(target="v"))) is None


def test_what_probes_read_of_a_step_does_not_depend_on_which_step_it_is() -> None:
    """A penalty of every fourth step is there at each, a fourth as strong."""
    lazy, plain = engine(Dirac(lr=0.2), word("r1", every=4)), engine(Dirac(lr=0.2), word("r1"))
    state, found = at_zero(lazy), []
    for step in range(4):
        found.append(float(StepRadius().measure(lazy, replace(state, step=torch.tensor(step)))["step_radius"]))
    expected = float(StepRadius().measure(plain, at_zero(plain))["step_radius"])
    assert found == pytest.approx([expected] * 4, rel=1e-9)
    assert expected < 0.99
    for step in (0, 1):
        here, there = (replace(machine.init_state(), step=torch.tensor(step)) for machine in (lazy, plain))
        cosines = [Gradients().measure(m, s)["grad_cosine_D"] for m, s in ((lazy, here), (plain, there))]
        assert torch.allclose(*cosines, rtol=1e-12)


def test_a_second_look_is_the_refiners_and_not_the_drafts() -> None:
    """One draft, and five steps of two passes."""
    game = RefinedGAN(refiner=Flow(sample_steps=10, sampler="euler"), start=0.5)
    assert engine(game, data=points()).nfe == 6
    assert engine(game, word("self_conditioning"), data=points()).nfe == 11


def known(probe: Any, machine: Engine) -> bool:
    return bool(probe.predictions(machine))


@pytest.mark.parametrize(
    "parts",
    [
        [word("competitive", eta=1.0)],
        [word("negative_momentum", beta=-0.5), word("negative_momentum", beta=-0.3)],
        [word("optimistic"), word("optimistic"), word("simultaneous")],
        [word("lookahead", every=5)],
    ],
    ids=["another step", "twice", "twice optimistic", "a part of a period"],
)
def test_no_closed_form_for_what_has_none(parts: list[Stabilizer]) -> None:
    assert not known(StepRadius(), engine(Bilinear(lr=0.2), *parts))


def test_closed_forms_stay_where_they_hold() -> None:
    assert known(StepRadius(), engine(Bilinear(lr=0.2), word("competitive")))
    assert known(StepRadius(steps=5), engine(Bilinear(lr=0.2), word("lookahead", every=5)))
    assert not known(StepRadius(), engine(Dirac(lr=0.2), word("r1", paced=True)))
    assert known(StepRadius(), engine(Dirac(lr=0.2), word("r1")))
    assert not known(Spectrum(), engine(Hopf(lr=0.1, mu=0.2, omega=0.0), word("simultaneous")))
    assert known(Spectrum(), engine(Hopf(lr=0.1, mu=0.2), word("simultaneous")))


@pytest.mark.parametrize(
    ("part", "holds"), [("ema", True), ("min_snr", True), ("ot_coupling", False), ("offset_noise", False)]
)
def test_a_samplers_spread_is_that_of_pairs_that_meet_by_chance(part: str, holds: bool) -> None:
    machine = engine(Flow(sampler="euler", sample_steps=2), word(part), data=Gaussian().load())
    assert known(SamplerSpread(), machine) == known(DenoisingError(), machine) == holds
