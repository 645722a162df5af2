"""Claims about what no run can measure are refused, in one line with what is meant or what there is."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from bench.claims.cost_names import COSTS
from bench.diagnostics import summarise, summary
from bench.records.costs import costs
from bench.running.cells import cells
from bench.stats import Measure
from bench.suite.load import load_suite
from bench.suite.yaml_lines import SuiteError

TEXT = """
suite: few
seeds: 20
train: {{steps: 10, batch: 16}}
datasets: {{ring: ring, point: point}}
methods:
  GAN: gan(width=8, depth=2)
  R1: gan(width=8, depth=2) + r1
  VAE: vae(width=8, depth=2)
metrics: [modes_covered(n=100), sliced_wasserstein(n=100)]
probes: [{probes}]
claims:
  it: {{is: GAN, {claim}}}
"""
PROBES = "losses, gradients, smoothness"


def check(folder: Path, claim: str, probes: str = PROBES) -> None:
    path = folder / "few.yaml"
    path.write_text(TEXT.format(claim=claim, probes=probes), encoding="utf-8")
    cells(load_suite(path))


def mistake(folder: Path, claim: str, probes: str = PROBES) -> str:
    with pytest.raises(SuiteError) as caught:
        check(folder, claim, probes)
    (line,) = caught.value.problems
    return line.partition("few.yaml:13: claims.it: ")[2]


@pytest.mark.parametrize(
    "claim",
    [
        "in: grad_vanished, at_most: 0.05",
        "in: slope_largest, better_than: R1, better: lower, on: ring",
        "in: modes_covered_deviation, better_than: R1",
        "in: quality_area, at_least: 0.5",
        "in: loss_oscillation_D, at_most: 1",
        "in: samples_per_s, better_than: VAE, better: higher",
        "in: divergence_step, better_than: VAE",
        "in: modes_occupied, better_than: R1, on: ring",
        "in: modes_covered, better_than: VAE",
    ],
)
def test_what_a_run_measures_can_be_claimed(tmp_path: Path, claim: str) -> None:
    check(tmp_path, claim)


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        ("in: grad_vanishd, at_most: .05", "'grad_vanishd' is not measured of GAN; did you mean 'grad_vanished'?"),
        ("in: loss_oscillation_Z, better_than: R1", "'loss_oscillation_Z' is not measured of GAN; did you mean 'loss_"),
        ("in: loss_oscillation_D, better_than: VAE", "'loss_oscillation_D' is not measured of VAE"),
        ("in: grad_vanished, better_than: VAE, better: lower", "'grad_vanished' is not measured of VAE"),
        ("in: quality_time_to, at_most: 5", "'quality_time_to' is not measured of GAN"),
        ("in: samples_per_sec, at_least: 5", "'samples_per_sec' is not measured of GAN; did you mean 'samples_per_s'?"),
        ("in: q, at_least: .5", "'q' is not measured of GAN; did you mean 'quality'?"),
        ("in: q_best, at_least: .5", "'q_best' is not measured of GAN; did you mean 'quality_best'?"),
        ("in: slope_largest, better_than: R1", "say which way is better: 'better: lower'"),
        ("in: modes_hit_best, at_least: 5", "'modes_hit_best' is not measured of GAN; add 'modes_hit' to 'metrics'"),
        ("in: modes_covered, at_least: 5, on: point", "'modes_covered' is not measured of GAN on point: its modes are"),
        ("in: modes_covered_best, at_least: 5, on: [ring, point]", "GAN on point: its modes are not known"),
        ("in: modes_covered, better_than: R1, on: point, than_on: ring", "GAN on point: its modes are not known"),
    ],
)
def test_what_no_run_measures_is_refused(tmp_path: Path, claim: str, said: str) -> None:
    assert said in mistake(tmp_path, claim)


def test_where_nothing_is_near_all_there_is_is_named(tmp_path: Path) -> None:
    said = mistake(tmp_path, "in: nonsense, better_than: R1, better: lower")
    assert said.startswith("'nonsense' is not measured of GAN (known: scores ")
    for part in (
        "sliced_wasserstein",
        "quality",
        "_deviation",
        "loss_oscillation_G",
        "; traces loss_",
        "; costs setup_s",
    ):
        assert part in said
    assert "_time_to" not in said


def test_a_probe_that_is_not_chosen_is_named(tmp_path: Path) -> None:
    said = mistake(tmp_path, "in: grad_vanished, at_most: 0.05", probes="losses")
    assert said == "'grad_vanished' is not measured of GAN; add 'gradients' to 'probes'"
    said = mistake(tmp_path, "in: loss_spikes_D, at_most: 3", probes="gradients")
    assert said == "'loss_spikes_D' is not measured of GAN; add 'losses' to 'probes'"
    said = mistake(tmp_path, "in: fd_digits, better_than: R1")
    assert said == "'fd_digits' is not measured of GAN; add 'frechet(space=digits)' to 'metrics'"


def test_diagnostics_are_those_of_a_summary() -> None:
    steps = list(range(8))
    parts = [("score", "fd", [8.0, 5, 4, 3, 2, 2, 1, 1]), ("trace", "loss_D", [1.0, 0, 1, 0, 1, 0, 1, 0])]
    rows = pd.concat(
        pd.DataFrame({"step": steps, "kind": kind, "name": name, "value": values}) for kind, name, values in parts
    ).assign(dataset="d", method="m", seed=0, outcome="done")
    found = summarise(rows, {"fd": Measure(higher_is_better=False)}).dropna(subset=["seed"])
    assert sorted(found["name"]) == sorted(summary.names(["fd"], ["loss_D", "grad_norm_D"]))


def test_a_record_tells_every_cost_and_no_other() -> None:
    spent = dict.fromkeys(("setup", "compiling", "training", "sampling", "evaluation", "probes", "steps_per_s"), 6.0)
    record = {
        "seeds": [{"seed": 0}, {"seed": 1}],
        "timing": {**spent, "seed_steps_per_s": 12.0, "samples_per_s": 1.0},
        "memory": {"peak_mib": 5.0},
        "parameters": {"G": 3},
        "nfe": 1,
        "updates_per_step": 2,
        "gradients_per_step": 2,
        "samples_per_step": 64,
    }
    found = [(name, value) for seed, _, name, value in costs(record) if seed == 0]
    assert tuple(name for name, _ in found) == COSTS
    assert dict(found)["training_s"] == 3.0
    assert dict(found)["steps_per_s"] == 6.0
