"""JSON of a hundred thousand brackets, in the place of every file that a run keeps: it can't be read, and is no traceback."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bench.gate.baseline import BaselineError
from bench.gate.baseline import read as read_baseline
from bench.gate.golden_file import GoldenError
from bench.gate.golden_file import read as read_golden
from bench.records import stored_plan, trace_diagnostics, tuned, under_way
from bench.records.strict_json import strict_json
from bench.running import stepping

DEEP = "[" * 100_000


@pytest.mark.parametrize("module", [stored_plan, tuned], ids=["plan", "tuned"])
def test_what_lies_beside_records_is_passed_over_with_a_warning(module: object, tmp_path: Path) -> None:
    (tmp_path / module.FILE).write_text(DEEP)  # type: ignore[attr-defined]
    read = stored_plan.read_plan if module is stored_plan else tuned.read
    with pytest.warns(UserWarning, match="can't be read"):
        assert read(tmp_path) is None


def test_what_is_made_anew_is_as_if_it_were_not_there(tmp_path: Path) -> None:
    for name in (trace_diagnostics.FILE, "choice.json", "seeds-0.so-far.json"):
        (tmp_path / name).write_text(DEEP)
    assert trace_diagnostics.stored({"folder": str(tmp_path)}) is None
    assert stepping._held(tmp_path / "choice.json") is None
    assert under_way.read_under_way(tmp_path / "seeds-0.so-far.json") is None


def test_a_golden_file_says_so(tmp_path: Path) -> None:
    (tmp_path / "x.golden.jsonl").write_text(DEEP)
    with pytest.raises(GoldenError, match="nested too deep"):
        read_golden(tmp_path / "x.golden.jsonl")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": NaN}', "NaN is no JSON"),
        ('{"a": 1e400}', "1e400 is too large"),
        ('{"a": 1' + 400 * "0" + "}", "is too large"),
        ('{"a": 9223372036854775808}', "9223372036854775808 is too large"),
        ('{"a": 1, "a": 2}', "'a' is there twice"),
        ('{"a": "\\ud83d"}', "half of a surrogate pair"),
        (DEEP, "nested too deep"),
    ],
)
def test_what_no_file_of_ours_holds(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        strict_json(text)


def test_whole_pairs_and_large_numbers_are_read() -> None:
    assert strict_json('{"a": "\\ud83d\\ude00", "b": 9223372036854775807, "c": -1e308}') == {
        "a": "\U0001f600",
        "b": 2**63 - 1,
        "c": -1e308,
    }


@pytest.mark.parametrize("module", [stored_plan, tuned], ids=["plan", "tuned"])
def test_a_pipe_is_not_waited_for(module: object, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / module.FILE)  # type: ignore[attr-defined]
    os.mkfifo(tmp_path / "seeds-0.so_far.json")
    read = stored_plan.read_plan if module is stored_plan else tuned.read
    with pytest.warns(UserWarning, match="can't be read"):
        assert read(tmp_path) is None
    assert under_way.read_under_way(tmp_path / "seeds-0.so_far.json") is None
    with pytest.raises(BaselineError, match="it is no regular file"):
        read_baseline(tmp_path / "seeds-0.so_far.json")
