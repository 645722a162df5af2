"""The baseline file: what is written is read back, and what can't be used says so in one line."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.gate.baseline import Baseline, BaselineError, BaselineValues, read, rounded, write
from bench.stats import Measure
from bench.suite.waivers import CellMetric

ROOT = Path(__file__).parents[2]


def pool(method="GAN", values=(1.0, float("nan"), 3.0), metric="fd", seeds=(0, 1, 2)):
    return BaselineValues(
        CellMetric("ring", method, metric), tuple(values), tuple(seeds), Measure(False, "log"), "float32", "cpu"
    )


def some():
    pools = {p.key: p for p in (pool("b"), pool("a"), pool("a", metric="coverage"))}
    return Baseline(pools, {"ring": {"fd": "9f"}}, {"commit": "abc"}, {"false_alarm": 0.01})


def test_round_trip(tmp_path):
    path = tmp_path / "deep" / "toys.jsonl"
    write(path, some())
    found = read(path)
    assert found.pools.keys() == some().pools.keys()
    np.testing.assert_array_equal(found.pools[CellMetric("ring", "a", "fd")].array, [1, np.nan, 3])
    assert found.pools[CellMetric("ring", "a", "fd")].measure == Measure(False, "log")
    assert (found.protocols, found.provenance, found.calibration) == (
        some().protocols,
        some().provenance,
        some().calibration,
    )
    first = path.read_bytes()
    write(path, found)
    assert path.read_bytes() == first
    assert [p.name for p in path.parent.iterdir()] == ["toys.jsonl"]


def test_one_sorted_line_for_each_cell_and_metric(tmp_path):
    write(tmp_path / "b.jsonl", some())
    lines = [json.loads(line) for line in (tmp_path / "b.jsonl").read_text().splitlines()]
    keys = [(r["dataset"], r["method"], r["metric"]) for r in lines[1:]]
    assert keys == sorted(keys)
    assert len(keys) == 3
    assert lines[1]["values"] == [1.0, None, 3.0]


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e300, max_value=1e300))
def test_six_significant_digits(value):
    kept = rounded(value)
    assert kept == pytest.approx(value, rel=5e-6, abs=1e-320)
    assert rounded(kept) == kept
    with pytest.raises(ValueError, match="infinite"):
        rounded(float("inf"))


def test_the_order_of_seeds_is_not_part_of_the_file(tmp_path):
    write(tmp_path / "a", Baseline({pool().key: pool(values=(1, 2, 3), seeds=(0, 1, 2))}))
    write(tmp_path / "b", Baseline({pool().key: pool(values=(3, 1, 2), seeds=(2, 0, 1))}))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


HEADER = '{"baseline": 1}\n'
LINE = json.dumps(
    {"dataset": "r", "method": "m", "metric": "x", "higher_is_better": True, "scale": "linear", "precision": "",
     "device": "", "seeds": [0], "values": [1.0]}
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "place", "word"),
    [
        ("", "", "empty"),
        ("\n\n", "", "empty"),
        ("name,value\n", ":1", "not a line of JSON"),
        ("[1]\n", ":1", "JSON object"),
        ('{"rows": 3}\n', ":1", "some other file"),
        (LINE + "\n", ":1", "some other file"),
        ('{"baseline": 99}\n', ":1", "version 99"),
        ('{"baseline": 1, "protocols": 3}\n', ":1", "not a mapping"),
        (HEADER, "", "no cell"),
        (HEADER + LINE[:-5] + "\n", ":2", "not a line of JSON"),
        (HEADER + LINE.replace("1.0", "NaN") + "\n", ":2", "null"),
        (HEADER + LINE.replace("1.0", '"1.0"') + "\n", ":2", "a value"),
        (HEADER + LINE.replace('"seeds"', '"sedes"') + "\n", ":2", "seeds"),
        (HEADER + LINE.replace("[0]", "[0, 1]") + "\n", ":2", "1 values of 2 seeds"),
        (HEADER + LINE.replace("1.0", "1" + 400 * "0") + "\n", ":2", "is too large"),
        (HEADER + LINE.replace("1.0", "-1.0").replace('"linear"', '"log"') + "\n", ":2", "has no logarithm"),
        (HEADER + LINE.replace("1.0", '1.0], "values": [1.0') + "\n", ":2", "'values' is there twice"),
        (HEADER + LINE.replace("1.0", "1e308") + "\n", ":2", "a value"),
        (HEADER + "[" * 100_000 + "\n", ":2", "not a line of JSON"),
        (
            HEADER.replace("}", ', "protocols": {"r": {"failures": "x"}}}') + LINE + "\n",
            "",
            "r / m has no line of how its seeds",
        ),
        (HEADER + LINE.replace("linear", "cubic") + "\n", ":2", "linear or log"),
        (HEADER + LINE + "\n" + LINE + "\n", ":3", "twice"),
    ],
)
def test_a_file_that_cannot_be_used_says_so_in_one_line(tmp_path, text, place, word):
    path = tmp_path / "b.jsonl"
    path.write_text(text)
    with pytest.raises(BaselineError) as caught:
        read(path)
    message = str(caught.value)
    assert message.startswith(f"{path}{place}:")
    assert word in message
    assert "\n" not in message


def test_missing_and_binary_files(tmp_path):
    with pytest.raises(BaselineError, match="no such baseline"):
        read(tmp_path / "none")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BaselineError, match="can't be read"):
        read(tmp_path / "binary")
    with pytest.raises(BaselineError, match="can't be read"):
        read(tmp_path)


def test_a_line_that_was_changed_is_refused_and_one_of_before_checksums_is_not(tmp_path):
    path = tmp_path / "base.jsonl"
    committed = ROOT / "results" / "baselines" / "ci.jsonl"
    lines = committed.read_text(encoding="utf-8").splitlines()
    changed = [lines[0], lines[1].replace('"seeds": [100,', '"seeds": [99,'), *lines[2:]]
    assert changed != lines
    path.write_text("\n".join(changed), encoding="utf-8")
    with pytest.raises(
        BaselineError, match=r"base.jsonl:2: this line was changed since it was promoted; restore it or"
    ):
        read(path)
    bare = [json.dumps({w: v for w, v in json.loads(line).items() if w != "checksum"}) for line in changed]
    path.write_text("\n".join(bare), encoding="utf-8")
    assert len(read(path).pools) == len(lines) - 1
