"""`tune:` of a suite: which settings it asks for, and how mistakes are told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.suite import grammar
from bench.suite.distributions import Distribution, Listed, Log, Uniform, Whole, distribution
from bench.suite.load import load_suite
from bench.suite.space import FIRST, Space, as_json, of_trials, trial_seeds, written
from bench.suite.suite import Suite
from bench.suite.trial_methods import with_setting
from bench.suite.yaml_lines import Item, SuiteError

TEXT = """
suite: tuned
seeds: 3
train: {steps: 100, batch: 64, evaluate_every: 50}
datasets:
  ring: ring
  grid: grid
methods:
  GAN: gan
  GAN + R1: gan + r1 + ema
  wide: gan(width=[8, 16])
  EDM: edm
  fixed: vae
metrics: [modes_covered]
tune:
  trials: 5
  seeds: 2
  space:
    GAN: {lr: log(1e-4, 3e-2), betas: [(0, .9), (.5, .9)]}
    GAN + R1: {lr: log(1e-4, 3e-2), betas: [(0, .9), (.5, .9)], r1.weight: log(.01, 10)}
    wide: {lr: log(1e-4, 3e-2), betas: [(0, .9), (.5, .9)]}
    EDM: {lr: "uniform(0.0001, 0.01)", depth: int(1, 4)}
"""
SPACE = TEXT[TEXT.index("  space:") :]


def load(folder: Path, text: str = TEXT) -> Suite:
    path = folder / "suite.yaml"
    path.write_text(text, encoding="utf-8")
    return load_suite(path)


def mistakes(folder: Path, text: str) -> list[str]:
    with pytest.raises(SuiteError) as caught:
        load(folder, text)
    return [line.partition("suite.yaml:")[2] for line in caught.value.problems]


def space_of(suite: Suite, label: str) -> Space:
    found = next(m.space for m in suite.methods if m.label == label)
    assert found is not None
    return found


def test_a_space_is_that_of_all_patterns(tmp_path: Path) -> None:
    text = TEXT.replace(SPACE, "  space:\n    GAN*: {lr: log(1e-4, 3e-2)}\n    GAN + R1: {r1.weight: [1, 2, 10]}\n")
    suite = load(tmp_path, text.replace("trials: 5", "trials: 6"))
    assert space_of(suite, "GAN").told == {"lr": "log(0.0001, 0.03)"}
    assert space_of(suite, "GAN + R1").told == {"lr": "log(0.0001, 0.03)", "r1.weight": "[1, 2, 10]"}
    assert [m.label for m in suite.methods if m.space is None] == ["wide [width=8]", "wide [width=16]", "EDM", "fixed"]


def test_methods_that_share_a_space_share_their_settings(tmp_path: Path) -> None:
    suite = load(tmp_path)
    shared = {space_of(suite, label).settings(5) for label in ("GAN", "wide [width=8]", "wide [width=16]")}
    assert len(shared) == 1
    again = load(tmp_path)
    assert {space_of(again, "GAN").settings(5)} == shared  # in every run
    assert space_of(suite, "GAN + R1").settings(5) != next(iter(shared))


def test_more_trials_keep_those_before(tmp_path: Path) -> None:
    space = space_of(load(tmp_path), "GAN")
    for few, many in ((2, 3), (5, 20), (8, 9)):
        assert space.settings(many)[:few] == space.settings(few)


def test_a_small_space_gives_each_setting_once() -> None:
    space = Space((("a", Listed((1, 2, 3))), ("b", Whole(1, 4))))
    assert len(set(space.settings(12))) == 12
    with pytest.raises(ValueError, match="has only 12 settings, and 13 trials are asked for"):
        space.settings(13)


@pytest.mark.parametrize(
    ("one", "ends", "middle"),
    [
        (Log(1e-4, 1e-2), (1e-4, 1e-2), 1e-3),
        (Uniform(-1.0, 3.0), (-1.0, 3.0), 1.0),
        (Whole(1, 3), (1, 3), 2),
        (Listed(("a", "b", "c")), ("a", "c"), "b"),
    ],
)
def test_a_distribution_spans_its_bounds(one: Distribution, ends: tuple[object, object], middle: object) -> None:
    low, high = one.at(0.0), one.at(float(np.nextafter(1, 0)))
    assert (low, high, one.at(0.5)) == (*ends, pytest.approx(middle) if isinstance(middle, float) else middle)


def test_whole_numbers_and_lists_are_met_equally_often() -> None:
    points = [(k + 0.5) / 600 for k in range(600)]
    for one in (Whole(5, 7), Listed((5, 6, 7))):
        found = [one.at(u) for u in points]
        assert [found.count(value) for value in (5, 6, 7)] == [200, 200, 200]


def test_a_value_is_trained_as_it_is_written() -> None:
    one = Log(1e-4, 3e-2)
    for u in np.random.default_rng(0).random(200):
        value = one.at(float(u))
        assert grammar.value(grammar.text(value)) == value
        assert 1e-4 <= value <= 3e-2


def test_a_setting_is_the_method_with_those_options(tmp_path: Path) -> None:
    suite = load(tmp_path)
    method = next(m for m in suite.methods if m.label == "GAN + R1")
    setting = (("lr", 0.002), ("betas", (0, 0.9)), ("r1.weight", 3.5))
    made = with_setting(method, setting)
    assert (made.game.lr, made.game.betas, made.stabilizers[0].weight) == (0.002, (0, 0.9), 3.5)  # type: ignore[attr-defined]
    assert made.call == "gan(lr=0.002, betas=(0, 0.9)) + r1(weight=3.5) + ema"
    assert made.label == method.label
    assert replace(made.game, lr=method.game.lr, betas=method.game.betas) == method.game  # type: ignore[attr-defined]
    assert made.stabilizers[1] == method.stabilizers[1]
    assert written(setting) == "lr=0.002, betas=(0, 0.9), r1.weight=3.5"
    assert as_json(setting) == {"lr": 0.002, "betas": "(0, 0.9)", "r1.weight": 3.5}


def test_seeds_of_trials_are_their_own(tmp_path: Path) -> None:
    tune = load(tmp_path).tune
    assert tune is not None
    every = [seed for trial in range(1000) for seed in trial_seeds(trial, 100)]
    assert len(set(every)) == len(every)
    assert of_trials(every) == every
    assert of_trials([*range(1_000_000)]) == []  # all that `seeds: n` can mean
    assert of_trials([20260301000, 10_000_000_000]) == []
    assert tune.seeds_of(0) == (FIRST, FIRST + 1)
    assert trial_seeds(3, 4)[:2] == tune.seeds_of(3)  # more seeds of a trial keep those before


def test_trials_are_trained_as_the_suite_unless_told(tmp_path: Path) -> None:
    suite = load(tmp_path)
    assert suite.tune is not None
    assert suite.tune.train_of(suite.train) == suite.train
    short = load(tmp_path, TEXT.replace("  seeds: 2\n", "  seeds: 2\n  train: {steps: 20, evaluate_every: 10}\n"))
    assert short.tune is not None
    assert short.tune.train_of(short.train) == replace(short.train, steps=20, evaluate_every=10)


def test_an_experiment_that_trains_otherwise_has_trials_of_its_kind(tmp_path: Path) -> None:
    asked = (
        "experiments:\n  one: {methods: GAN}\n  two: {methods: [GAN, GAN + R1, wide, EDM, fixed], train: {batch: 32}}\n"
    )
    text = TEXT.replace("  seeds: 2\n", "  seeds: 2\n  train: {steps: 20, evaluate_every: 10}\n") + asked
    suite = load(tmp_path, text)
    assert suite.tune is not None
    for one in suite.experiments:
        assert suite.tune.train_of(one.train) == replace(one.train, steps=20, evaluate_every=10)
    assert {one.train.batch for one in suite.experiments} == {32, 64}


def test_every_tuned_cell_waits_for_its_trials(tmp_path: Path) -> None:
    waits = {p.method.label: p.waits for p in load(tmp_path).planned()}
    assert waits == {
        "GAN": True, "GAN + R1": True, "wide [width=8]": True, "wide [width=16]": True, "EDM": True, "fixed": False,
    }  # fmt: skip


GAN_SPACE = "GAN: {lr: log(1e-4, 3e-2), betas: [(0, .9), (.5, .9)]}"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("trials: 5", "trials: 1", "16: tune.trials: has to be 2 to 1000, not 1"),
        ("trials: 5", "trials: many", "16: tune.trials: expected a whole number, not 'many'"),
        ("  trials: 5\n", "", "15: tune: the key 'trials' is missing"),
        ("  seeds: 2\n", "  seeds: 101\n", "17: tune.seeds: has to be 1 to 100, not 101"),
        ("  trials: 5", "  trial: 5\n  trials: 5", "16: tune: 'trial' is not a key here; did you mean 'trials'? "
         "(keys: trials, seeds, select, shared, train, space)"),
        ("  seeds: 2\n", "  seeds: 2\n  select: q\n", "18: tune.select: the suite measures no 'q'; did you mean 'quality'?"),
        ("  seeds: 2\n", "  seeds: 2\n  select: modes_hit\n", "18: tune.select: the suite measures no 'modes_hit'; add 'modes_hit"),
        ("  seeds: 2\n", "  seeds: 2\n  train: {lanes: 2}\n", "18: tune.train.lanes: changes no number, so it can't be overridden"),
        ("seeds: 3\n", "seeds: [0, 1000200]\n", "3: seeds: 1000200 belongs to the trials of 'tune', which have 1000000 to 1099999"),
        (GAN_SPACE, "GUN: {lr: log(1e-4, 3e-2)}", "19: tune.space.GUN: no method is called 'GUN'; did you mean 'GAN'?"),
        (GAN_SPACE, "GAN: {rl: log(1e-4, 3e-2)}", "19: tune.space.GAN.rl: 'rl' is not an option of gan (options: lr, "),
        (GAN_SPACE, "GAN: {r1.weight: log(1e-4, 3e-2)}", "19: tune.space.GAN.r1.weight: 'r1' is no stabilizer of GAN "
         "(stabilizers: none)"),
        ("r1.weight: log", "r2.weight: log", "20: tune.space.GAN + R1.r2.weight: 'r2' is no stabilizer of GAN + R1 "
         "(stabilizers: r1, ema)"),
        ("r1.weight: log", "r1.wieght: log", "20: tune.space.GAN + R1.r1.wieght: 'wieght' is not an option of r1; "
         "did you mean 'weight'?"),
        (GAN_SPACE, "GAN: {gan.lr: log(1e-4, 3e-2)}", "19: tune.space.GAN.gan.lr: 'gan' is the model of GAN: write 'lr'"),
        ("wide: {lr", "wide: {width", "21: tune.space.wide.width: wide sets width itself: remove it there, or here"),
        (GAN_SPACE, "GAN*: {lr: log(1e-4, 3e-2)}", "20: tune.space.GAN + R1.lr: GAN + R1 has this option from another pattern too "
         "(line 19): name it in one"),
        ("log(1e-4, 3e-2), betas: [(0, .9), (.5, .9)]}\n    GAN", "log(3e-2, 1e-4)}\n    GAN",
         "19: tune.space.GAN.lr: 'log(0.03, 0.0001)': the bounds are in the wrong order; write log(0.0001, 0.03)"),
        (GAN_SPACE, "GAN: {lr: log(0, 1)}", "19: tune.space.GAN.lr: 'log(0, 1)': both bounds of log are more than 0; "
         "for a range with 0 write uniform"),
        (GAN_SPACE, "GAN: {lr: log(1, 1)}", "19: tune.space.GAN.lr: 'log(1, 1)' leaves nothing to choose: its bounds are equal"),
        (GAN_SPACE, "GAN: {lr: uniform(1e-4, 1e999)}", "19: tune.space.GAN.lr: 'uniform(0.0001, inf)': bounds are finite numbers"),
        (GAN_SPACE, "GAN: {lr: log(1e-4)}", "19: tune.space.GAN.lr: expected log(a, b) with two numbers, not 'log(0.0001)'"),
        (GAN_SPACE, "GAN: {lr: lgo(1e-4, 1)}", "19: tune.space.GAN.lr: expected log(a, b), uniform(a, b), int(a, b) or a list "
         "of values, not 'lgo(1e-4, 1)'; did you mean 'log'?"),
        (GAN_SPACE, "GAN: {lr: 0.01}", "19: tune.space.GAN.lr: expected log(a, b), uniform(a, b), int(a, b) or a list of values, "
         "not '0.01'; one value is no space: set it in the method"),
        (GAN_SPACE, "GAN: {lr: [0.01]}", "19: tune.space.GAN.lr: a list of 1 leaves nothing to choose"),
        (GAN_SPACE, "GAN: {lr: [0.01, 0.01]}", "19: tune.space.GAN.lr: 0.01 stands twice in the list"),
        (GAN_SPACE, "GAN: {lr: [0.01, -1]}", "19: tune.space.GAN.lr: option 'lr' of gan: "),
        (GAN_SPACE, "GAN: {betas: [(0, .9), (1, 2, 3)]}", "19: tune.space.GAN.betas: option 'betas' of gan: expected 2 values"),
        ("depth: int(1, 4)", "depth: log(1, 4)", "22: tune.space.EDM.depth: option 'depth' of edm is a whole number: write "),
        ("depth: int(1, 4)", "depth: int(1, 2.5)", "22: tune.space.EDM.depth: 'int(1, 2.5)': both bounds of int are whole numbers"),
        ('EDM: {lr: "uniform(0.0001, 0.01)", depth: int(1, 4)}', "EDM: {depth: int(1, 4)}",
         "22: tune.space of EDM: has only 4 settings, and 5 trials are asked for; widen it, or ask for fewer"),
        (GAN_SPACE, "GAN: {}", "19: tune.space.GAN: is empty: name an option and what it may be"),
        (GAN_SPACE, "GAN: lr", "19: tune.space.GAN: expected a mapping like {lr: log(1e-4, 3e-2)}, not 'lr'"),
        (SPACE, "  space: {}\n", "18: tune.space: is empty: name a method and its options"),
        (SPACE, "", "15: tune: the key 'space' is missing"),
        ("metrics: [modes_covered]", "probes: [losses]", "15: tune.select: nothing is measured to select by: add a metric"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line_with_its_place(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in TEXT
    told = mistakes(tmp_path, TEXT.replace(old, new, 1))
    assert told[0].startswith(said), told
    assert len(told) == 1, told


def test_a_method_that_is_wrong_is_told_of_once(tmp_path: Path) -> None:
    assert len(mistakes(tmp_path, TEXT.replace("GAN: gan\n", "GAN: gan(lr=x)\n"))) == 1


def test_a_nested_value_of_a_list(tmp_path: Path) -> None:
    written_so = [
        Item(Item("(0, .9)", 1, "(0, .9)").value, 1, "(0, .9)"),
        Item([Item(0.5, 1, "0.5"), Item(0.9, 1, "0.9")], 1),
    ]
    assert str(distribution(Item(written_so, 1))) == "[(0, 0.9), (0.5, 0.9)]"


def test_one_setting_for_all_data_sets_is_asked_for(tmp_path):
    assert not load(tmp_path).tune.shared
    assert load(tmp_path, TEXT.replace("  seeds: 2\n", "  seeds: 2\n  shared: true\n")).tune.shared


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("shared: 3", "tune.shared: expected true or false, not '3'"),
        ("shared: true\n  select: modes_covered", "a mean over data sets needs one scale: select by 'quality'"),
    ],
)
def test_mistakes_in_it(tmp_path, entry, said):
    (line,) = mistakes(tmp_path, TEXT.replace("  seeds: 2\n", f"  seeds: 2\n  {entry}\n"))
    assert said in line
