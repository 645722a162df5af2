"""What a night says of a cell is what claims and the gate read of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench.claims.evidence import Evidence
from bench.gate.night_values import FAILURES, CellNight, cells
from bench.gate.nights import nights
from bench.records import store
from bench.records.frame import frame, metric_directions

OUTCOMES = ("ok", "diverged", "unlearned", "collapsed", None)


def block(root: Path, seeds: range, rng: np.random.Generator, status: str, hour: int) -> None:
    """A block of seeds as a run leaves it: three evaluations of two metrics, holes in them, fates of every kind."""
    outcomes = [None if status == "error" else str(rng.choice(OUTCOMES[:4])) for _ in seeds]
    record = {
        "suite": "s", "dataset": {"label": "ring"}, "method": {"label": "GAN"}, "key": "k", "status": status,
        "seeds": [{"seed": s, "outcome": o, "step": None} for s, o in zip(seeds, outcomes, strict=True)],
        "created": f"2026-03-01T{hour:02d}:00:00", "device": {"kind": "cpu"},
        "metrics": {m: {"higher_is_better": m == "a"} for m in ("a", "b")}, "protocols": {"a": {"id": "p"}, "b": {"id": "q"}},
    }  # fmt: skip
    rows = [(s, step, m, None if rng.random() < 0.2 else float(rng.normal()))
            for s in seeds for step in (10, 20, 30) for m in ("a", "b")
            if rng.random() < 0.8 and status != "error"]  # fmt: skip
    store.commit(root / "2026-03-01", Path("ring/gan"), record, rows)


@pytest.mark.parametrize("case", range(8))
def test_a_cell_is_read_as_evidence_reads_it(tmp_path, case):
    rng = np.random.default_rng(case)
    block(tmp_path, range(6), rng, "done", 1)
    block(tmp_path, range(4, 9), rng, "timeout", 2)  # two seeds twice
    block(tmp_path, range(8, 11), rng, "error", 3)
    (night,) = nights(tmp_path)
    (cell,) = cells(night)["ring", "GAN"]
    evidence = Evidence(frame(night.folder), metric_directions(night.records))
    for name in ("a", "b"):
        expected = evidence.seed_values(name, "ring", "GAN")
        assert cell.seeds == expected.seeds
        assert np.array_equal(cell.numbers[name], expected.numbers, equal_nan=True)
    failed = evidence.seed_values("", "ring", "GAN")
    assert cell.numbers[FAILURES].sum() == failed.failed
    assert (len(cell.deaths), cell.protocols["a"]) == (sum(o in ("diverged", "timeout") for o in _outcomes(night)), "p")


def _outcomes(night) -> list[str]:
    rows = frame(night.folder)
    return rows[rows["kind"] == "fate"]["outcome"].tolist()


def test_outcomes_told_by_other_rules_are_other_failures(tmp_path):
    for day, rule in ((1, 0.5), (2, 0.6)):
        record = {
            "suite": "s", "dataset": {"label": "ring"}, "method": {"label": "GAN"}, "key": "k", "status": "done",
            "seeds": [{"seed": day, "outcome": "ok", "step": None}], "created": f"2026-03-0{day}T00:00:00",
            "metrics": {}, "protocols": {"quality": {"id": "p"}}, "outcomes": {"learned": rule},
        }  # fmt: skip
        store.commit(tmp_path / f"2026-03-0{day}", Path("ring/gan"), record)
    first, second = (cells(night)["ring", "GAN"][0].protocols[FAILURES] for night in nights(tmp_path))
    assert (first, second) == ("p, learned 0.5", "p, learned 0.6")


def test_a_record_without_its_scores_is_said(tmp_path):
    block(tmp_path, range(3), np.random.default_rng(0), "done", 1)
    next(tmp_path.rglob("scores.parquet")).write_text("nothing")
    block(tmp_path, range(3, 6), np.random.default_rng(0), "done", 1)
    with pytest.warns(UserWarning, match="scores.parquet has another length than it was written with"):
        (night,) = nights(tmp_path)
    (cell,) = cells(night)["ring", "GAN"]
    assert cell.seeds == (3, 4, 5)


def night(root: Path, day: int, outcomes: list[str], unjudged: str | None) -> CellNight:
    record = {
        "suite": "s", "dataset": {"label": "ring"}, "method": {"label": "GAN"}, "key": "k", "status": "done",
        "seeds": [{"seed": k, "outcome": o, "step": None} for k, o in enumerate(outcomes)],
        "created": f"2026-03-0{day}T00:00:00", "metrics": {}, "protocols": {"a": {"id": "p"}}, "outcomes": {"learned": 0.5},
        "unjudged": unjudged,
    }  # fmt: skip
    store.commit(root / f"2026-03-0{day}", Path("ring/gan"), record)
    (cell,) = cells(nights(root)[-1])["ring", "GAN"]
    return cell


def test_an_unjudged_seed_counts_neither_as_failed_nor_as_ok(tmp_path):
    """Where one can't be judged, deaths alone are counted, of all seeds: that is another series."""
    known = night(tmp_path, 1, ["ok", "collapsed", "diverged", "unlearned"], None)
    assert (known.numbers[FAILURES].tolist(), known.protocols[FAILURES]) == ([0, 1, 1, 1], "learned 0.5")
    mixed = night(tmp_path, 2, ["unjudged", "collapsed", "diverged", "unjudged"], "modes_occupied: it broke")
    assert mixed.protocols[FAILURES] == "learned 0.5, divergence alone"
    assert mixed.numbers[FAILURES].tolist() == [0, 0, 1, 0]
    assert [death[0] for death in mixed.deaths] == [2]


def test_nights_on_which_all_died_stay_with_those_that_could_not_be_judged(tmp_path):
    """They began a series of their own: the worst change of all was none."""
    lived = night(tmp_path, 1, ["unjudged"] * 3, "no metric is measured")
    died = night(tmp_path, 2, ["diverged"] * 3, "no metric is measured")
    assert lived.protocols == died.protocols
    assert (lived.numbers[FAILURES].mean(), died.numbers[FAILURES].mean()) == (0, 1)
    judged = night(tmp_path, 3, ["unlearned"] * 3, "modes_occupied: it broke")  # failed, whatever its modes were
    assert (judged.protocols[FAILURES], judged.numbers[FAILURES].mean()) == ("learned 0.5", 1)
