"""A suite file is read whole or refused with every mistake on a line of its own."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.claims import Margin, NonInferiority, Superiority
from bench.suite.load import load_suite
from bench.suite.yaml_lines import SuiteError

GOOD = """
suite: toy
asks: Which?
seeds: 3
train: {steps: 100, batch: 64}
datasets:
  ring8: ring(modes=8, std=0.02)
methods:
  GAN: gan(loss=hinge)
  GP: gan + gradient_penalty(2, target=0)
metrics: [modes_covered]
probes:
  - losses(every=10)
"""
Write = Callable[[str], Path]


def mistakes(path: Path) -> list[str]:
    with pytest.raises(SuiteError) as caught:
        load_suite(path)
    lines = str(caught.value).splitlines()
    assert lines == caught.value.problems
    assert all(line.startswith(f"{path}:") for line in lines)
    return [line.removeprefix(f"{path}:") for line in lines]


def test_reads_what_is_written(write: Write) -> None:
    suite = load_suite(write(GOOD))
    assert (suite.name, suite.asks, suite.seeds, suite.train.steps, suite.train.batch) == (
        "toy",
        "Which?",
        (0, 1, 2),
        100,
        64,
    )
    assert [m.label for m in suite.methods] == ["GAN", "GP"]
    assert suite.methods[0].game.loss == "hinge"
    penalty = suite.methods[1].stabilizers[0]
    assert (penalty.weight, penalty.target) == (
        2.0,
        0.0,
    )  # positional options fill the fields in order; an int is a float
    assert isinstance(penalty.weight, float)
    assert suite.probes[0].every == 10


def test_seeds_may_be_listed(write: Write) -> None:
    assert load_suite(write(GOOD.replace("seeds: 3", "seeds: [7, 3]"))).seeds == (7, 3)


def test_a_list_is_a_grid(write: Write) -> None:
    suite = load_suite(
        write(GOOD.replace("gan(loss=hinge)", "gan(lr=[1e-3, 1e-4], betas=(0, 0.9)) + ema(decay=[.9, .99])"))
    )
    labels = [m.label for m in suite.methods if m.row == "GAN"]
    assert labels == [f"GAN [lr={lr}, decay={d}]" for lr in ("0.001", "0.0001") for d in ("0.9", "0.99")]
    assert {(m.game.lr, m.stabilizers[0].decay) for m in suite.methods if m.row == "GAN"} == {
        (lr, d) for lr in (1e-3, 1e-4) for d in (0.9, 0.99)
    }
    assert suite.methods[0].call == "gan(lr=0.001, betas=(0, 0.9)) + ema(decay=0.9)"


def test_a_list_is_a_tuple_where_one_is_wanted(write: Write) -> None:
    suite = load_suite(write(GOOD.replace("loss=hinge", "betas=[0.5, 0.9]")))
    assert [m.label for m in suite.methods] == ["GAN", "GP"]
    assert suite.methods[0].game.betas == (0.5, 0.9)


MISTAKES = [
    # what is replaced, by what, the line's number and what it has to say
    ("gradient_penalty(2, target=0)", "gradient_penalty(wieght=1)", 10,
     "methods.GP: 'wieght' is not an option of gradient_penalty; did you mean 'weight'? (options: weight, "),
    ("gan(loss=hinge)", "gun(loss=hinge)", 9, "methods.GAN: no model is called 'gun'; did you mean 'gan'?"),
    ("gradient_penalty(2, target=0)", "emma", 10, "methods.GP: no stabilizer is called 'emma'; did you mean 'ema'?"),
    ("ring(modes=8", "rign(modes=8", 7, "datasets.ring8: no data set is called 'rign'; did you mean 'ring'?"),
    ("ring(modes=8", "ring(modes=8.5", 7, "datasets.ring8: option 'modes' of ring: expected a whole number, not 8.5"),
    ("ring(modes=8", "ring(modes=True", 7, "datasets.ring8: option 'modes' of ring: expected a whole number, not True"),
    ("loss=hinge", "loss=hinges", 9, "methods.GAN: option 'loss' of gan: 'hinges' is unknown; did you mean 'hinge'?"),
    ("loss=hinge", "conditional=true", 9,
     "methods.GAN: option 'conditional' of gan: expected True or False, not true; did you mean 'True'?"),
    ("loss=hinge", "optimizer=adm", 9,
     "methods.GAN: option 'optimizer' of gan: 'adm' is none of adam, adamw, muon, sgd, rmsprop; did you mean 'adam'?"),
    ("loss=hinge", "betas=(0.5,)", 9,
     "methods.GAN: option 'betas' of gan: expected 2 values (a number, a number), not (0.5,)"),
    ("loss=hinge", "lr=1e999", 9, "methods.GAN: option 'lr' of gan: expected a number, not inf"),
    ("loss=hinge", "lr=[]", 9, "methods.GAN: an empty list leaves nothing of 'gan(lr=[])'"),
    ("loss=hinge", "lr=1, lr=2", 9, "option 'lr' is given twice"),
    ("gan(loss=hinge)", "gan(loss=hinge", 9, "methods.GAN: can't read 'gan(loss=hinge': a bracket is open"),
    ("gan(loss=hinge)", "gan * 2", 9, "methods.GAN: can't read 'gan * 2'"),
    ("gan(loss=hinge)", "gan(lr=__import__('os').getpid())", 9, "methods.GAN: can't read"),
    ("gan(loss=hinge)", "", 9, "methods.GAN: expected a call like 'r1(weight=1)', not nothing"),
    ("  GP:", "  GAN:", 10, "methods: 'GAN' is given twice (first on line 9)"),
    ("  GP:", "  gan:", 10, "methods: 'gan' and 'GAN' would share the folder 'gan': use another label"),
    ("steps: 100, ", "", 5, "train: the key 'steps' is missing"),
    ("steps: 100", "step: 100", 5, "train: 'step' is not a key here; did you mean 'steps'?"),
    ("steps: 100", "steps: 0", 5, "train: steps has to be at least 1"),
    ("steps: 100", "steps: many", 5, "train.steps: expected a whole number, not 'many'"),
    ("seeds: 3", "seeds: 0", 4, "seeds: has to be at least 1"),
    ("seeds: 3", "seeds: [1, 1]", 4, "seeds: expected whole numbers, 0 or more, each named once"),
    ("seeds: 3", "seed: 3", 1, "the key 'seeds' is missing"),
    ("seeds: 3", "seed: 3", 4, "'seed' is not a key here; did you mean 'seeds'?"),
    ("suite: toy", "suite: ../toy", 2, "suite: '../toy' can't name a folder"),
    ("metrics: [modes_covered]", "metrics: [modes_covered, modes_covered]", 11, "would both be called 'modes_covered'"),
    ("metrics: [modes_covered]", "metrics: modes_covered", 11, "metrics: expected a list like [a, b(n=2)], not"),
    ("losses(every=10)", "looses", 13, "probes: no probe is called 'looses'; did you mean 'losses'?"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "line", "said"), MISTAKES, ids=[f"{new or 'nothing'}" for _, new, *_ in MISTAKES]
)
def test_every_mistake_has_its_line(write: Write, old: str, new: str, line: int, said: str) -> None:
    assert GOOD.count(old) >= 1
    found = mistakes(write(GOOD.replace(old, new, 1)))
    assert any(text.startswith(f"{line}: ") and said in text for text in found), found


def test_all_mistakes_are_said_at_once_in_the_order_of_the_file(write: Write) -> None:
    text = (
        GOOD.replace("ring(", "rign(")
        .replace("loss=hinge", "loss=x")
        .replace("target=0", "tarot=0")
        .replace("[mod", "[med")
    )
    found = mistakes(write(text))
    assert [int(line.partition(":")[0]) for line in found] == [7, 9, 10, 11]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file is empty"),
        ("# nothing\n", "the file is empty"),
        ("- a\n- b\n", "expected a mapping with the keys suite, asks, seeds"),
        ("just words", "expected a mapping"),
        ("a: [1, 2", "this is not YAML"),
        ("a: b: c", "this is not YAML"),
        ("a:\t- b\n\t- c", "this is not YAML"),
        ("a: \x00", "this is not YAML"),
        ("suite: &x [*x]", "an alias contains itself"),
    ],
)
def test_what_is_no_suite_at_all(write: Write, text: str, said: str) -> None:
    assert any(said in line for line in mistakes(write(text)))


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes("asks: caf\xe9".encode("latin-1"))
    for name, said in (("none.yaml", "there is no such file"), ("latin.yaml", "not UTF-8"), (".", "Is a directory")):
        with pytest.raises(SuiteError, match=said):
            load_suite(tmp_path / name)


CLAIMING = GOOD.replace("seeds: 3", "seeds: 5").replace("methods:", "  grid25: grid\nmethods:")
EXTRA = """
skip:
  - {dataset: ring8, method: GP, reason: too dear}
claims:
  GP helps: {is: GP, better_than: GAN, in: modes_covered, by: 1, on: [grid25]}
  GP is no worse: {is: GP, not_worse_than: GAN, in: modes_covered, by: 0.5, on: grid25}
gate:
  against: results/baselines/toy.jsonl
  within: {modes_covered: 0.5}
  waivers: [{dataset: ring8, method: GAN, metric: modes_covered, until: 2026-03-01, reason: known}]
timeout: 30
"""


def test_claims_gate_and_skip(write: Write) -> None:
    suite = load_suite(write(CLAIMING + EXTRA))
    by = {"method": "GP", "than": "GAN", "measure": "modes_covered"}
    assert suite.claims == (
        Superiority(name="GP helps", by=Margin(1.0), on=("grid25",), **by),
        NonInferiority(name="GP is no worse", by=Margin(0.5), on=("grid25",), **by),
    )
    assert suite.gate is not None
    assert suite.gate.within == {"modes_covered": 0.5}
    (waiver,) = suite.gate.waivers
    assert (waiver.key, str(waiver.until)) == (("ring8", "GAN", "modes_covered"), "2026-03-01")
    assert (suite.skip[0].reason, suite.timeout) == ("too dear", 30.0)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("reason: too dear", "why: too dear", "'why' is not a key here"),
        (", reason: too dear", "", "the key 'reason' is missing"),
        ("method: GP, reason", "method: PG, reason", "no method is called 'PG'"),
        ("dataset: ring8", "dataset: ring9", "no data set is called 'ring9'"),
        ("is: GP, better", "is: PG, better", "claims.GP helps: this suite has no method 'PG' (known: GAN, GP)"),
        ("better_than: GAN", "beter_than: GAN", "'beter_than' is no word of a claim; did you mean 'better_than'?"),
        ("in: modes_covered, by: 1", "in: modes_coverd, by: 1", "did you mean 'modes_covered'?"),
        ("by: 1,", "by: one,", "expected a number, not 'one'"),
        (", by: 0.5", "", "claims.GP is no worse: 'not_worse_than' needs 'by'; add it"),
        (
            "on: grid25",
            "on: grid26",
            "claims.GP is no worse: this suite has no data set 'grid26'; did you mean 'grid25'?",
        ),
        (", on: [grid25]", "", "claims.GP helps: GP is not run on ring8; say where it is claimed: 'on: grid25'"),
        ("on: grid25", "on: ring8", "claims.GP is no worse: every cell that it is about is left out under 'skip'"),
        (
            "{is: GP, better_than: GAN, in: modes_covered, by: 1, on: [grid25]}",
            "[a]",
            "claims.GP helps: expected {is: A, better_than",
        ),
        ("within: {modes_covered: 0.5}", "within: {}", "gate.within: names no metric"),
        ("covered: 0.5}", "covered: -1}", "gate.within.modes_covered: a margin is 0 or more"),
        ("until: 2026-03-01", "until: soon", "gate: waivers[1].until: expected a date such as 2026-03-01, not 'soon'"),
        (", reason: known", "", "gate: waivers[1]: 'reason' is missing"),
        ("method: GAN, metric", "method: GNA, metric", "gate.waivers: this suite has no method 'GNA'"),
        ("within: {modes_covered", "within: {modes", "this suite has no metric 'modes'"),
        ("against: ", "agianst: ", "'agianst' is not a key here; did you mean 'against'?"),
        ("timeout: 30", "timeout: -1", "has to be more than 0 minutes"),
    ],
)
def test_mistakes_in_claims_gate_and_skip(write: Write, old: str, new: str, said: str) -> None:
    assert old in EXTRA
    assert any(said in line for line in mistakes(write(CLAIMING + EXTRA.replace(old, new))))


def test_claims_that_so_few_seeds_could_never_support_are_refused(write: Write) -> None:
    found = mistakes(write((CLAIMING + EXTRA).replace("seeds: 5", "seeds: 3")))
    said = "claims.GP helps: 3 seeds can never decide one of 2 claims; use 4 or more"
    assert any(said in line for line in found), found


def test_stabilizers_that_do_not_go_together_are_refused(unruly: Path, write: Write) -> None:
    source = """
        from dataclasses import dataclass
        from bench.training.loss_inputs import DenoisingInputs
        from bench.training.hooks import Stabilizer
        @dataclass(frozen=True)
        class Alone(Stabilizer):
            weight: float = 1.0
            replaces = frozenset({"rule"})
            def __post_init__(self):
                if self.weight < 0: raise ValueError("weight has to be positive")
        @dataclass(frozen=True)
        class Other(Stabilizer):
            replaces = frozenset({"rule"})
        @dataclass(frozen=True)
        class Noised(Stabilizer):
            inputs_type = DenoisingInputs
        """
    (unruly / "rules_of_war.py").write_text(textwrap.dedent(source))
    entries = unruly / "unruly-1.dist-info" / "entry_points.txt"
    words = (
        "alone = rules_of_war:Alone\nother = rules_of_war:Other\nnoised = rules_of_war:Noised\nlost = nowhere:Lost\n"
    )
    entries.write_text(entries.read_text() + "[bench.stabilizers]\n" + words)

    def said(row: str) -> str:
        return mistakes(write(GOOD.replace("gan(loss=hinge)", row)))[0]

    assert said("gan + alone + other") == "9: methods.GAN: alone and other both replace the rule: keep one of them"
    assert said("gan + noised").startswith("9: methods.GAN: noised does not fit gan: its hooks alter DenoisingInputs")
    assert said("gan + alone(weight=-1)") == "9: methods.GAN: alone: weight has to be positive"
    assert "can't be imported (ModuleNotFoundError: No module named 'nowhere')" in said("gan + lost")


def test_a_mistake_is_said_once_and_not_again_by_what_refers_to_it(write: Write) -> None:
    text = (
        (CLAIMING + EXTRA)
        .replace("gan + gradient_penalty(2,", "gan + gradient_penalty(wieght=2,")
        .replace("[modes", "[mode")
    )
    found = mistakes(write(text))
    assert [int(line.partition(":")[0]) for line in found] == [11, 12]
