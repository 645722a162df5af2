"""How seeds ended is a line of the baseline: a seed that fails alive is seen like one that dies."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.gate import Line, Rule, checks_of, gate
from bench.gate.baseline import Baseline, BaselineError, BaselineValues, ended, read, write
from bench.gate.promotion import collect, differences
from bench.gate.questions import lines_of
from bench.gate.report import Report, Row
from bench.records.frame import outcome_protocol
from bench.stats import Measure, fisher_more
from bench.suite.waivers import CellMetric
from tests.reporting import fake

KEY = CellMetric("ring", "GAN", "failures")
UP = Measure(higher_is_better=True)
RNG = np.random.default_rng(0)
GOOD = RNG.normal(0.8, 0.05, size=60)


def baseline(*words: str) -> Baseline:
    """Sixty seeds, of which the last ended as the words say."""
    ends = ended(KEY, [*["ok"] * (60 - len(words)), *words], range(60))
    values = [float("nan") if np.isnan(v) else q for v, q in zip(ends.values, GOOD, strict=True)]
    pool = BaselineValues(KEY._replace(metric="quality"), tuple(values), tuple(range(60)), UP)
    return Baseline({KEY: ends, pool.key: pool})


def runs(*words: str, first: int = 100, count: int = 10, value: float = 0.8, **more: object) -> pd.DataFrame:
    """Seeds of which the first ended as the words say; their values are as before, so that only outcomes tell."""
    rows = []
    for k, word in enumerate([*words, *["done"] * (count - len(words))]):
        of = {"dataset": "ring", "method": "GAN", "seed": first + k, "step": 10, "outcome": word, **more}
        dead = word == "diverged"
        rows.append(
            {**of, "kind": "score", "name": "quality", "value": float("nan") if dead else RNG.normal(value, 0.05)}
        )
        rows.append({**of, "kind": "fate", "name": "", "value": float("nan")})
    return pd.DataFrame(rows)


def asked(report: Report, kind: str) -> Row:
    return next(row for row in report.rows if row.kind == kind)


def test_seeds_that_newly_collapse_with_fine_numbers_are_a_regression() -> None:
    fresh = lambda cell, seeds: runs(*["mode-dropping"] * 16, "diverged", first=seeds[0], count=len(seeds))  # noqa: E731
    report = gate(runs("collapsed", "collapsed"), baseline(), {"quality": 0.0}, run_fresh=fresh)
    row = asked(report, "failures")
    assert (row.verdict, row.key, row.n_baseline) == ("regression", KEY, 60)
    assert row.p_all == pytest.approx(fisher_more(19, 90, 0, 60))
    assert row.reason == "16 mode-dropping, 2 collapsed, 1 diverged of 90, in the baseline none of 60"
    assert asked(report, "values").verdict == "pass"


def test_deaths_are_told_where_seeds_fail_anyway() -> None:
    """Half of the baseline is unlearned: that 7 of 10 fail is nothing; that they die of it is."""
    usual = baseline(*["unlearned"] * 30)
    assert [check.kind for check in checks_of(Line(usual.pools[KEY]), Rule())] == ["failures", "deaths"]
    fresh = lambda cell, seeds: runs(*["diverged"] * 24, *["unlearned"] * 20, first=seeds[0], count=len(seeds))  # noqa: E731
    report = gate(runs(*["diverged"] * 3, *["unlearned"] * 3), usual, {"quality": 0.0}, run_fresh=fresh)
    assert asked(report, "deaths").verdict == "regression"
    assert asked(report, "failures").verdict == "pass"


def test_failures_are_asked_once_a_cell_however_many_metrics_gate() -> None:
    known = baseline()
    other = replace(known.pools[KEY._replace(metric="quality")], key=KEY._replace(metric="recall"))
    lines = lines_of(Baseline({**known.pools, other.key: other}), {"quality": 0.0, "recall": 0.0})
    kinds = [check.kind for line in lines for check in checks_of(line, Rule())]
    assert kinds == ["failures", "values", "spread", "values", "spread"]


def test_a_baseline_that_does_not_know_outcomes_is_asked_about_deaths_once() -> None:
    pools = {
        m: BaselineValues(KEY._replace(metric=m), tuple(GOOD), tuple(range(60)), UP) for m in ("quality", "recall")
    }
    lines = lines_of(Baseline({p.key: p for p in pools.values()}), {"quality": 0.0, "recall": 0.0})
    kinds = [check.kind for line in lines for check in checks_of(line, Rule())]
    assert kinds == ["deaths", "values", "spread", "values", "spread"]


def test_seeds_whose_quality_is_not_known_are_not_compared_by_outcome() -> None:
    report = gate(runs("unjudged"), baseline(), {"quality": 0.0})
    row = asked(report, "failures")
    assert (row.verdict, row.reason) == ("incomparable", "how 1 seeds ended is not known (quality is not)")
    assert asked(report, "values").verdict == "pass"


def test_outcomes_told_by_another_rule_are_not_compared() -> None:
    told = replace(baseline(), protocols={"ring": {"failures": "9f, learned 0.5"}})
    assert asked(gate(runs(protocol="9f, learned 0.5"), told, {"quality": 0.0}), "failures").verdict == "pass"
    row = asked(gate(runs(protocol="9f, learned 0.9"), told, {"quality": 0.0}), "failures")
    assert (row.verdict, row.reason) == (
        "incomparable",
        "protocol differs: 9f, learned 0.5 (the baseline) vs 9f, learned 0.9 (now)",
    )


def test_the_file_keeps_how_every_seed_ended(tmp_path: Path) -> None:
    known = baseline("unlearned", "timeout", "diverged")
    write(tmp_path / "b.jsonl", known)
    found = read(tmp_path / "b.jsonl").pools[KEY]
    assert found.outcomes == known.pools[KEY].outcomes
    assert (np.isnan(found.array).sum(), np.nansum(found.array)) == (2, 1)
    text = (tmp_path / "b.jsonl").read_text()
    (tmp_path / "b.jsonl").write_text(text.replace('"unlearned"', '"unlearnt"'))
    with pytest.raises(BaselineError, match=r"b.jsonl:2: .*no outcome is called 'unlearnt'"):
        read(tmp_path / "b.jsonl")


def test_promotion_keeps_outcomes_and_what_they_are_told_from(tmp_path: Path) -> None:
    fake.write(tmp_path, "ring8", "GAN", seeds=range(20), collapsed={3: 500}, died={7: 300}, q=True)
    found = collect(tmp_path)
    line = found.pools[CellMetric("ring8", "GAN", "failures")]
    assert (line.outcomes[3], line.outcomes[7], line.outcomes.count("ok")) == ("collapsed", "diverged", 18)
    assert {change.what for change in differences(found, found)} == {"same"}
    worse = {**found.pools, line.key: ended(line.key, ["collapsed"] * 20, line.seeds, line.precision, line.device)}
    (change,) = (c for c in differences(found, replace(found, pools=worse)) if c.what != "same")
    assert (change.before, change.after, change.effect) == (0.1, 1.0, pytest.approx(-0.9))
    assert change.p == pytest.approx(2 * fisher_more(20, 20, 2, 20))


def test_what_outcomes_are_told_from_is_the_protocol_of_quality_and_the_rule() -> None:
    record = {
        "protocols": {"quality": {"id": "9f", "n": 1000}},
        "outcomes": {"learned": 0.5, "kept": 0.5, "modes": 0.75},
    }
    assert outcome_protocol(record) == "9f, learned 0.5, kept 0.5, modes 0.75"
    assert outcome_protocol({"protocols": {"recall": {"id": "9f"}}}) is None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            '"protocols": {}',
            '"protocols": {"ring": []}',
            "'protocols' is not a mapping of the kind that a promotion writes",
        ),
        ('"cells": {}', '"cells": {"ring": 5}', "'cells' is not a mapping of the kind that a promotion writes"),
        ('"calibration": {}', '"calibration": {"within": 5}', "'calibration' holds what is no number"),
        ('"calibration": {}', '"calibration": {"false_alarm": "x"}', "'calibration' holds what is no number"),
    ],
)
def test_a_header_of_another_shape_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    write(tmp_path / "b.jsonl", baseline())
    text = (tmp_path / "b.jsonl").read_text()
    assert old in text
    (tmp_path / "b.jsonl").write_text(text.replace(old, new))
    with pytest.raises(BaselineError, match=f"b.jsonl:1: .*{said}"):
        read(tmp_path / "b.jsonl")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"seeds": [0,', '"seeds": [0.5,'),
        ('"seeds": [0,', '"seeds": [-1,'),
        ('"outcomes"', '"values"'),
        ('"values": [', '"values": ["x", '),
    ],
)
def test_a_line_of_another_shape_is_refused(tmp_path: Path, old: str, new: str) -> None:
    write(tmp_path / "b.jsonl", baseline())
    text = (tmp_path / "b.jsonl").read_text()
    assert old in text
    (tmp_path / "b.jsonl").write_text(text.replace(old, new))
    with pytest.raises(BaselineError, match=r"b.jsonl:[23]: this line lacks or misspells something"):
        read(tmp_path / "b.jsonl")


def test_a_line_whose_checksum_was_taken_away_is_refused(tmp_path: Path) -> None:
    """Beside lines that have theirs; a file of before 0.2 has none."""
    write(tmp_path / "b.jsonl", baseline())
    lines = (tmp_path / "b.jsonl").read_text().splitlines()

    def bare(line: str) -> str:
        return json.dumps({k: v for k, v in json.loads(line).items() if k != "checksum"})

    (tmp_path / "b.jsonl").write_text("\n".join([*lines[:2], bare(lines[2])]) + "\n")
    with pytest.raises(BaselineError, match=r"b.jsonl:3: this line was changed since it was promoted"):
        read(tmp_path / "b.jsonl")
    (tmp_path / "b.jsonl").write_text("\n".join(map(bare, lines)) + "\n")
    assert read(tmp_path / "b.jsonl").pools.keys() == baseline().pools.keys()


def test_a_baseline_that_never_learned_is_said_and_not_asked_about_failures() -> None:
    never = baseline(*["unlearned"] * 60)
    assert [check.kind for check in checks_of(Line(never.pools[KEY]), Rule())] == ["deaths"]
    report = gate(runs(*["unlearned"] * 10), never, {"quality": 0.0})
    assert "failures" not in {row.kind for row in report.rows}
    assert any("every seed of the baseline failed on ring / GAN" in said for said in report.caveats)
