"""The law of traces: a step that is traced and run as a graph is the engine's own step, bit for bit, whatever is trained."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bench.training.trace import TracedStep
from tests.laws.cases import MODELS, bits_agree, engine, methods, poison

SEEDS = [3, 5]
STEPS = 4
OFTEN = {"models": 3, "stabilizers": 12}  # of so many one is tried in the default run, and all with `-m long`
ENDLESS = {"competitive"}  # a trace of several minutes: its conjugate gradients are unrolled


def _marked() -> list[Any]:
    cases = methods()
    rare = {case.id for k, case in enumerate(cases[: len(MODELS)]) if k % OFTEN["models"]}
    rare |= {case.id for k, case in enumerate(cases[len(MODELS) :]) if k % OFTEN["stabilizers"]}
    marks = {case.id: [pytest.mark.long] * (case.id in rare) for case in cases}
    return [pytest.param(*case.values, id=case.id, marks=marks[case.id]) for case in cases if case.id not in ENDLESS]


@pytest.mark.parametrize(("game", "data", "parts"), _marked())
def test_a_traced_step_is_the_step(game: Any, data: Any, parts: Any) -> None:
    machine = engine((game, data, parts), SEEDS)
    traced = TracedStep(machine, "graph")
    here = there = machine.init_state()
    for step in range(STEPS):
        here, there = machine.step(here), traced(there)
        assert traced.why is None
        assert bits_agree(here, there), f"step {step}"


@pytest.mark.parametrize("name", ["gan", "edm"])
def test_a_dead_seed_stays_where_it_was(name: str) -> None:
    """C6, and C1: the others' bits are those of the engine."""
    (case,) = [case for case in methods() if case.id == name]
    machine = engine(case.values, SEEDS)
    traced = TracedStep(machine, "graph")
    start = traced(machine.init_state())
    here = there = replace(poison(start, 1), step=start.step)
    for _ in range(2):
        here, there = machine.step(here), traced(there)
    assert there.alive.tolist() == [True, False]
    assert there.died_at.tolist() == here.died_at.tolist() == [-1, 1]
    assert bits_agree(here, there)
