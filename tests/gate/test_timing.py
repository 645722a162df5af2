"""The gate of speed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.gate.timing import TimingError, compare, read


def written(path, ratios, device="x86_64"):
    rows = [
        {"fullname": f"tests/b.py::{name}", "name": name, "stats": {"median": 1.0}, "extra_info": {"ratio": ratio}}
        for name, ratio in ratios.items()
    ]
    path.write_text(json.dumps({"machine_info": {"machine": device}, "benchmarks": rows}))
    return read(path)


def words(report):
    return {row.key.metric: row.verdict for row in report.rows}


def test_ratios_that_fall_or_vanish_fail(tmp_path):
    then = written(tmp_path / "a", {"same": 2.0, "slower": 2.0, "faster": 2.0, "gone": 2.0})
    now = written(tmp_path / "b", {"same": 1.7, "slower": 1.5, "faster": 3.0, "new": 1.0})
    report = compare(now, [then], 0.2)
    assert words(report) == {
        "same": "pass", "slower": "regression", "faster": "improved", "gone": "regression", "new": "shown",
    }  # fmt: skip
    assert report.exit_code() == 1
    assert "deleted or renamed" in next(r.reason for r in report.rows if r.key.metric == "gone")


def test_several_earlier_runs_widen_what_is_normal(tmp_path):
    then = [written(tmp_path / "a", {"x": 2.0}), written(tmp_path / "b", {"x": 1.5})]
    assert compare(written(tmp_path / "c", {"x": 1.3}), then, 0.2).exit_code() == 0
    assert compare(written(tmp_path / "c", {"x": 1.1}), then, 0.2).exit_code() == 1


def test_another_kind_of_device_is_not_compared(tmp_path):
    then, now = written(tmp_path / "a", {"x": 2.0}), written(tmp_path / "b", {"x": 0.1}, "aarch64")
    assert words(compare(now, [then])) == {"x": "incomparable"}
    assert (compare(now, [then]).exit_code(), compare(now, [then]).exit_code(strict=True)) == (3, 1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not pytest-benchmark's JSON"),
        ("[]", "holds no list 'benchmarks'"),
        ('{"benchmarks": [1]}', "lacks 'fullname'"),
        ('{"benchmarks": []}', "nothing can be compared"),
        ('{"benchmarks": [{"fullname": "a", "extra_info": {}}]}', "no benchmark in it has extra_info['ratio']"),
        ('{"benchmarks": [{"fullname": "a", "extra_info": {"ratio": NaN}}]}', "a ratio is a number above 0"),
        (
            '{"benchmarks": [{"fullname": "a", "extra_info": {"ratio": 5e-324}}]}',
            "a ratio is a number above 0, not 5e-324",
        ),
        ('{"benchmarks": [{"fullname": "a", "extra_info": {"ratio": "2"}}]}', "a ratio is a number above 0"),
        (
            '{"benchmarks": [{"fullname": "a", "extra_info": {"ratio": 1' + 400 * "0" + "}}]}",
            "a ratio is a number above 0",
        ),
        ("[" * 100_000, "not pytest-benchmark's JSON"),
    ],
)
def test_files_that_cannot_be_used(tmp_path, text, said):
    (tmp_path / "a").write_text(text)
    with pytest.raises(TimingError) as caught:
        read(tmp_path / "a")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("machine", ['"x"', "3", "[1]", "true", "NaN"])
def test_a_machine_that_is_not_described_is_no_other(tmp_path, machine):
    entry = '{"fullname": "a\\ud83d", "extra_info": {"ratio": 2.0}}'
    (tmp_path / "a").write_text(f'{{"machine_info": {machine}, "benchmarks": [{entry}]}}')
    (timing,) = read(tmp_path / "a").values()
    assert (timing.name, timing.device) == ("a\\ud83d", "")


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(TimingError, match="no such file"):
        read(tmp_path / "none")


def test_a_ratio_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    text = '{"benchmarks": [{"fullname": "a", "extra_info": {"ratio": 1.0, "ratio": 9.0}}]}'
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(TimingError, match="'ratio' is there twice"):
        read(tmp_path / "a.json")


def test_a_benchmark_that_is_listed_twice_is_refused(tmp_path: Path) -> None:
    """The last one would have won."""
    one = {"fullname": "a", "extra_info": {"ratio": 1.0}}
    (tmp_path / "a.json").write_text(json.dumps({"benchmarks": [one, one | {"extra_info": {"ratio": 9.0}}]}))
    with pytest.raises(TimingError, match="a is there twice; run the benchmarks again, each once"):
        read(tmp_path / "a.json")


@pytest.mark.parametrize("tolerance", [float("nan"), -0.1, 1.0])
def test_a_tolerance_is_a_share(tolerance: float) -> None:
    """With NaN nothing is slower than anything."""
    with pytest.raises(TimingError, match="a tolerance is a share"):
        compare({}, [{}], tolerance)
