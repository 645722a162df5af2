"""From a folder of records to verdicts: how seeds ended, what counts, and the suite that lies beside them."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from bench.claims import ClaimError
from bench.records import store
from bench.records.frame import frame, measures_there
from bench.records.stored_plan import StoredCell, write_plan
from bench.records.verdicts import verdicts
from bench.stats import Measure

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
        "ok", "collapsed", "diverged", "oom", "oom", "timeout", "diverged", "error",
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
    assert set(found["outcome"]) == {"ok"}


def test_verdicts_of_a_folder(tmp_path: Path) -> None:
    """`on:` is a word here, not YAML 1.1's true."""
    (tmp_path / "suite.yaml").write_text(SUITE)
    values = np.arange(8.0)
    commit(tmp_path, "A", ["ok"] * 8, (values + 10).tolist())
    commit(tmp_path, "B", ["ok"] * 8, values.tolist())
    first, second, third = verdicts(tmp_path)
    assert (first.status, first.effect, first.claim.on) == ("supported", 10, ("ring",))
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


def test_cells_that_the_suite_no_longer_asks_for_decide_nothing(tmp_path: Path) -> None:
    """An unqualified claim is about the data sets of the suite, not about whatever lies beside it."""
    said = "suite: s\nseeds: 8\ndatasets: {ring: ring}\nmethods: {A: gan, B: vae}\n"
    (tmp_path / "suite.yaml").write_text(said + "claims: {A wins: {is: A, better_than: B, in: modes}}\n")
    values = np.arange(8.0)
    for method, shift in (("A", 10.0), ("B", 0.0)):
        commit(tmp_path, method, ["ok"] * 8, (values + shift).tolist())
    alone = verdicts(tmp_path)
    for method in ("A", "B"):
        commit(tmp_path, method, ["ok"] * 8, values.tolist(), dataset={"label": "grid"}, key=f"grid{method}")
    assert verdicts(tmp_path) == alone
    assert (alone[0].status, alone[0].n) == ("supported", (8, 8))
    (tmp_path / "suite.yaml").write_text(
        said.replace("seeds: 8", "seeds: 9") + "claims: {A wins: {is: A, better_than: B, in: modes}}\n"
    )
    assert verdicts(tmp_path)[0].status == "incomplete"


def planned(root: Path, seeds: range = range(8), **keys: str) -> None:
    """What the suite asks for: A and B on ring and on grid."""
    cells = {(d, m): StoredCell(keys.get(f"{d}{m}", f"key{m}" if d == "ring" else f"{d}{m}"), k)
             for k, (d, m) in enumerate((d, m) for d in ("ring", "grid") for m in "AB")}  # fmt: skip
    write_plan(root, list(seeds), cells)


def test_with_a_plan_what_is_missing_is_known_exactly(tmp_path: Path) -> None:
    """A pattern or a grid's row is not enough: each of its data sets, each seed, and as the suite says now."""
    said = "suite: s\nseeds: 8\ndatasets: {'*': ring}\nmethods: {A: gan, B: vae}\n"
    (tmp_path / "suite.yaml").write_text(said + "claims: {A wins: {is: A, better_than: B, in: modes, on: ['*']}}\n")
    values = np.arange(8.0)
    for method, more in (("A", 10.0), ("B", 0.0)):
        commit(tmp_path, method, ["ok"] * 8, (values + more).tolist())
    planned(tmp_path)
    (half,) = verdicts(tmp_path)
    assert (half.status, half.reason) == ("incomplete", "not run on grid")
    for method, more in (("A", 10.0), ("B", 0.0)):
        commit(tmp_path, method, ["ok"] * 8, (values + more).tolist(), dataset={"label": "grid"}, key=f"grid{method}")
    (whole,) = verdicts(tmp_path)
    assert (whole.status, whole.n) == ("supported", (16, 16))
    planned(tmp_path, range(100, 108))
    (others,) = verdicts(tmp_path)
    assert others.status == "incomplete"
    assert "A on grid: 8 of 16 seeds have a value" in others.reason
    planned(tmp_path, gridB="another")
    (stale,) = verdicts(tmp_path)
    assert stale.status == "incomplete"
    assert "B was not run on grid since its options or the code changed" in stale.reason


def test_a_record_that_is_there_twice_counts_once(tmp_path: Path) -> None:
    (tmp_path / "suite.yaml").write_text(SUITE)
    for method in ("A", "B"):
        commit(tmp_path, method, ["ok"] * 8, list(map(float, range(8))))
    alone = verdicts(tmp_path)
    folder = next(tmp_path.glob("ring/A/seeds*"))
    shutil.copytree(folder, folder.with_name(folder.name + ".2"))
    assert len(store.load_records(tmp_path)) == 2
    assert verdicts(tmp_path) == alone


def test_a_record_says_what_its_scores_mean(tmp_path: Path) -> None:
    there = {
        "modes": {"real": 5.0, "deviation": 0.1, "null": 0.0, "tells": True},
        "fd": {"real": 1.0, "null": 1.0, "tells": False},
    }
    how = {"higher_is_better": True, "scale": "linear"}
    commit(
        tmp_path,
        "A",
        ["ok"],
        [1.0],
        references=there,
        metrics={"modes": how | {"two_sided": True}, "fd": how, "old": how},
    )
    assert measures_there(store.load_records(tmp_path)) == {
        ("ring", "modes"): Measure(higher_is_better=False, target=5.0),
        ("ring", "fd"): Measure(higher_is_better=True, tells=False),
    }
