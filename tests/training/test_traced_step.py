"""Steps as traced programs: which ones there are, what they cost, and what is done where there can be none."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from bench.laws.training import Memory
from bench.models.flow import Flow
from bench.records import store
from bench.running import costs, seed_block, stepping
from bench.running.plan import plan
from bench.running.stepping import Stepping
from bench.stabilizers.r1 import R1
from bench.stabilizers.reflow import Reflow
from bench.suite.load import load_suite
from bench.training import trace
from bench.training.engine import Engine
from bench.training.game import Params
from bench.training.hooks import Stabilizer, StepContext
from bench.training.loop import train
from bench.training.trace import TracedStep
from tests.laws.cases import BATCH, bits_agree, game, points

Write = Callable[[str], Path]


def engine(*parts: Stabilizer, word: str = "gan", **more: Any) -> Engine:
    return Engine(game(word), points(), [3, 5], parts, batch=BATCH, **more)


def test_a_lazy_penalty_is_two_programs() -> None:
    machine = engine(R1(weight=1.0, every=3))
    traced = TracedStep(machine, "graph")
    here = there = machine.init_state()
    for _ in range(7):
        here, there = machine.step(here), traced(there)
        assert bits_agree(here, there)
    due, between = traced.programs
    assert due.nodes > between.nodes
    assert [due.fits(step) for step in range(7)] == [True, False, False, True, False, False, True]


def test_what_comes_every_so_many_steps_comes_then() -> None:
    machine = Engine(Flow(width=16, depth=2), points(), [3], (Reflow(every=2, rounds=1, pairs=32),), batch=BATCH)
    traced = TracedStep(machine, "graph")
    here = there = machine.init_state()
    for _ in range(5):
        here, there = machine.step(here), traced(there)
        assert traced.why is None
        assert bits_agree(here, there)
    assert [[p.fits(step) for step in range(5)] for p in traced.programs] == [
        [True, False, True, True, True],
        [False, True, False, False, False],
    ]


@pytest.mark.parametrize("mapping", ["vmap", "loop"])
def test_an_interrupted_run_goes_on_bit_for_bit(mapping: str) -> None:
    machine, memory = engine(R1(weight=1.0, every=2), mapping=mapping), Memory()
    whole = train(machine, steps=6, traced=TracedStep(machine, "graph"))
    memory.save(train(machine, steps=3, traced=TracedStep(machine, "graph")).save())
    resumed = train(machine, steps=6, checkpoint=memory, traced=TracedStep(machine, "graph"))
    assert bits_agree(whole.state, resumed.state)
    assert bits_agree(whole.state, train(machine, steps=6).state)


@dataclass(frozen=True, kw_only=True)
class Looks(Stabilizer):
    """Asks the host about a tensor on the way, as no stabilizer may under vmap."""

    def loss(self, loss: Tensor, inputs: Any, at: StepContext) -> Tensor:
        return loss * 2 if bool(loss.detach() > 0) else loss


@dataclass(frozen=True)
class Peeks(Stabilizer):
    """Scales weights by a number that no graph can follow."""

    def params_after_step(self, params: Params, at: StepContext) -> Params:
        return {p: w * (1 - 0.1 * float(w.detach().numpy().std())) for p, w in params.items()}


@pytest.mark.parametrize(
    ("part", "said"),
    [(Looks(), ""), (Peeks(), "it looks at numbers outside torch, and a graph would keep what it saw")],
    ids=["an if", "numpy"],
)
def test_what_cannot_be_traced_is_run_by_the_engine_and_says_why(part: Stabilizer, said: str) -> None:
    """Numpy looks past what traces: the graph would go on with the first step's number."""
    machine = engine(part, mapping="loop")
    traced = TracedStep(machine, "graph")
    here = there = machine.init_state()
    for _ in range(3):
        here, there = machine.step(here), traced(there)
        assert bits_agree(here, there)
    assert traced.why is not None
    assert said in traced.why
    assert not traced.programs


def test_a_step_of_very_many_operations_is_not_traced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace, "LONGEST", 10)
    traced = TracedStep(machine := engine(), "graph")
    assert bits_agree(traced(machine.init_state()), machine.step(machine.init_state()))
    assert re.fullmatch(r"Untraceable: a step of \d{3} operations takes too long to trace .*", str(traced.why))


def test_making_programs_is_no_training() -> None:
    machine = engine()
    history = train(machine, steps=3, traced=TracedStep(machine, "graph"))
    assert history.timing["compiling"] > 0
    assert history.timing["training"] > 0


def test_auto_compiles_what_takes_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    beside = tmp_path / "seeds-3-5.pt"
    short = Stepping(engine(), "auto", 10, beside)
    assert short.traced is None
    assert "s of training" in short.said["why"]
    assert json.loads((tmp_path / "seeds-3-5.stepping.json").read_text())["how"] == "off"
    kept = Stepping(engine(), "auto", 10**9, beside)
    assert kept.said["how"] == "off", "what was chosen when the run began holds when it goes on"
    kept.remove()
    long = Stepping(engine(), "auto", 10**9, beside)
    assert long.traced is not None
    assert long.traced.how == "inductor"
    long.remove()
    monkeypatch.setattr(stepping, "no_compiler", lambda: "no C++ compiler is found")
    for asked in ("auto", "inductor"):
        assert Stepping(engine(), asked, 10**9, beside).said == {
            "asked": asked, "how": "off", "why": "no C++ compiler is found",
        }  # fmt: skip
        (tmp_path / "seeds-3-5.stepping.json").unlink(missing_ok=True)


def test_a_cuda_graph_needs_a_gpu(tmp_path: Path) -> None:
    said = Stepping(engine(), "cuda", 100, tmp_path / "a.pt").said
    assert said == {"asked": "cuda", "how": "off", "why": "a CUDA graph needs a GPU, and this is a cpu"}


TEXT = """
suite: toy
seeds: 2
train: {{steps: 6, batch: 16, evaluate_every: 3, compile: {compile}}}
datasets: {{ring8: ring(n=500)}}
methods: {{GAN: gan(width=8, depth=1)}}
metrics: [sliced_wasserstein(n=200)]
"""


def test_a_record_says_how_steps_were_run(write: Write, tmp_path: Path) -> None:
    records = {}
    for how in ("off", "graph"):
        (job,) = plan(load_suite(write(TEXT.format(compile=how))), tmp_path / how).jobs
        assert seed_block.run(job).status == "done"
        (records[how],) = store.load_records(tmp_path / how / "toy")
    assert records["off"]["compile"] == {"asked": "off", "how": "off", "why": None}
    said = records["graph"]["compile"]
    assert (said["asked"], said["how"], said["why"], said["programs"]) == ("graph", "graph", None, 1)
    assert records["graph"]["timing"]["compiling"] > 0
    assert records["off"]["key"] != records["graph"]["key"]
    assert [s["outcome"] for s in records["off"]["seeds"]] == [s["outcome"] for s in records["graph"]["seeds"]]


def test_a_plan_knows_the_price_of_compiling(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prices = {}
    for how in ("off", "graph", "inductor", "auto"):
        (job,) = plan(load_suite(write(TEXT.format(compile=how))), tmp_path / how).jobs
        prices[how] = costs.measure(job.cell, job.seeds, "cpu", seconds=0.01)
    assert prices["off"].compiling == prices["graph"].compiling == prices["auto"].compiling == 0
    assert prices["off"].source == "timing of training"
    assert prices["inductor"].compiling >= stepping.LEAST
    assert re.fullmatch(r"timing of training, \d+ s to compile", prices["inductor"].source)
    monkeypatch.setattr(stepping, "WORTH", 0.0)
    assert costs.measure(job.cell, job.seeds, "cpu", seconds=0.01).compiling == prices["inductor"].compiling


@pytest.mark.long
@pytest.mark.filterwarnings("default")
def test_inductor_rounds_otherwise_and_no_more() -> None:
    machine = engine(R1(weight=1.0))
    traced = TracedStep(machine, "inductor")
    here = there = machine.init_state()
    for _ in range(5):
        here, there = machine.step(here), traced(there)
    assert traced.why is None
    for player in here.params:
        torch.testing.assert_close(there.params[player], here.params[player], rtol=0, atol=1e-5)


@pytest.mark.gpu
def test_a_lazy_penalty_is_two_cuda_graphs() -> None:
    machine = engine(R1(weight=1.0, every=2), device="cuda", mapping="vmap")
    traced = TracedStep(machine, "cuda")
    here = there = machine.init_state()
    for _ in range(6):
        here, there = machine.step(here), traced(there)
        assert bits_agree(here, there)
    assert traced.why is None
    assert len(traced.programs) == 2
