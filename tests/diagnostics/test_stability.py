"""The stability panel on curves whose answer is plain."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bench
from bench.stats import wilson

STEPS = (100, 200, 300, 400)
NAN = float("nan")


def frame(curves: dict[str, list[list[float]]], outcomes: dict[str, list[str]] | None = None) -> pd.DataFrame:
    """Quality curves of the seeds of methods, as `bench.load` would give them; a step costs a hundredth of a second."""
    rows = []
    for method, seeds in curves.items():
        ends = (outcomes or {}).get(method, ["ok"] * len(seeds))
        for seed, (curve, end) in enumerate(zip(seeds, ends, strict=True)):
            about = {"dataset": "ring", "method": method, "seed": seed, "outcome": end}
            rows += [
                {**about, "step": s, "kind": "score", "name": "quality", "value": v}
                for s, v in zip(STEPS, curve, strict=True)
            ]
            rows.append({**about, "step": 400, "kind": "cost", "name": "training_s", "value": 4.0})
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
    assert (row["steps_to"], row["seconds_to"]) == (300, pytest.approx(3.0))


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
        assert row["drawdown_worst"] >= healthy["drawdown_worst"]
        assert row["reach"] < healthy["reach"]
        assert row["steps_to"] >= healthy["steps_to"]


def test_all_dead() -> None:
    row = bench.stability(frame({"A": [[NAN] * 4] * 3}, {"A": ["diverged"] * 3})).iloc[0]
    assert row["instability_rate"] == 1
    assert np.isnan(row["quality"])
    assert (row["reach"], row["steps_to"]) == (0, np.inf)


def test_methods_stay_in_their_order_and_without_quality_only_outcomes_are_told() -> None:
    rows = frame({"Z": [[0.1, 0.2, 0.3, 0.4]], "A": [[0.5] * 4]})
    assert bench.stability(rows)["method"].tolist() == ["Z", "A"]
    bare = bench.stability(rows[rows["name"] != "quality"])
    assert bare["seeds"].tolist() == [1, 1]
    assert "quality" not in bare
