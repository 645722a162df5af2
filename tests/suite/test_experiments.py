"""Suites made of experiments: which cells they ask for, what they claim, and how mistakes are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.claims import Superiority
from bench.records.verdicts import claims
from bench.suite.load import load_suite
from bench.suite.stored_suite import stored_experiments, stored_suite, unvaried, variant_of, varied
from bench.suite.suite import Suite
from bench.suite.yaml_lines import SuiteError

TEXT = """
suite: two
seeds: 20
train: {steps: 100, batch: 64}
datasets:
  ring: ring
  grid: grid
  other: grid(side=3)
methods:
  GAN: gan(lr=[0.001, 0.01])
  VAE: vae
  R1: gan + r1
metrics: [modes_covered, sliced_wasserstein]
experiments:
  first:
    asks: Which?
    source: Somebody 2020
    on: [ring, grid]
    methods: [VAE, R1]
    claims:
      R1 wins: {is: R1, better_than: VAE, in: modes_covered}
  second:
    on: other
    methods: [R1, "GAN*"]
    train: {steps: 200}
    claims:
      longer: {is: R1, better_than: "GAN [lr=0.01]", in: modes_covered, on: other}
  third:
    on: [ring]
    methods: R1
"""


def load(folder: Path, text: str = TEXT) -> Suite:
    path = folder / "suite.yaml"
    path.write_text(text, encoding="utf-8")
    return load_suite(path)


def mistakes(folder: Path, text: str) -> list[str]:
    with pytest.raises(SuiteError) as caught:
        load(folder, text)
    return [line.partition("suite.yaml:")[2] for line in caught.value.problems]


def test_the_cells_are_those_of_the_experiments_and_shared_ones_come_once(tmp_path: Path) -> None:
    planned = load(tmp_path).planned()
    assert [(p.dataset.label, p.method.label, p.train.steps, p.experiments) for p in planned] == [
        ("ring", "VAE", 100, ("first",)),
        ("ring", "R1", 100, ("first", "third")),
        ("grid", "VAE", 100, ("first",)),
        ("grid", "R1", 100, ("first",)),
        ("other", "GAN [lr=0.001, steps=200]", 200, ("second",)),
        ("other", "GAN [lr=0.01, steps=200]", 200, ("second",)),
        ("other", "R1 [steps=200]", 200, ("second",)),
    ]
    assert all(p.train.batch == 64 for p in planned)


def test_without_experiments_every_method_meets_every_data_set(tmp_path: Path) -> None:
    suite = load(tmp_path, TEXT[: TEXT.index("experiments:")])
    assert [(p.dataset.label, p.method.label) for p in suite.planned()] == [
        (d, m) for d in ("ring", "grid", "other") for m in ("GAN [lr=0.001]", "GAN [lr=0.01]", "VAE", "R1")
    ]


def test_claims_are_about_the_methods_as_their_experiment_trains_them(tmp_path: Path) -> None:
    suite = load(tmp_path)
    wins, longer = suite.claims
    assert isinstance(wins, Superiority)
    assert isinstance(longer, Superiority)
    assert (wins.method, wins.than, wins.experiment) == ("R1", "VAE", "first")
    assert [wins.covers(d) for d in ("ring", "grid", "other")] == [True, True, False]
    assert (longer.method, longer.than) == ("R1 [steps=200]", "GAN [lr=0.01, steps=200]")
    assert claims(tmp_path) == list(suite.claims)  # the same, read from the file that lies beside the records


def test_an_override_that_changes_nothing_is_none(tmp_path: Path) -> None:
    same = load(tmp_path, TEXT.replace("train: {steps: 200}", "train: {batch: 64}"))
    assert {p.method.label for p in same.planned() if p.dataset.label == "other"} == {
        "GAN [lr=0.001]", "GAN [lr=0.01]", "R1",
    }  # fmt: skip
    assert claims(tmp_path) == list(same.claims)


def test_a_stored_experiment_knows_its_cells(tmp_path: Path) -> None:
    suite = load(tmp_path)
    stored = stored_experiments(stored_suite(tmp_path))
    variants = [one.variant for one in stored]
    assert (stored[0].label, stored[0].asks, stored[0].source) == ("first", "Which?", "Somebody 2020")
    for one in stored:
        covered = [p for p in suite.planned() if one.covers(p.dataset.label, p.method.label, variants)]
        assert covered == [p for p in suite.planned() if one.label in p.experiments]


@pytest.mark.parametrize("label", ["GAN", "GAN [lr=0.1]", "GAN + R1"])
def test_a_variant_is_a_point_of_a_grid(label: str) -> None:
    assert varied(label, "") == label
    assert unvaried(varied(label, "steps=2"), "steps=2") == label
    assert unvaried(label, "steps=2") == label


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("on: [ring, grid]", "on: [rung, grid]", "18: experiments.first.on: no data set is called 'rung'; did you mean 'ring'?"),
        ("methods: [VAE, R1]", "methods: [VAE, R2]", "19: experiments.first.methods: no method is called 'R2'"),
        ("is: R1, better_than: VAE", "is: R1, better_than: VEA",
         "21: experiments.first.claims.R1 wins: this experiment has no method 'VEA'; did you mean 'VAE'?"),
        ("is: R1, better_than: VAE", "is: GAN [lr=0.01], better_than: VAE",
         "21: experiments.first.claims.R1 wins: this experiment has no method 'GAN [lr=0.01]'"),
        ("train: {steps: 200}", "train: {stps: 200}", "25: experiments.second.train: 'stps' is not a key here; did you mean"),
        ("train: {steps: 200}", "train: {steps: 0}", "25: experiments.second.train: steps has to be at least 1"),
        ("asks: Which?", "ask: Which?", "16: experiments.first: 'ask' is not a key here; did you mean 'asks'?"),
        ("on: [ring]", "on: [[ring]]", "29: experiments.third.on: expected the label of a data set, not a list"),
        ("longer:", "R1 wins:", "27: experiments.second.claims.R1 wins: another claim has this name (line 21)"),
        ("  other: grid(side=3)", "  other: grid(side=3)\n  spare: grid(side=2)", "9: datasets.spare: no experiment uses it"),
        ("on: [ring, grid]", "on: []", "18: experiments.first.on: names no data set: leave the key out to mean all"),
        ("methods: [VAE, R1]", "methods: []", "19: experiments.first.methods: names no method"),
        ("methods: [VAE, R1]", "methods: [VAE, R1, VAE]", "19: experiments.first.methods: 'VAE' is named twice"),
        ("methods: [VAE, R1]", "methods: [VAE, R1, {a: b}]", "19: experiments.first.methods: expected the label of a method"),
        ("better_than: \"GAN [lr=0.01]\"", "better_than: GAN",
         "27: experiments.second.claims.longer: 'GAN' has 2 settings; name one of them, as in 'GAN [lr=0.001, steps=200]'"),
        ("in: modes_covered, on: other}", "in: modes_covered, on: ring}",
         "27: experiments.second.claims.longer: this experiment has no data set 'ring'"),
        ("  first:", "  VAE:", "15: experiments.VAE: methods has this name too, and '--only' would mean both"),
        ("  third:", "  grid:", "28: experiments.grid: datasets has this name too"),
        ("  second:\n", "  second:\n    claimz: {}\n", "23: experiments.second: 'claimz' is not a key here; did you mean"),
        ("seeds: 20", "seeds: 3", "27: experiments.second.claims.longer: 3 seeds can never decide one of 2 claims"),
    ],
)  # fmt: skip
def test_a_mistake_has_its_line_and_its_remedy(tmp_path: Path, old: str, new: str, said: str) -> None:
    """And it is the only one that is told, with nothing that follows from it."""
    assert TEXT.count(old) == 1
    (line,) = mistakes(tmp_path, TEXT.replace(old, new))
    assert line.startswith(said), line


ACROSS = """claims:
  longer helps: {is: R1, better_than: "R1 [steps=200]", in: modes_covered, on: X}
"""


def test_a_claim_may_name_a_method_as_the_tables_do(tmp_path: Path) -> None:
    longer = '{is: R1, better_than: "GAN [lr=0.01]"'
    written = TEXT.replace(longer, "{is: 'R1 [steps=200]', better_than: \"GAN [lr=0.01, steps=200]\"")
    assert written != TEXT
    assert load(tmp_path, written).claims == load(tmp_path).claims
    assert claims(tmp_path) == list(load(tmp_path).claims)


def test_a_claim_of_the_suite_speaks_of_any_of_its_cells_and_of_no_other(tmp_path: Path) -> None:
    second = TEXT.replace("    on: other\n", "    on: [other, ring]\n")
    suite = load(tmp_path, second + ACROSS.replace("X", "ring"))
    assert (suite.claims[0].name, suite.claims[0].methods) == ("longer helps", ("R1", "R1 [steps=200]"))
    (line,) = mistakes(tmp_path, second + ACROSS.replace("X", "[grid, ring]"))
    assert line == "32: claims.longer helps: R1 [steps=200] is not run on grid; say where it is claimed: 'on: ring'"
    (line,) = mistakes(tmp_path, second + ACROSS.replace("X", "grid"))
    assert line == "32: claims.longer helps: R1 [steps=200] is not run on grid"
    (line,) = mistakes(tmp_path, second + ACROSS.replace("is: R1,", "is: GAN,").replace("X", "ring"))
    assert line.startswith(
        "32: claims.longer helps: 'GAN' has 2 settings; name one of them, as in 'GAN [lr=0.001, steps=200]'"
    )


def test_within_an_experiment_a_label_and_its_variant_are_one_method(tmp_path: Path) -> None:
    written = TEXT.replace('better_than: "GAN [lr=0.01]"', 'better_than: "R1 [steps=200]"')
    (line,) = mistakes(tmp_path, written)
    assert line.startswith(
        "27: experiments.second.claims.longer: 'R1 [steps=200]' is compared with itself (a method of this"
    )


def test_two_methods_never_share_a_label(tmp_path: Path) -> None:
    """A row called as another one's variant is."""
    written = TEXT.replace("  R1: gan + r1\n", "  R1: gan + r1\n  'R1 [steps=200]': gan + r1(weight=2)\n")
    assert any("R1 [steps=200]" in line for line in mistakes(tmp_path, written.replace("methods: R1", "methods: R1*")))


def test_the_longest_variant_is_a_cells_own() -> None:
    variants = ["steps=3", "batch=32, steps=3"]
    assert variant_of("GAN [batch=32, steps=3]", variants) == "batch=32, steps=3"
    assert variant_of("GAN [lr=0.1, steps=3]", variants) == "steps=3"
    assert variant_of("GAN", variants) == ""
