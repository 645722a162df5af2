"""Options that change while training goes on."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from bench.models.adversarial_flow import AdversarialFlow
from bench.models.gan import GAN
from bench.stabilizers._cosine import between
from bench.stabilizers.anneal import Anneal
from bench.stabilizers.ema import EMA
from bench.stabilizers.instance_noise import InstanceNoise
from bench.stabilizers.r1 import R1
from bench.stabilizers.r2 import R2
from bench.stabilizers.transport_schedule import TransportSchedule
from bench.suite.grammar import read
from bench.suite.options import make
from bench.training.engine import Engine
from bench.training.game import Batch
from bench.training.hooks import Stabilizer
from tests.laws.cases import points, run


def engine_of(*parts: Stabilizer, game: Any = None) -> Engine:
    game = game or GAN(width=8, depth=1)
    return Engine(game, points(), [0], parts, batch=8, mapping="loop", dtype=torch.float64)


def loss_at(engine: Engine, step: int, player: str) -> float:
    state = engine.init_state()
    at = engine.context(
        state, 0, "G0", player=player, memory=((),) * len(engine.stack.parts), batch=Batch(engine.x[:8])
    )
    at = type(at)(**{**vars(at), "step": torch.tensor(step)})
    return float(engine.loss({p: v[0] for p, v in state.params.items()}, at)[0])


def test_half_a_cosine() -> None:
    found = [float(between(2.0, 0.2, torch.tensor(step), 4)) for step in (0, 2, 4, 9)]
    assert found == pytest.approx([2.0, 1.1, 0.2, 0.2])


@pytest.mark.parametrize("kind", [R1, R2])
def test_an_annealed_penalty_is_the_penalty_of_that_weight(kind: Any) -> None:
    engine = engine_of(Anneal(kind(weight=2.0), "weight", 0.2, steps=4))
    for step, weight in ((0, 2.0), (2, 1.1), (9, 0.2)):
        assert loss_at(engine, step, "D") == pytest.approx(loss_at(engine_of(kind(weight=weight)), step, "D"), rel=1e-6)
        assert loss_at(engine, step, "G") == pytest.approx(loss_at(engine_of(), step, "G"), rel=1e-6)


def test_what_losses_see_is_annealed_too() -> None:
    """Noise that ends at 0 is none."""
    quiet = engine_of(Anneal(InstanceNoise(std=0.5), "std", 0.0, steps=4))
    assert loss_at(quiet, 4, "D") == pytest.approx(loss_at(engine_of(), 4, "D"), rel=1e-12)
    assert loss_at(quiet, 0, "D") != pytest.approx(loss_at(engine_of(), 0, "D"), rel=1e-3)


def test_it_is_written_around_a_stabilizer() -> None:
    (_, _, part), *_ = make("stabilizers", read("anneal(r2(weight=2), option=weight, to=0.2, steps=100)")[0])
    assert part == Anneal(R2(weight=2.0), "weight", 0.2, 100)
    assert (part.works_on, part.lazy) == ("D", False)
    assert run(engine_of(part), 2).alive.all()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((EMA(),), "ema works on eval_params and init_memory and update_memory too"),
        ((R1(), "wieght"), "'wieght' is no option of r1 .*did you mean 'weight'"),
        ((R1(), "every"), "'every' is no option of r1 that is a number with a fraction"),
        ((R1(), "weight", -1.0), "to=-1 for weight of r1: -1 is out of range"),
        ((Anneal(),), "annealed already"),
    ],
)
def test_what_can_not_be_annealed(given: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Anneal(*given)


def test_transport_fades() -> None:
    game = AdversarialFlow(width=8, depth=1, transport=0.5)
    engine = engine_of(TransportSchedule(share=0.1, steps=10), game=game)
    early, late = (loss_at(engine, step, "G") for step in (0, 10))
    assert early == pytest.approx(loss_at(engine_of(game=game), 0, "G"), rel=1e-12)
    faded = engine_of(game=AdversarialFlow(width=8, depth=1, transport=0.05))
    assert late == pytest.approx(loss_at(faded, 10, "G"), rel=1e-6)
    assert loss_at(engine, 10, "D") == pytest.approx(loss_at(engine_of(game=game), 10, "D"), rel=1e-12)
