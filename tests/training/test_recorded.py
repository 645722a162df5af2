"""Steps and samples as pure functions: what they read is handed in, and other steps and blocks are the same function."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from bench.training import trace
from bench.training.engine import Engine
from bench.training.recorded import Pure
from bench.training.state import State
from bench.training.trace import TracedStep
from tests.laws.cases import BATCH, MODELS, bits_agree, game, points, run

SEEDS = [3, 5]


@pytest.fixture
def captured(monkeypatch: pytest.MonkeyPatch) -> None:
    """A capture that needs no GPU: the function itself, with copies of what it is given."""
    monkeypatch.setattr(trace, "CudaGraph", lambda pure: lambda *given: pure(*(x.clone() for x in given)))


@pytest.mark.usefixtures("captured")
@pytest.mark.parametrize("model", MODELS)
def test_samples_are_one_function_of_the_state_and_the_noise(model: str) -> None:
    machine = Engine(game(model), points(), SEEDS, batch=BATCH)
    traced, state = TracedStep(machine, "cuda"), run(machine, 2)
    later = machine.step(state)
    for at, n in ((state, 8), (later, 8), (later, 12)):
        assert torch.equal(traced.sample(at, n), machine.sample(at, n))
    assert traced.why_samples is None
    assert {size: len(made) for size, made in traced.samplers.items()} == {8: 1, 12: 1}


@pytest.mark.usefixtures("captured")
def test_blocks_of_samples_share_a_program_and_have_noise_of_their_own() -> None:
    machine = Engine(game("edm"), points(), SEEDS, batch=BATCH)
    traced, state = TracedStep(machine, "cuda"), machine.init_state()
    drawn = machine.sample(state, 24, block=8, draw=traced._draw)
    assert torch.equal(drawn, machine.sample(state, 24, block=8))
    assert list(traced.samplers) == [8]
    assert len(torch.unique(drawn.flatten(0, 1), dim=0)) == 48


@pytest.mark.usefixtures("captured")
def test_a_captured_step_holds_its_data_where_they_are() -> None:
    machine = Engine(game("gan"), points(), SEEDS, batch=BATCH)
    traced = TracedStep(machine, "cuda")
    here = there = machine.init_state()
    for _ in range(3):
        here, there = machine.step(here), traced(there)
        assert bits_agree(here, there)
    (program,) = traced.programs
    assert not any(x is machine.x for x in program.pure.leaves(here, "", 3))


def test_what_fails_while_it_is_captured_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(pure: Pure) -> Any:
        raise RuntimeError("operation not permitted when stream is capturing")

    monkeypatch.setattr(trace, "CudaGraph", broken)
    machine = Engine(game("gan"), points(), SEEDS, batch=BATCH)
    traced, state = TracedStep(machine, "cuda"), machine.init_state()
    assert bits_agree(traced(state), machine.step(state))
    assert torch.equal(traced.sample(state, 8), machine.sample(state, 8))
    for why in (traced.why, traced.why_samples):
        assert str(why).startswith("RuntimeError: operation not permitted when stream is capturing")
    assert traced.seconds > 0


def test_other_noise_each_time_is_refused() -> None:
    machine = Engine(game("gan"), points(), SEEDS, batch=BATCH)
    state, calls = machine.init_state(), iter(range(9))

    def task(state: State, name: str) -> Tensor:
        return machine.draw_samples(state, f"{name}/{next(calls)}", 8)

    pure = Pure(machine, task, state, "sample0", 0, with_data=False)
    with pytest.raises(RuntimeError, match="reads other noise each time"):
        pure(*pure.leaves(state, "sample0", 0))
    assert machine.noise is not pure.recorder
