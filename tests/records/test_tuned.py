"""Which setting is chosen, told from results that were made by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import inf, isnan
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.records import store, tuned, tuned_table
from bench.records.trial_values import direction, seed_ends, unmeasured
from bench.records.tuned import Direction, SeedEnd, Trial, Tuned, TunedSuite

Ends = Sequence[tuple[str, float | None]]


def made(*trials: Ends, how: Direction | None = None, cant: str = "") -> Tuned:
    """A cell whose trials' seeds ended so: (outcome, last value)."""
    found = tuple(
        Trial(k, {"lr": 0.1 * k}, f"key{k}", tuple(SeedEnd(s, o, v, v) for s, (o, v) in enumerate(ends)))
        for k, ends in enumerate(trials)
    )
    return Tuned("ring", "GAN", {"lr": "log(0.1, 1)"}, found, how or Direction(), cant)


def chosen(*trials: Ends, how: Direction | None = None) -> int | None:
    best = made(*trials, how=how).chosen
    return None if best is None else best.trial


def test_the_highest_median_is_chosen() -> None:
    best_seed_alone = [("ok", 0.99), ("ok", 0.1), ("ok", 0.2)]
    assert chosen([("ok", 0.3)] * 3, [("ok", 0.6), ("ok", 0.5), ("ok", 0.4)], best_seed_alone) == 1


def test_of_equal_ones_the_first() -> None:
    assert chosen([("ok", 0.1)], [("ok", 0.5)], [("ok", 0.5)], [("ok", 0.5)]) == 1


def test_a_dead_seed_is_the_worst_there_is() -> None:
    """Of two seeds one that died makes the median a dead one; of three it leaves the middle to a living one."""
    assert chosen([("ok", 1.0), ("diverged", None)], [("unlearned", -9.0), ("unlearned", -9.0)]) == 1
    assert chosen([("ok", 1.0), ("diverged", None), ("ok", 0.8)], [("ok", 0.7)] * 3) == 0
    assert list(made([("ok", 1.0), ("diverged", None)], [("ok", 1.0), ("ok", 0.5)]).values()) == [-inf, 0.75]


def test_a_number_of_before_death_does_not_count() -> None:
    assert list(made([("diverged", 0.9)], [("timeout", 0.9)], [("oom", 0.9)]).values()) == [-inf] * 3


def test_a_failure_that_lives_has_its_last_quality() -> None:
    assert chosen([("collapsed", 0.4)], [("ok", 0.3)], [("mode-dropping", 0.6)], [("unjudged", 0.5)]) == 2


def test_where_nothing_works_the_first_setting_is_run() -> None:
    found = made([("diverged", None)], [("diverged", None)])
    assert (found.works, found.chosen) == (False, found.trials[0])
    assert tuned_table.setting_text(found) == "never works; the first setting: lr=0"


def test_nothing_is_chosen_before_all_trials_are_there() -> None:
    found = made([("ok", 0.5)], [], [("ok", 0.9)])
    assert (found.complete, found.chosen) == (False, None)
    assert list(found.values()) == [0.5, 0.9]
    assert tuned_table.setting_text(found) == "1 trials to run"


def test_nothing_is_chosen_by_a_score_that_cannot_tell() -> None:
    assert made([("ok", 0.5)], [("ok", 0.9)], cant="it can't tell").chosen is None


def test_a_lower_score_and_a_nearer_one() -> None:
    assert chosen([("ok", 0.5)], [("ok", 0.1)], [("diverged", None)], how=Direction(higher_is_better=False)) == 1
    near = Direction(higher_is_better=True, target=0.98)
    assert chosen([("ok", 1.0)], [("ok", 0.97)], [("ok", 0.5)], how=near) == 1
    assert near.back(float(made([("ok", 1.0)], how=near).values()[0])) == pytest.approx(0.02)
    assert isnan(near.back(-inf))


def pair(ring: list[Ends], grid: list[Ends]) -> tuple[Tuned, ...]:
    """One method on two data sets, with one setting for both."""
    return tuned.sharing([made(*ring), replace(made(*grid), dataset="grid")])


def test_one_setting_for_all_data_sets_has_the_best_mean() -> None:
    cells = pair([[("ok", 0.9)], [("ok", 0.6)], [("ok", 0.2)]], [[("ok", 0.1)], [("ok", 0.5)], [("ok", 0.8)]])
    assert [one.chosen.trial for one in cells if one.chosen] == [1, 1]  # .55 of .5, .55, .5
    assert cells[0].shared == pytest.approx((0.5, 0.55, 0.5))


def test_what_fails_on_one_data_set_is_not_chosen_for_any() -> None:
    cells = pair([[("ok", 0.9)], [("ok", 0.1)]], [[("diverged", None)], [("ok", 0.2)]])
    assert [one.chosen.trial for one in cells if one.chosen] == [1, 1]


def test_it_waits_for_the_trials_of_all_data_sets(tmp_path: Path) -> None:
    cells = pair([[("ok", 0.9)], [("ok", 0.1)]], [[("ok", 0.9)], []])
    assert [one.chosen for one in cells] == [None, None]
    assert tuned_table.setting_text(cells[0]) == f"none: {tuned.WAITS}"
    found = TunedSuite("quality", 2, 1, cells)
    tuned.write(tmp_path, found)
    assert tuned.read(tmp_path) == found
    assert tuned_table.table(tmp_path) is not None


def test_methods_do_not_share_a_setting() -> None:
    other = replace(made([("ok", 0.1)], [("ok", 0.9)]), method="EDM")
    assert [one.chosen.trial for one in tuned.sharing([made([("ok", 0.9)], [("ok", 0.1)]), other]) if one.chosen] == [
        0,
        1,
    ]


def test_what_is_written_is_read(tmp_path: Path) -> None:
    cells = (made([("ok", 0.25), ("diverged", None)], [("ok", 0.5), ("collapsed", -2.0)]), made([("ok", 0.5)], []))
    shared = pair([[("ok", 0.9)], [("diverged", None)]], [[("ok", 0.5)], [("ok", 0.25)]])
    found = TunedSuite("quality", 2, 2, (*cells, *shared))
    tuned.write(tmp_path, found)
    assert tuned.read(tmp_path) == found


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"select": "quality", "trials": 2, "seeds": 2, "cells": [{}]}'])
def test_what_cannot_be_read_is_none_and_said(tmp_path: Path, text: str) -> None:
    assert tuned.read(tmp_path) is None
    (tmp_path / tuned.FILE).write_text(text)
    with pytest.warns(
        UserWarning, match=r"tuned.json: it can't be read, and is passed over; the next run makes it anew"
    ):
        assert tuned.read(tmp_path) is None
    with pytest.warns(UserWarning, match=r"tuned.json"):
        assert tuned_table.table(tmp_path) is None


def test_tolerance_counts_settings_by_their_median(tmp_path: Path) -> None:
    found = made([("ok", 0.7), ("ok", 0.7)], [("ok", 0.9), ("collapsed", 0.4)], [("ok", 0.9), ("diverged", None)])
    assert tuned_table.tolerance(found) == (1, 3)


def record(root: Path, seeds: dict[int, list[float]], status: str = "done", **more: Any) -> Path:
    """A record of a trial; `seeds`: values of q at steps 10 and 20, two of a living one."""
    ends = [{"seed": s, "outcome": "ok" if len(v) == 2 else "diverged", "step": None} for s, v in seeds.items()]
    rows = [(s, 10 * (k + 1), "quality", value) for s, values in seeds.items() for k, value in enumerate(values)]
    told = {
        "suite": "toy", "dataset": {"label": "ring"}, "method": {"label": "GAN [lr=1]"}, "key": "k", "status": status,
        "seeds": ends, "created": more.pop("created", "2026-01-01"), "metrics": {"quality": {"higher_is_better": True}}, **more,
    }  # fmt: skip
    return store.commit(root, Path("ring") / "gan", told, rows)


def ends_of(root: Path, seeds: Sequence[int]) -> tuple[SeedEnd, ...]:
    return seed_ends(store.load_records(root), "k", ("ring", "GAN [lr=1]"), seeds, "quality")


def test_the_last_number_counts_and_not_the_best(tmp_path: Path) -> None:
    record(tmp_path, {5: [0.9, 0.4], 6: [0.8]})
    first, second = ends_of(tmp_path, (5, 6))
    assert (first.value, first.outcome) == (0.4, "ok")
    assert (second.outcome, second.alive) == ("diverged", False)


def test_a_trial_is_there_when_all_of_its_seeds_are(tmp_path: Path) -> None:
    record(tmp_path, {5: [0.9, 0.4]})
    assert ends_of(tmp_path, (5, 6)) == ()
    record(tmp_path, {6: [0.1, 0.2]})
    assert [end.value for end in ends_of(tmp_path, (5, 6))] == [0.4, 0.2]
    assert seed_ends(store.load_records(tmp_path), "other", ("ring", "GAN [lr=1]"), (5, 6), "quality") == ()


@pytest.mark.parametrize(
    "more", [{"status": "error"}, {"status": "interrupted"}, {"metric_errors": {"quality": "broke"}}]
)
def test_what_came_to_no_result_is_no_trial(tmp_path: Path, more: dict[str, Any]) -> None:
    record(tmp_path, {5: [0.9, 0.4]}, **more)
    assert ends_of(tmp_path, (5,)) == ()


def test_a_last_look_without_a_number_is_no_number(tmp_path: Path) -> None:
    record(tmp_path, {5: [0.9, float("nan")]})
    (end,) = ends_of(tmp_path, (5,))
    assert end.value is None
    assert np.isneginf(Direction().turned(end.value))


def test_a_score_that_living_seeds_lack_is_no_failure_of_theirs() -> None:
    lacking = made([("ok", None), ("diverged", None)], [("unjudged", None)]).trials
    assert unmeasured(lacking, "quality") == "seeds live, and no trial has a number of quality"
    assert unmeasured(made([("diverged", None)], [("timeout", None)]).trials, "quality") == ""
    assert unmeasured(made([("ok", None)], [("ok", 0.5)]).trials, "quality") == ""


def test_how_the_score_is_read_is_what_its_records_say(tmp_path: Path) -> None:
    held = {"quality": {"real": 0.98, "deviation": 0.01, "null": 0.5, "tells": True}}
    two_sided = {"quality": {"higher_is_better": True, "two_sided": True}}
    record(tmp_path, {5: [0.9, 0.4]}, metrics=two_sided, references=held)
    assert direction(store.load_records(tmp_path), "ring", "quality") == (Direction(True, 0.98), "")
    blind = {"quality": held["quality"] | {"tells": False}}
    record(tmp_path, {6: [0.9, 0.4]}, references=blind, created="2026-01-02")
    _, why = direction(store.load_records(tmp_path), "ring", "quality")
    assert why.startswith("quality can't tell: real data reads 0.98")
