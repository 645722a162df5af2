"""From a folder of records to verdicts: how seeds ended, what counts, and the suite that lies beside them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench.claims import ClaimError
from bench.records import store
from bench.records.frame import frame
from bench.records.verdicts import verdicts

SUITE = """
suite: s
claims:
  A wins: {is: A, better_than: B, in: modes, on: ring}
  A lives: {is: A, fails_less_than: B}
  unmeasured: {is: A, better_than: B, in: fd}
"""


def commit(root: Path, method: str, outcomes: list[str], values: list[float | None], **more: object) -> None:
    seeds = [{"seed": k, "outcome": o if o != "none" else None} for k, o in enumerate(outcomes)]
    record = {
        "suite": "s", "dataset": {"label": "ring"}, "method": {"label": method}, "key": f"key{method}",
        "status": "done", "seeds": seeds, "created": "2026-01-01T00:00:00", "precision": "float32",
        "device": {"kind": "cpu"}, "metrics": {"modes": {"higher_is_better": True, "scale": "linear"}},
        "protocols": {"modes": {"id": "p"}},
    }  # fmt: skip
    rows = [(k, 10, "modes", v) for k, v in enumerate(values)]
    store.commit(root, Path(f"ring/{method}"), record | more, rows)


def test_every_seed_has_a_fate_though_it_was_never_measured(tmp_path: Path) -> None:
    commit(tmp_path, "A", ["ok", "collapsed", "diverged"], [1.0, 2.0, None])
    commit(tmp_path, "B", ["none", "none"], [], status="oom")
    commit(tmp_path, "C", ["ok", "diverged"], [1.0, None], status="timeout")
    commit(tmp_path, "D", ["none"], [], status="error")
    found = frame(tmp_path).groupby(["method", "seed"])["outcome"].agg(["first", "nunique"])
    assert found["first"].tolist() == [
        "done", "collapsed", "diverged", "oom", "oom", "timeout", "diverged", "error",
    ]  # fmt: skip
    assert (found["nunique"] == 1).all()
    assert set(frame(tmp_path)["precision"]) == {"float32"}


def test_only_records_of_todays_code_count_where_keys_are_given(tmp_path: Path) -> None:
    commit(tmp_path, "A", ["ok"], [1.0])
    commit(tmp_path, "A", ["ok", "ok"], [5.0, 6.0], key="older", created="2026-02-01T00:00:00")
    score = frame(tmp_path, {"keyA"}).query("kind == 'score'")
    assert score["value"].tolist() == [1.0]
    assert frame(tmp_path, {"nothing"}).empty


def test_of_a_seed_that_was_run_twice_the_newest_result_counts(tmp_path: Path) -> None:
    commit(tmp_path, "A", ["ok"], [1.0])
    commit(tmp_path, "A", ["ok"], [2.0], created="2026-02-01T00:00:00")
    commit(tmp_path, "A", ["none"], [], status="infra", created="2026-03-01T00:00:00")
    found = frame(tmp_path)
    assert found.query("kind == 'score'")["value"].tolist() == [2.0]
    assert set(found["outcome"]) == {"done"}


def test_verdicts_of_a_folder(tmp_path: Path) -> None:
    """`on:` is a word here, not YAML 1.1's true."""
    (tmp_path / "suite.yaml").write_text(SUITE)
    values = np.arange(8.0)
    commit(tmp_path, "A", ["ok"] * 8, (values + 10).tolist())
    commit(tmp_path, "B", ["ok"] * 8, values.tolist())
    first, second, third = verdicts(tmp_path)
    assert (first.status, first.effect, first.claim.on) == ("supported", 10, "ring")
    assert second.status == "undecided"
    assert (third.status, third.reason) == ("insufficient", "no record holds fd")


def test_a_suite_that_claims_nothing_or_cannot_be_read(tmp_path: Path) -> None:
    commit(tmp_path, "A", ["ok"], [1.0])
    assert verdicts(tmp_path) == []
    (tmp_path / "suite.yaml").write_text("suite: s\n")
    assert verdicts(tmp_path) == []
    (tmp_path / "suite.yaml").write_text("claims: {a: {is: A}}\n")
    with pytest.raises(ClaimError, match=r"suite\.yaml: claims\.a: a claim has one of"):
        verdicts(tmp_path)
    (tmp_path / "suite.yaml").write_text("claims: [\n")
    with pytest.raises(ClaimError, match=r"suite\.yaml:\d+: this is not YAML"):
        verdicts(tmp_path)
