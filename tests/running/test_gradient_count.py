"""Gradients a step, against what each update rule's paper says that a step costs."""

from __future__ import annotations

import pytest
import torch

from bench.data.ring import Ring
from bench.models.edm import EDM
from bench.models.gan import GAN
from bench.running.gradient_count import gradients_per_step
from bench.stabilizers.consensus import Consensus
from bench.stabilizers.extragradient import Extragradient
from bench.stabilizers.n_critic import NCritic
from bench.stabilizers.r1 import R1
from bench.stabilizers.sga import SGA
from bench.stabilizers.simultaneous import Simultaneous
from bench.training.engine import Engine
from bench.training.hooks import Stabilizer


@pytest.mark.parametrize(
    ("stabilizers", "count"),
    [
        ((), 2),
        ((R1(),), 2),
        ((Simultaneous(),), 2),
        ((NCritic(steps=5),), 6),
        ((Extragradient(),), 4),
        ((Consensus(),), 4),  # v and the gradient of ½‖v‖²
        ((SGA(),), 6),  # v, Jᵀv and Jv
    ],
)
def test_of_a_gan(stabilizers: tuple[Stabilizer, ...], count: int) -> None:
    engine = Engine(GAN(width=4, depth=1), Ring().load(), (0, 1), stabilizers, batch=64)
    state = engine.init_state()
    before = {p: v.clone() for p, v in state.params.items()}
    assert gradients_per_step(engine, state) == count
    assert all(torch.equal(state.params[p], v) for p, v in before.items())
    assert int(state.step) == 0


def test_a_lone_player_takes_one() -> None:
    engine = Engine(EDM(width=4, depth=1), Ring().load(), (0,), batch=64)
    assert gradients_per_step(engine, engine.init_state()) == 1
