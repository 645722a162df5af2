"""Outcomes of fixed curves are those of the version of the rule that records name; a change of them needs a new number."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from bench.evaluation.outcomes import RULE, OutcomeRule, endings
from bench.evaluation.references import Reference
from bench.records import store
from bench.running import seed_block
from bench.running.plan import plan
from bench.suite.load import load_suite
from bench.training.loop import Row

KNOWN = {2: "74bcab2af3513284"}  # the version -> a hash of how these curves end
REFERENCES = {
    "mmd_multiscale": Reference(0.0, 0.0, 0.001, 1.0),
    "modes_occupied": Reference(8, 8, 0, 1),
    "high_quality_rate": Reference(0.9, 0.9, 0.01, 0.1),
}


def ends() -> list[str]:
    """Of a thousand curves of one to eight evaluations, some with gaps."""
    rng, found = np.random.default_rng(20261127), []
    for seed in range(1000):
        length = int(rng.integers(1, 9))
        curves = zip(rng.random(length) ** 2, rng.integers(9, size=length), rng.random(length), strict=True)
        rows = [
            Row(seed, step, name, None if rng.random() < 0.05 else float(value))
            for step, values in enumerate(curves)
            for name, value in zip(REFERENCES, values, strict=True)
        ]
        (end,) = endings([seed], [-1], rows, REFERENCES, 8, OutcomeRule())
        found.append(f"{end.outcome} {end.step}")
    return found


def test_a_rule_that_tells_other_outcomes_has_another_number() -> None:
    """Otherwise a baseline of before would be compared with what ended otherwise by definition."""
    found = ends()
    assert len({end.partition(" ")[0] for end in found}) == 6  # every one of a seed
    assert hashlib.sha256("\n".join(found).encode()).hexdigest()[:16] == KNOWN[RULE]


def test_a_record_names_it(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(
        "suite: s\nseeds: 1\ntrain: {steps: 2, batch: 8}\ndatasets: {a: ring(n=500)}\n"
        "methods: {VAE: vae(width=8)}\nmetrics: [sliced_wasserstein(n=100)]\n"
    )
    (job,) = plan(load_suite(tmp_path / "s.yaml"), tmp_path / "out").jobs
    seed_block.run(job)
    (record,) = store.load_records(tmp_path / "out")
    assert record["outcomes"] == {"learned": 0.5, "kept": 0.5, "modes": 0.75, "rule": RULE}
