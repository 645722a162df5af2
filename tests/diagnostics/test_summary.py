"""The tidy frame of diagnostics."""

import numpy as np
import pandas as pd

from bench.diagnostics import measure_of, summarise
from bench.stats.measure import Measure

SCORES = {"modes": Measure(higher_is_better=True), "fd": Measure(higher_is_better=False, scale="log")}


def rows(seed, kind, name, values, outcome="done", method="gan"):
    return pd.DataFrame(
        {
            "suite": "s",
            "dataset": "ring",
            "method": method,
            "model": "gan",
            "seed": seed,
            "step": 10 * np.arange(len(values)),
            "kind": kind,
            "name": name,
            "value": np.asarray(values, dtype=float),
            "outcome": outcome,
        }
    )


def frame():
    t = np.arange(400)
    alive = 2 * np.sin(2 * np.pi * t / 25)
    return pd.concat(
        [
            rows(0, "trace", "loss_D", alive),
            rows(1, "trace", "loss_D", np.where(t < 300, alive, np.nan), "diverged"),
            rows(0, "score", "modes", [1, 8, 8, 2, 2]),
            rows(1, "score", "modes", [1, 8, 8, np.nan, np.nan], "diverged"),
            rows(0, "score", "unknown", [1, 2]),
            rows(0, "cost", "seconds", [1]),
        ]
    )


def value(found, seed, name):
    seeds = found["seed"].isna() if seed is None else found["seed"] == seed
    picked = found[seeds.fillna(False) & (found["name"] == name)]
    assert len(picked) == 1
    return picked["value"].iloc[0]


def test_every_seed_gets_its_own_diagnostics():
    found = summarise(frame(), SCORES, {"modes": 8})
    assert list(found.columns) == ["dataset", "method", "seed", "name", "value"]
    assert np.isclose(value(found, 0, "loss_oscillation_D"), np.sqrt(2), rtol=1e-2)
    assert np.isclose(value(found, 0, "loss_period_D"), 250, rtol=1e-3)
    assert value(found, 0, "modes_collapse_step") == 30
    assert value(found, 0, "modes_best_to_last") == 4
    assert value(found, 0, "modes_time_to") == 10
    assert value(found, 0, "divergence_step") == np.inf
    assert value(found, 1, "diverged") == 1
    assert value(found, 1, "divergence_step") == 3000
    assert np.isnan(value(found, 1, "modes_area"))
    assert np.isnan(value(found, None, "modes_dispersion_across_seeds"))
    assert value(found, None, "modes_risk_across_seeds") == -np.inf
    assert not found["name"].str.startswith(("unknown", "seconds")).any()


def test_every_name_of_a_seed_has_a_direction():
    found = summarise(frame(), SCORES, {"modes": 8})
    names = found[found["seed"].notna()]["name"].unique()
    assert len(names) > 15
    assert [n for n in names if measure_of(n, SCORES) is None] == []
    assert measure_of("gradient_norm_D", SCORES) is None
    assert measure_of("fd_best", SCORES) == SCORES["fd"]


def test_the_order_of_rows_does_not_matter():
    plain = summarise(frame(), SCORES)
    shuffled = summarise(frame().sample(frac=1, random_state=0), SCORES)
    pd.testing.assert_frame_equal(plain, shuffled)


def test_an_empty_frame_is_an_empty_summary():
    assert summarise(frame().iloc[:0], SCORES).empty
