"""The stability panel on curves whose answer is plain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import bench
from bench.diagnostics.oscillation import swing
from bench.stats import wilson

STEPS = (100, 200, 300, 400)
NAN = float("nan")


def frame(curves: dict[str, list[list[float]]], outcomes: dict[str, list[str]] | None = None) -> pd.DataFrame:
    """Quality curves of the seeds of methods, as `bench.load` would give them; a step costs a hundredth of a second."""
    rows = []
    for method, seeds in curves.items():
        ends = (outcomes or {}).get(method, ["ok"] * len(seeds))
        for seed, (curve, end) in enumerate(zip(seeds, ends, strict=True)):
            about = {"suite": "s", "dataset": "ring", "method": method, "seed": seed, "outcome": end}
            rows += [
                {**about, "step": s, "kind": "score", "name": "quality", "value": v}
                for s, v in zip(STEPS, curve, strict=True)
            ]
            rows += [
                {**about, "step": 400, "kind": "cost", "name": name, "value": value}
                for name, value in (("training_s", 4.0), ("gradients_per_step", 6.0))
            ]
    return pd.DataFrame(rows)


def test_every_number_by_hand() -> None:
    curves = [[0.1, 0.6, 0.8, 0.9], [0.2, 0.75, 0.7, 0.5], [0.0, 0.1, 0.2, 0.3]]
    (row,) = bench.stability(frame({"A": curves}, {"A": ["ok", "ok", "unlearned"]})).to_dict("records")
    assert (row["seeds"], row["ok"], row["unlearned"], row["diverged"]) == (3, 2, 1, 0)
    assert (row["failure_rate"], row["instability_rate"]) == (1 / 3, 0)
    assert (row["failure_rate_low"], row["failure_rate_high"]) == (wilson(1, 3).low, wilson(1, 3).high)
    assert row["quality"] == 0.5
    assert row["quality_iqr"] == pytest.approx(np.subtract(*np.percentile([0.9, 0.5, 0.3], [75, 25])))
    assert (row["drawdown"], row["drawdown_worst"]) == (0.0, pytest.approx(0.25))
    assert row["quality_oscillation"] == pytest.approx(np.median([0.05, 0.1, 0.05]))
    assert row["reach"] == pytest.approx(2 / 3)
    assert (row["steps_to"], row["gradients_to"], row["seconds_to"]) == (300, 1800, pytest.approx(3.0))
    assert np.isnan(row["loss_oscillation"])
    assert row["unlearned_rate"] == 1 / 3
    assert (row["unlearned_rate_low"], row["unlearned_rate_high"]) == (wilson(1, 3).low, wilson(1, 3).high)


def test_a_dead_seed_makes_nothing_look_better() -> None:
    """Whatever it had before, whichever seed it is: never a higher quality, a smaller spread or an earlier arrival."""
    good = [[0.2, 0.8, 0.9, 0.9 + 0.001 * k] for k in range(7)]
    healthy = bench.stability(frame({"A": good})).iloc[0]
    for dead in ([0.2, NAN, NAN, NAN], [0.2, 0.99, NAN, NAN], [NAN] * 4):
        row = bench.stability(frame({"A": [*good[:-1], dead]}, {"A": ["ok"] * 6 + ["diverged"]})).iloc[0]
        assert row["failure_rate"] > healthy["failure_rate"]
        assert row["quality"] <= healthy["quality"]
        assert row["quality_low"] <= healthy["quality_low"] or np.isnan(row["quality_low"])
        assert row["quality_iqr"] >= healthy["quality_iqr"] - 1e-12  # rounding
        assert row["drawdown_worst"] == np.inf
        assert row["drawdown"] >= healthy["drawdown"]
        assert row["quality_oscillation"] >= healthy["quality_oscillation"]
        assert row["reach"] < healthy["reach"]
        assert row["steps_to"] >= healthy["steps_to"]


def test_all_dead() -> None:
    row = bench.stability(frame({"A": [[NAN] * 4] * 3}, {"A": ["diverged"] * 3})).iloc[0]
    assert row["instability_rate"] == 1
    assert np.isnan(row["quality"])
    assert (row["reach"], row["steps_to"]) == (0, np.inf)
    assert (row["drawdown"], row["quality_oscillation"]) == (np.inf, np.inf)  # was -inf: the best of all


def test_seeds_that_were_never_good_and_died_did_not_gain() -> None:
    """Best q -2, dead at q = 0: a drawdown of -2 would be better than none."""
    row = bench.stability(frame({"A": [[-2.0, NAN, NAN, NAN]] * 2}, {"A": ["diverged"] * 2})).iloc[0]
    assert row["drawdown"] == row["drawdown_worst"] == np.inf


def test_a_seed_that_was_cut_short_has_failed_and_is_not_unstable() -> None:
    rows = frame({"A": [[0.1, 0.8, 0.9, 0.9]] * 2})
    rows["status"] = np.where(rows["seed"] == 1, "timeout", "done")
    row = bench.stability(rows[(rows["seed"] == 0) | (rows["step"] <= 200)]).iloc[0]
    assert (row["ok"], row["cut short"], row["failure_rate"], row["instability_rate"]) == (1, 1, 0.5, 0)
    assert (row["reach"], row["steps_to"]) == (0.5, np.inf)


def test_a_look_of_its_own_leaves_the_other_seeds_alone() -> None:
    """A block that time cut short looked at step 150 as well: no gap in the curves of the others."""
    rows = frame({"A": [[0.1, 0.5, 0.5, 0.5]] * 3})
    late = pd.DataFrame([{**rows.iloc[0], "seed": 3, "step": 150, "value": 0.2, "outcome": "timeout"}])
    assert bench.stability(pd.concat([rows, late])).iloc[0]["quality_oscillation"] == 0


def test_a_broken_machine_is_no_seeds_outcome() -> None:
    rows = frame({"A": [[0.9] * 4] * 3}, {"A": ["ok", "error", "ok"]})
    assert bench.stability(rows).iloc[0]["seeds"] == 2


def test_the_loss_that_swings_most_counts_and_a_dead_seed_swings_worst() -> None:
    rows = frame({"A": [[0.9] * 4] * 3})
    noise = np.random.default_rng(0).normal(size=(3, 2, 200))
    about = rows.iloc[0].to_dict()
    traces = [
        {**about, "seed": seed, "kind": "trace", "name": name, "step": step, "value": value}
        for seed in range(3)
        for k, name in enumerate(("loss_G", "loss_D"))
        for step, value in enumerate(noise[seed, k] if k else np.arange(200.0) + 0.1 * noise[seed, k])
    ]
    found = bench.stability(pd.concat([rows, pd.DataFrame(traces)])).iloc[0]["loss_oscillation"]
    assert found == pytest.approx(np.median([swing(noise[seed, 1], np.arange(200)) for seed in range(3)]))
    rows["outcome"] = ["diverged" if seed else "ok" for seed in rows["seed"]]
    traced = pd.DataFrame(traces).assign(outcome=lambda t: ["diverged" if seed else "ok" for seed in t["seed"]])
    assert bench.stability(pd.concat([rows, traced])).iloc[0]["loss_oscillation"] == np.inf


def test_methods_stay_in_their_order_and_without_quality_only_outcomes_are_told() -> None:
    rows = frame({"Z": [[0.1, 0.2, 0.3, 0.4]], "A": [[0.5] * 4]})
    assert bench.stability(rows)["method"].tolist() == ["Z", "A"]
    bare = bench.stability(rows[rows["name"] != "quality"])
    assert bare["seeds"].tolist() == [1, 1]
    assert bare[["quality", "drawdown", "reach"]].isna().all(axis=None)


def test_suites_are_not_merged() -> None:
    """Two suites with a method of one name were one row of twice the seeds."""
    rows = frame({"A": [[0.9] * 4] * 3})
    found = bench.stability(pd.concat([rows, rows.assign(suite="t", value=rows["value"] - 1)]))
    assert found[["suite", "seeds"]].to_numpy().tolist() == [["s", 3], ["t", 3]]
    assert found["quality"].tolist() == pytest.approx([0.9, -0.1])


@pytest.mark.parametrize(
    ("odd", "said"),
    [
        (lambda rows: rows.drop(columns=["outcome", "seed"]), "no column seed, outcome"),
        (lambda rows: rows.iloc[:0], "no rows"),
        (lambda rows: "results/toys", "not str"),
        (lambda rows: None, "not NoneType"),
        (lambda rows: pd.concat([rows, rows]), "s, ring, A: seed 0 is there twice"),
    ],
)
def test_what_is_no_frame_is_one_clear_line(odd: Callable[[pd.DataFrame], Any], said: str) -> None:
    with pytest.raises(ValueError, match=said) as caught:
        bench.stability(odd(frame({"A": [[0.9] * 4]})))
    assert "\n" not in str(caught.value)
