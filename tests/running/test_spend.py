"""What a step costs, against what each update rule's paper says; and suites of equal budgets."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from bench.data.ring import Ring
from bench.models.edm import EDM
from bench.models.gan import GAN
from bench.records import store
from bench.running.cells import cells
from bench.running.plan import plan
from bench.running.seed_block import run
from bench.running.spend import Spend, spend_per_step
from bench.stabilizers.consensus import Consensus
from bench.stabilizers.extragradient import Extragradient
from bench.stabilizers.n_critic import NCritic
from bench.stabilizers.pacgan import PacGAN
from bench.stabilizers.r1 import R1
from bench.stabilizers.sga import SGA
from bench.stabilizers.simultaneous import Simultaneous
from bench.suite.load import load_suite
from bench.suite.yaml_lines import SuiteError
from bench.training.engine import Engine
from bench.training.hooks import Stabilizer


@pytest.mark.parametrize(
    ("stabilizers", "spent"),
    [
        ((), Spend(2, 2, 64)),
        ((R1(),), Spend(2, 2, 64)),
        ((Simultaneous(),), Spend(2, 2, 64)),
        ((NCritic(steps=5),), Spend(6, 6, 5 * 64)),
        ((PacGAN(pack=4),), Spend(2, 2, 64)),
        ((PacGAN(pack=4, batch_of="packs"),), Spend(2, 2, 4 * 64)),
        ((NCritic(steps=1, generator_steps=2),), Spend(3, 3, 2 * 64)),
        ((Extragradient(),), Spend(4, 4, 64)),
        ((Consensus(),), Spend(2, 4, 64)),  # v and the gradient of ½‖v‖²
        ((SGA(),), Spend(2, 6, 64)),  # v, Jᵀv and Jv
    ],
)
def test_of_a_gan(stabilizers: tuple[Stabilizer, ...], spent: Spend) -> None:
    engine = Engine(GAN(width=4, depth=1), Ring().load(), (0, 1), stabilizers, batch=64)
    state = engine.init_state()
    before = {p: v.clone() for p, v in state.params.items()}
    assert spend_per_step(engine, state) == spent
    assert all(torch.equal(state.params[p], v) for p, v in before.items())
    assert int(state.step) == 0


def test_a_lone_player_takes_one() -> None:
    engine = Engine(EDM(width=4, depth=1), Ring().load(), (0,), batch=64)
    assert spend_per_step(engine, engine.init_state()) == Spend(1, 1, 64)


SUITE = """
suite: fair
seeds: 2
train: {budget: {%s}, evaluate_every: %s, batch: 8}
datasets: {ring: 'ring(n=64, held_out=64)'}
methods:
  GAN: gan(width=4, depth=1)
  GAN 5: gan(width=4, depth=1) + n_critic(steps=5)
  EDM: edm(width=4, depth=1, sample_steps=2)
metrics: [energy(n=32)]
"""


def steps(folder: Path, budget: str, every: int = 0) -> dict[str, tuple[int, int]]:
    (folder / "fair.yaml").write_text(SUITE % (budget, every))
    found = cells(load_suite(folder / "fair.yaml"))
    return {cell.method.label: (cell.train.steps, cell.train.evaluate_every) for cell in found}


def test_every_cell_ends_at_the_same_spend_to_a_step(tmp_path: Path) -> None:
    assert steps(tmp_path, "gradients: 65", 20) == {"GAN": (32, 10), "GAN 5": (10, 4), "EDM": (65, 20)}
    assert steps(tmp_path, "updates: 60") == {"GAN": (30, 0), "GAN 5": (10, 0), "EDM": (60, 0)}
    assert steps(tmp_path, "samples: 400") == {"GAN": (50, 0), "GAN 5": (10, 0), "EDM": (50, 0)}


def test_a_budget_is_the_steps_that_it_pays_for(tmp_path: Path) -> None:
    """The same key: what a cell trained under a budget is not trained again under as many steps."""
    steps(tmp_path, "gradients: 60", 20)
    paid = {cell.method.label: cell.key for cell in cells(load_suite(tmp_path / "fair.yaml"))}
    text = (
        (tmp_path / "fair.yaml")
        .read_text()
        .replace("budget: {gradients: 60}, evaluate_every: 20", "steps: 30, evaluate_every: 10")
    )
    (tmp_path / "fair.yaml").write_text(text)
    plain = {cell.method.label: cell.key for cell in cells(load_suite(tmp_path / "fair.yaml"))}
    assert plain["GAN"] == paid["GAN"]
    assert plain["EDM"] != paid["EDM"]


def test_a_record_says_what_a_step_costs_and_what_was_paid(tmp_path: Path) -> None:
    steps(tmp_path, "gradients: 60", 20)
    for job in plan(load_suite(tmp_path / "fair.yaml"), tmp_path / "out").jobs:
        assert run(job).status == "done"
    for record in store.load_records(tmp_path / "out"):
        price = record["gradients_per_step"]
        assert record["train"]["budget"] == {"currency": "gradients", "amount": 60}
        assert record["train"]["steps"] * price == 60
        rows = store.load(tmp_path / "out")
        mine = rows[(rows["method"] == record["method"]["label"]) & (rows["kind"] == "score")]
        assert sorted(mine["step"].unique() * price) == ([24, 48, 60] if price == 6 else [20, 40, 60])


@pytest.mark.parametrize(
    ("train", "line"),
    [
        ("{budget: {seconds: 60}}", r"fair.yaml:4: train.budget: seconds buy another number of steps"),
        ("{budget: {steps: 60}}", r"train.budget: 'steps' is none of updates, gradients, samples; steps are 'steps'"),
        ("{budget: {gradients: 1.5}}", r"expected a whole number of gradients, at least 1, not 1.5"),
        ("{budget: {gradients: 9, samples: 9}}", r"expected one currency and an amount"),
        ("{budget: 60000}", r"expected one currency and an amount, as in \{gradients: 60000\}, not 60000"),
        ("{budget: {gradients: 60}, steps: 3}", r"training is as long as its steps or its budget: give one"),
        ("{batch: 8}", r"the key 'steps' is missing, or 'budget'"),
        ("{budget: {gradients: 5}}", r"methods.GAN 5: on ring a step costs 6 gradients, and the budget is 5"),
    ],
)
def test_what_is_no_budget_is_refused_with_its_place(tmp_path: Path, train: str, line: str) -> None:
    steps(tmp_path, "gradients: 60")
    text = (tmp_path / "fair.yaml").read_text().replace("{budget: {gradients: 60}, evaluate_every: 0, batch: 8}", train)
    (tmp_path / "fair.yaml").write_text(text)
    with pytest.raises(SuiteError, match=line):
        cells(load_suite(tmp_path / "fair.yaml"))


EXPERIMENTS = """
suite: fair
seeds: 2
train: {steps: 60, evaluate_every: 20, batch: 8}
datasets: {ring: 'ring(n=64, held_out=64)'}
methods: {GAN: 'gan(width=4, depth=1)'}
experiments:
  plain: {asks: a}
  paid: {asks: b, train: %s}
metrics: [energy(n=32)]
"""


def test_an_experiment_may_have_a_budget_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "fair.yaml"
    path.write_text(EXPERIMENTS % "{budget: {gradients: 40}, evaluate_every: 20}")
    found = {cell.method.label: cell.train for cell in cells(load_suite(path))}
    assert {label: train.steps for label, train in found.items()} == {"GAN": 60, "GAN [gradients=40]": 20}
    path.write_text(EXPERIMENTS % "{budget: {gradients: 40}}")
    with pytest.raises(SuiteError, match="'evaluate_every' is counted in gradients here, and in steps in the suite"):
        load_suite(path)


def test_a_claim_beyond_the_budget_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "fair.yaml"
    claim = "claims: {c: {is: EDM, better_than: GAN 5, in: quality, at: {%s}}}\n"
    for at, why in (
        ("gradients: 66", "claims.c: 'at' is 66 gradients, and GAN 5 on ring is trained for 60"),
        ("steps: 11", "claims.c: 'at' is 11 steps, and GAN 5 on ring is trained for 10"),
        ("samples: 521", "'at' is 521 samples, and GAN 5 on ring is trained for 400"),
    ):
        path.write_text((SUITE % ("gradients: 65", 0)).replace("seeds: 2", "seeds: 10") + claim % at)
        with pytest.raises(SuiteError, match=why):
            cells(load_suite(path))
    path.write_text((SUITE % ("gradients: 65", 20)).replace("seeds: 2", "seeds: 10") + claim % "gradients: 60")
    assert len(cells(load_suite(path))) == 3


def test_a_claim_before_the_first_evaluation_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "fair.yaml"
    path.write_text(
        (SUITE % ("gradients: 60", 20)).replace("seeds: 2", "seeds: 10")
        + "claims: {c: {is: EDM, better_than: GAN, in: quality, at: {gradients: 19}}}\n"
    )
    with pytest.raises(SuiteError, match="'at' is 19 gradients, and GAN on ring is first evaluated at 20"):
        cells(load_suite(path))
