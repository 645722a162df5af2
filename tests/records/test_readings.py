"""Whether a metric can tell, and from what."""

from __future__ import annotations

from math import isnan
from typing import Any

import pytest

from bench.records.readings import reading, reading_of


def record(dataset: str = "ring", **of: Any) -> dict[str, Any]:
    how = {"higher_is_better": True, "scale": "linear", "two_sided": of.pop("two_sided", False)}
    return {
        "dataset": {"label": dataset},
        "metrics": {"m": how},
        "floors": {"m": of.pop("floor", None)},
        "protocols": {"m": {"n": 1000, "n_floor": of.pop("spare", 1000)}},
        "references": {"m": of} if of else {},
    }


def test_a_metric_whose_references_say_nothing_names_what_would_help() -> None:
    one = reading(record(real=0.89, deviation=0.01, null=0.88, tells=False), "m")
    assert not one.tells
    assert one.enough == 9000  # 3 deviations are three times the gap: nine times the samples
    assert "can't tell: real data reads 0.89 ± 0.01, its mean and covariance alone 0.88 at n = 1000" in one.why
    assert one.why.endswith("about n = 9000 would tell")


def test_every_witness_is_named() -> None:
    seen = {"real": 0.89, "deviation": 0.01, "null": 0.88, "half": 0.87, "copies": None, "whole": 0.89, "tells": False}
    one = reading(record(**seen), "m")
    assert "its mean and covariance alone 0.88, half of it 0.87 at n = 1000; about n = 2300 would tell" in one.why
    assert one.limits == ""


def test_what_tells_by_what_is_missing_alone_says_so() -> None:
    seen = {"real": 8.0, "deviation": 0.0, "null": 8.0, "half": 4.0, "copies": 8.0, "whole": 8.0}
    one = reading(record(**seen, tells=True, tells_null=False), "m")
    assert one.why == ""
    assert (
        one.limits
        == "m tells the data from half of it (4, all of it 8), but not from its mean and covariance alone (8)"
    )
    assert reading(record(real=8.0, deviation=0.0, null=1.0, tells=True, tells_null=True), "m").limits == ""


def test_where_the_data_is_used_up_no_number_of_samples_is_named() -> None:
    one = reading(record(real=0.89, deviation=0.01, null=0.88, tells=False, spare=600), "m")
    assert one.enough is None
    assert one.why.endswith("the data set has 600 samples to spare and no more")


def test_equal_references_name_no_number_of_samples() -> None:
    assert reading(record(real=8.0, deviation=0.0, null=8.0, tells=False), "m").enough is None


def test_a_record_of_before_is_read_by_its_direction() -> None:
    old = record()
    del old["metrics"]["m"]["two_sided"], old["references"]
    one = reading(old, "m")
    assert (one.two_sided, one.tells, one.why) == (False, True, "")
    assert isnan(one.real)


def test_a_two_sided_metric_without_a_reference_has_nothing_to_be_near_to() -> None:
    assert not reading(record(two_sided=True), "m").tells
    near = reading(record(two_sided=True, floor=0.9), "m")
    assert near.tells
    assert near.distance(1.0) == pytest.approx(0.1)


def test_one_block_that_can_not_tell_is_enough() -> None:
    sound = record(real=1.0, deviation=0.1, null=0.0, tells=True)
    mute = record(real=1.0, deviation=1.0, null=0.0, tells=False)
    found = reading_of([mute, sound, record("grid", real=1.0, deviation=0.1, null=0.0, tells=True)], "ring", "m")
    assert found is not None
    assert not found.tells
    other = reading_of([mute, record("grid")], "grid", "m")
    assert other is not None
    assert other.tells
    assert reading_of([mute], "ring", "absent") is None
