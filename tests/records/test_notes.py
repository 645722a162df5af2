"""What is said once of a folder of records."""

from __future__ import annotations

from typing import Any

from bench.records.notes import notes

GOOD = {"real": 0.0, "deviation": 0.1, "null": 1.0, "tells": True}


def record(method: str, outcome: str = "ok", **more: Any) -> dict[str, Any]:
    return {
        "dataset": {"label": "ring"}, "method": {"label": method}, "status": "done",
        "seeds": [{"seed": 0, "outcome": outcome}], "train": {"steps": 100, "evaluate_every": 10},
        "references": {"mmd_multiscale": GOOD}, "unjudged": None,
    } | more  # fmt: skip


def test_nothing_is_said_of_what_is_whole() -> None:
    assert notes([record("GAN"), record("VAE", "collapsed")]) == []
    old = {k: v for k, v in record("GAN").items() if k not in ("references", "unjudged")}
    assert notes([old | {"train": {"steps": 100, "evaluate_every": 0}}]) == []  # of before there was quality


def test_a_single_evaluation_is_said_once() -> None:
    once = {"train": {"steps": 100, "evaluate_every": 0}}
    why = "a collapse can't be seen; 'evaluate_every' under 'train:' asks for more"
    assert notes([record(m, **once) for m in "abc"]) == [f"a single evaluation: {why}"]
    assert notes([record("a", train={"steps": 10, "evaluate_every": 10})]) == [f"a single evaluation: {why}"]
    assert notes([record("a", **once), record("b")]) == [f"a single evaluation on ring / a: {why}"]
    assert notes([record("a", "diverged", unjudged="no metric is measured", **once)]) == []  # quality is not looked at


def test_the_unjudged_are_named_with_the_reason() -> None:
    found = [record(m, "unjudged", unjudged="mmd_multiscale can't tell") for m in "abcd"]
    (line,) = notes(found)
    assert line == (
        "unjudged, neither ok nor failed, on 4 cells (ring / a, ring / b, ring / c, …): no quality: mmd_multiscale can't tell"
    )


def test_errors_of_one_reason_are_one_line() -> None:
    broken = {"metric_errors": {"precision": "E: why", "recall": "E: why"}, "probe_errors": {"ends": "E: other"}}
    assert notes([record("a", **broken), record("b", **broken)]) == [
        "broken, and absent on 2 cells (ring / a, ring / b): metric precision, recall: E: why",
        "broken, and absent on 2 cells (ring / a, ring / b): probe ends: E: other",
    ]
