"""The page of nights: what it says first, what it draws, and what it does with nights that have no numbers."""

from __future__ import annotations

import re
from html import unescape
from xml.etree import ElementTree

import numpy as np
import pytest

from bench.gate import Report, Row, as_json
from bench.gate.band import banded
from bench.gate.history import history
from bench.gate.history_chart import BOTTOM, LEFT, PLOT, RIGHT, TOP, WIDE, axis, chart
from bench.gate.history_page import MOST, page
from bench.gate.last_night import last_night
from bench.gate.nights import nights
from bench.gate.report_file import FILE
from bench.suite.waivers import CellMetric
from tests.gate.test_history import march, modes, night

SVG = re.compile(r'<svg class="cell nights".*?</svg>', re.DOTALL)


def said(folder) -> dict[str, str]:
    found = history(nights(folder))
    told: dict[str, str] = {}
    for about, sentence in last_night(found, [banded(one) for one in found.series]):
        told[about] = f"{told.get(about, '')} {sentence}".strip()
    return told


def written(folder, **more) -> str:
    found = history(nights(folder))
    return page(found, found.series, **more)


def drawings(text: str) -> list[ElementTree.Element]:
    return [ElementTree.fromstring(svg) for svg in SVG.findall(text)]


def classes(drawing: ElementTree.Element) -> list[str]:
    return [element.get("class", "") for element in drawing.iter()]


@pytest.fixture
def changed(tmp_path):
    """EDM stays as it is; GAN is worse from the 13th on, with another torch."""
    rng = np.random.default_rng(0)
    for day in range(1, 25):
        seeds = range(3 * day, 3 * day + 3)
        now = {"versions": {"torch": "2.10" if day < 13 else "2.11"}, "code": "aaaa" if day < 13 else "bbbb"}
        level = 8.0 if day < 13 else 2.0
        night(tmp_path, march(day), (level + rng.normal(size=3)).tolist(), f"{day:02d}c0ffee", seeds=seeds, **now)
        night(tmp_path, march(day), rng.normal(size=3).tolist(), seeds=seeds, method="EDM <b>", folder="ring/edm")
    return tmp_path


def test_cells_with_a_change_come_first_with_commits_and_what_is_other(changed):
    text = written(changed)
    assert re.findall(r"<h3>(.*?)</h3>", text) == ["ring / GAN", "ring / EDM &lt;b&gt;"]
    first = unescape(SVG.split(text)[1])
    assert "Worse, " in first
    assert "on a night from 2026-03-13 to 2026-03-16, most likely 2026-03-13 (p = 0.0002)" in first
    assert "Commits 12c0ffee … 16c0ffee; what is other: torch 2.10 → 2.11, code at commit 12c0ffe → 16c0ffe." in first
    one, other = drawings(text)
    assert "change worse" in classes(one)
    assert not any(name.startswith("change") for name in classes(other))
    assert "▼ worse since 2026-03-13" in "".join(one.itertext())
    assert '<a href="#ring-GAN' in text
    assert said(changed)["Changes of level"] == "Worse: ring / GAN, modes since 2026-03-13 (p over 2 series)."


def test_where_the_program_is_the_same_the_commits_of_the_suite_are_named(tmp_path):
    rng = np.random.default_rng(0)
    for day in range(1, 25):
        made = {"code": "aaaa" if day < 13 else "bbbb", "suite_commit": f"{day:02d}5017e0000"}
        values, seeds = ((8.0 if day < 13 else 2.0) + rng.normal(size=3)).tolist(), range(3 * day, 3 * day + 3)
        night(tmp_path, march(day), values, "7c0ffee", seeds=seeds, **made)
    text = unescape(written(tmp_path))
    first = re.search(r"Commits (\S+) … (\S+) of the suite; what is other: suite at commit (\S+) → (\S+)\.", text)
    assert first, re.findall("Commits[^<]*", text)
    assert first[1] == f"{first[3]}00" == "125017e00"
    assert first[2] == f"{first[4]}00" >= "135017e00"
    assert "3 seeds, commit 7c0ffee, the suite's 245017e00)" in text


def test_the_page_needs_nothing_else_and_escapes_what_records_say(changed):
    text = written(changed)
    assert not re.search(r"https?:|src=|<link|@import|url\((?!#)", text)
    assert "EDM <b>" not in text
    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text
    assert "minmax(min(100%, 21rem), 1fr)" in text  # one chart a line where a phone is narrower
    assert text == written(changed)


def test_one_night(tmp_path):
    night(tmp_path, march(1), [8.0, 7.0, None], "abcdef123456")
    text = written(tmp_path)
    (one,) = drawings(text)
    assert classes(one).count("dot") == 1
    assert not {"median", "band"} & set(classes(one))
    assert "<title>s: night of 2026-03-01</title>" in text
    told = said(tmp_path)
    assert told["The night"] == "2026-03-01 (commit abcdef123), the newest of 1."
    assert told["Failures"] == "1 of 3 seeds failed: ring / GAN (1 of 3)."
    assert told["Changes of level"] == "Too few different nights to find any."
    assert "What is other" not in told


def test_nights_on_which_all_seeds_failed(tmp_path):
    for day in (1, 2):
        night(tmp_path, march(day), [None, None], seeds=(2 * day, 2 * day + 1), status="diverged")
    (one,) = drawings(written(tmp_path))
    assert classes(one).count("dead") == 2
    assert "no seed has a number" in "".join(one.itertext())
    assert said(tmp_path)["Failures"] == "2 of 2 seeds failed: ring / GAN (2 of 2). The night before: 2 of 2."


def test_cells_without_any_metric_show_their_failures(tmp_path):
    night(tmp_path, march(1), [None], status="oom", metrics={}, protocols={})
    (one,) = drawings(written(tmp_path))
    assert classes(one).count("failures") == 1
    assert one.get("aria-label") == "ring / GAN, failures ↓: 2026-03-01: share 1 of 1 seeds."


def test_a_night_on_which_nothing_came_to_a_result(tmp_path):
    night(tmp_path, march(1), [8.0])
    (tmp_path / march(2)).mkdir()
    text = written(tmp_path)
    (one,) = drawings(text)
    assert "gone" in classes(one)
    assert "2026-03-02: missing (no record)." in text
    assert said(tmp_path)["Failures"] == "Nothing came to a result on 2026-03-02."


def test_unlike_nights_break_the_line_and_say_why(tmp_path):
    for day in range(1, 9):
        train = {"steps": 10 if day < 4 else 20, "batch": 8}
        night(tmp_path, march(day), [float(day), 2.0], seeds=(2 * day, 2 * day + 1), train=train)
    text = written(tmp_path)
    (one,) = drawings(text)
    assert [name for name in classes(one) if name in ("break", "median")] == ["median", "median", "break"]
    lines = [element.get("d", "") for element in one.iter() if element.get("class") == "median"]
    assert [line.count("L") for line in lines] == [2, 4]
    assert "From 2026-03-04 on budget differs: 10 steps of batch 8 (before) vs 20 steps of batch 8 (since)." in text


def test_a_missing_night_and_a_dead_one_break_the_line(tmp_path):
    for day, values in enumerate(([1.0], [2.0], None, [3.0], [None], [4.0], [5.0]), start=1):
        if values is None:
            (tmp_path / march(day)).mkdir()
        else:
            night(tmp_path, march(day), values, seeds=(day,))
    (one,) = drawings(written(tmp_path))
    lines = [element.get("d", "") for element in one.iter() if element.get("class") == "median"]
    assert [line.count("L") for line in lines] == [1, 1]
    assert [name for name in classes(one) if name in ("dot", "gone", "dead")] == [
        "dot", "dot", "gone", "dot", "dead", "dot", "dot"
    ]  # fmt: skip


def test_medians_stand_where_the_axis_says(tmp_path):
    for day, value in enumerate((0.0, 10.0), start=1):
        night(tmp_path, march(day), [value], seeds=(day,))
    found = history(nights(tmp_path))
    (one,) = modes(found)
    (drawn,) = drawings(str(chart(found.nights, [banded(one)], (), "two nights")))
    scale = axis(np.array([0.0, 10.0]), False)
    assert scale is not None
    dots = [element for element in drawn.iter() if element.get("class") == "dot"]
    places = [(float(dot.get("cx", "")), float(dot.get("cy", ""))) for dot in dots]
    step = (WIDE - LEFT - RIGHT) / 2
    assert places == [
        (LEFT + step / 2, pytest.approx(BOTTOM - PLOT * scale.at(0.0), abs=0.06)),
        (LEFT + 1.5 * step, pytest.approx(BOTTOM - PLOT * scale.at(10.0), abs=0.06)),
    ]
    assert TOP < places[1][1] < places[0][1] < BOTTOM
    assert drawn.get("aria-label") == "two nights"


def test_one_broken_night_flattens_no_other():
    values = np.array([*np.linspace(7, 9, 40), 1000.0])
    scale = axis(values, False)
    assert scale is not None
    assert (scale.low, scale.high) == (pytest.approx(6.5, abs=0.5), pytest.approx(12, abs=1.5))
    assert scale.at(1000.0) > 1
    many = axis(np.array([8.0] * 90 + [7.0] * 10), False)
    assert many is not None
    assert 0 <= many.at(7.0) < many.at(8.0) <= 1
    assert axis(np.array([np.nan]), False) is None
    logs = axis(np.array([1e-3, 1e-2, 1e-1, 1.0]), True)
    assert logs is not None
    assert logs.at(1e-1) - logs.at(1e-2) == pytest.approx(logs.at(1.0) - logs.at(1e-1))
    assert {0.01, 1.0} <= set(logs.ticks())


def gate(folder, *words, strict=False):
    rows = [Row(CellMetric("ring", "GAN", f"m{k}"), "values", word, 50, 60, 1, 0, 5.0, 8.0, reason="it fell",
                changes=(("gan.lr", "0.002", "0.01"),)) for k, word in enumerate(words)]  # fmt: skip
    (folder / FILE).write_text(as_json(Report(tuple(rows), len(rows)), strict))


def test_the_gates_verdict_is_on_top(tmp_path):
    night(tmp_path, march(1), [8.0])
    night(tmp_path, march(2), [8.0], seeds=(1,))
    assert said(tmp_path)["The gate"].startswith("No verdict lies beside the night's results")
    gate(tmp_path / march(1), "pass")  # of another night
    assert said(tmp_path)["The gate"].startswith("No verdict lies beside the night's results")
    gate(tmp_path / march(2), "pass", "pass")
    assert said(tmp_path)["The gate"] == "The gate passed (exit code 0): 2 pass; 2 tests."
    gate(tmp_path / march(2), "suspicious", strict=True)
    assert said(tmp_path)["The gate"].startswith("The gate did not pass (exit code 1): 1 suspicious; 1 tests.")
    gate(tmp_path / march(2), "regression", "pass")
    assert said(tmp_path)["The gate"] == (
        "The gate did not pass (exit code 1): 1 regression, 1 pass; 2 tests. Regression: ring / GAN / m0 (values): median 5, "
        "baseline 8, dead 1 of 50; it fell; changed: gan.lr 0.002 → 0.01."
    )
    text = written(tmp_path)
    assert text.index("The gate did not pass") < text.index("<main")
    assert "The gate on 2026-03-02" in text


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"rows": 3, "exit_code": 0, "tests": 1}', "[" * 100_000,
     '{"rows": [{"dataset": "a", "method": "b", "metric": "c", "kind": "d", "verdict": "good"}], "exit_code": 0, "tests": 1}',
     '{"rows": [], "exit_code": 0, "tests": 0, "calibration": {"false_alarm": "no"}}', "\udcff"],
)  # fmt: skip
def test_a_damaged_verdict_is_a_sentence(tmp_path, text):
    night(tmp_path, march(1), [8.0])
    (tmp_path / march(1) / FILE).write_bytes(text.encode(errors="surrogateescape"))
    assert f"{FILE}: can't be read as the JSON of 'bench gate'" in said(tmp_path)["The gate"]
    assert "can&#39;t be read as the JSON" in written(tmp_path)


def test_what_lies_outside_of_its_band_is_said_without_a_verdict(tmp_path):
    rng = np.random.default_rng(0)
    for day in range(1, 8):
        values = (8 + rng.normal(size=5)).tolist() if day < 7 else [1.0] * 5
        night(tmp_path, march(day), values, seeds=range(5 * day, 5 * day + 5))
    assert said(tmp_path)["Outside their bands"].startswith("ring / GAN, modes 1. ")


def test_what_is_other_than_the_night_before(tmp_path):
    for day, torch in enumerate(("2.10", "2.10", "2.11"), start=1):
        night(tmp_path, march(day), [float(day)], seeds=(day,), versions={"torch": torch}, code="c")
        night(
            tmp_path,
            march(day),
            [float(day)],
            seeds=(day,),
            method="EDM",
            folder="ring/edm",
            versions={"torch": torch},
            code="c",
        )
        if day == 2:
            nothing = "Since 2026-03-01 nothing that the records tell of: options, training, versions, device, code."
            assert said(tmp_path)["What is other"] == nothing
    assert said(tmp_path)["What is other"] == "Since 2026-03-02: torch 2.10 → 2.11 (ring / EDM, ring / GAN)."


def test_beyond_so_many_charts_the_table_serves(tmp_path):
    metrics = {f"m{k:03d}": {"higher_is_better": True} for k in range(MOST + 3)}
    night(tmp_path, march(1), [None], metrics=metrics, protocols={}, status="diverged")
    text = written(tmp_path)
    assert len(drawings(text)) == MOST
    assert "3 more charts are not drawn" in text
    assert f"<td>m{MOST + 2}</td>" in text
