"""Dated folders of results as series: what counts, what is comparable, and what shows among many."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from bench.gate.history import History, Series, history, judged, middle
from bench.gate.history_report import notes, plain
from bench.gate.night_values import CellNight, Conditions
from bench.gate.nights import Night, NightsError, nights
from bench.records import store
from bench.stats import Measure, clopper_pearson

UP, DOWN = Measure(higher_is_better=True), Measure(higher_is_better=False)
CPU = {"kind": "cpu", "name": "a processor"}
CARD = {"kind": "cuda", "name": "NVIDIA L4"}


def night(root, date, values, commit="", *, seeds=None, method="GAN", suite="s", folder="ring/gan", **more):
    """One record, as a run leaves it; None is a dead seed."""
    seeds = range(len(values)) if seeds is None else seeds
    fates = [{"seed": k, "outcome": "ok" if v is not None else "diverged", "step": None if v is not None else 7}
             for k, v in zip(seeds, values, strict=True)]  # fmt: skip
    record = {
        "suite": suite, "dataset": {"label": "ring"}, "method": {"label": method}, "key": "k", "status": "done",
        "seeds": fates, "created": f"{date[:10]}T00:00:00", "commit": commit, "precision": "float32", "device": CPU,
        "train": {"steps": 10, "batch": 8}, "metrics": {"modes": {"higher_is_better": True, "scale": "linear"}},
        "protocols": {"modes": {"id": "p1"}}, **more,
    }  # fmt: skip
    last = record["train"]["steps"]
    rows = [(k, last, "modes", v) for k, v in zip(seeds, values, strict=True) if v is not None]
    store.commit(root / date, Path(folder), record, rows)


def march(day: int) -> str:
    return f"2026-03-{day:02d}"


def modes(found: History, metric: str = "modes") -> list[Series]:
    return [one for one in found.series if one.metric == metric]


def test_dated_folders_become_series_with_commits(tmp_path):
    rng = np.random.default_rng(4)
    for day in range(1, 15):
        level = 8.0 if day < 9 else 5.0
        night(tmp_path, march(day), [*(level + rng.normal(size=4)).tolist(), None], f"commit{day:02d}")
        night(tmp_path, march(day), [1.0], None, method="EDM", folder="ring/edm")  # the newest knows no commit
    (tmp_path / "notes").mkdir()
    found = nights(tmp_path)
    assert [n.date for n in found] == [march(d) for d in range(1, 15)]
    result = history(found)
    _, one = modes(result)
    assert (one.dataset, one.method, one.conditions) == (
        "ring", "GAN", Conditions("cpu", "float32", "10 steps of batch 8", protocol="p1"),
    )  # fmt: skip
    assert one.change is not None
    assert found[one.change.at].date == "2026-03-09"
    assert not one.change.better
    old, new = one.commits
    assert old < "commit09" <= new
    _, failures = modes(result, "failures")
    assert failures.values.tolist() == [0.2] * 14
    assert failures.change is None
    assert result.family == 1  # of failures, all alike, nothing can be found
    shown = json.loads(json.dumps(plain(result, [one])))
    assert shown["series"][0]["change"]["at"] == "2026-03-09"
    assert (shown["family"], shown["alpha"]) == (1, 0.05)


def test_identical_nights_are_one_observation(tmp_path):
    for day in range(1, 21):
        night(tmp_path, march(day), [8.0, 7.5, 8.5] if day < 11 else [5.0, 4.5, 5.5], f"commit{day:02d}")
    result = history(nights(tmp_path))
    (one,) = modes(result)
    assert [len(one.points), len(one.seen)] == [20, 2]
    assert one.points[1].why == "the draw of 2026-03-01"
    assert one.change is None  # twenty nights, but two draws: chance makes one of two halves of the orders
    said = "\n".join(notes(result, result.series))
    assert "18 of 20 cells of nights repeat an earlier night bit for bit" in said
    assert "can show from 10 different nights on; 2 series have fewer (2 to 2)" in said


def test_other_seeds_or_other_bits_are_another_observation(tmp_path):
    for day, (seeds, values) in enumerate(
        [([0, 1], [1.0, 2.0]), ([2, 3], [1.0, 2.0]), ([0, 1], [1.0, np.nextafter(2, 3)]), ([0, 1], [1.0, 2.0])], start=1
    ):
        night(tmp_path, march(day), values, seeds=seeds)
    result = history(nights(tmp_path))
    for metric in ("modes", "failures"):  # equal shares of failures do not make two nights one draw
        (one,) = modes(result, metric)
        assert [p.state for p in one.points] == ["seen", "seen", "seen", "repeat"]


@pytest.mark.parametrize(
    ("then", "now", "said"),
    [
        ({"device": CPU}, {"device": CARD}, "device differs: cpu (before) vs NVIDIA L4 (since)"),
        (
            {"device": CARD},
            {"device": {"kind": "cuda", "name": "NVIDIA H100"}},
            "device differs: NVIDIA L4 (before) vs NVIDIA H100 (since)",
        ),
        ({"precision": "float32"}, {"precision": "float64"}, "precision differs: float32 (before) vs float64 (since)"),
        (
            {},
            {"train": {"steps": 20, "batch": 8}},
            "budget differs: 10 steps of batch 8 (before) vs 20 steps of batch 8 (since)",
        ),
        ({}, {"protocols": {"modes": {"id": "p2"}}}, "protocol differs: p1 (before) vs p2 (since)"),
    ],
    ids=["device", "card", "precision", "budget", "protocol"],
)
def test_other_conditions_are_another_series_and_no_change(tmp_path, then, now, said):
    rng = np.random.default_rng(0)
    for day in range(1, 31):
        level, kind = (8.0, then) if day < 16 else (2.0, now)
        night(tmp_path, march(day), (level + rng.normal(size=3)).tolist(), **kind)
    result = history(nights(tmp_path))
    assert all(one.change is None for one in result.series)
    old, new = modes(result)
    assert (len(old.seen), len(new.seen)) == (15, 15)
    assert (old.began, new.began) == ("", said)
    assert any(line.startswith(f"2026-03-16: {said}: ") for line in notes(result, result.series))


def test_the_processors_name_is_no_condition(tmp_path):
    night(tmp_path, march(1), [1.0])
    night(tmp_path, march(2), [2.0], device={"kind": "cpu", "name": "another"})
    assert len(modes(history(nights(tmp_path)))) == 1


def test_a_dead_cell_is_the_worst_of_nights_and_is_kept(tmp_path):
    """Such nights have no score at all, and once were left out: a cell that died for good looked steady."""
    rng = np.random.default_rng(1)
    for day in range(1, 31):
        alive = (8 + rng.normal(size=3)).tolist()
        how = {"metrics": {}, "protocols": {}, "status": "oom"} if day == 20 else {"status": "diverged"}
        night(tmp_path, march(day), alive if day < 16 else [None] * 3, seeds=range(3 * day, 3 * day + 3),
              **({} if day < 16 else how))  # fmt: skip
    result = history(nights(tmp_path))
    (one,) = modes(result)
    assert [p.dead for p in one.points] == [False] * 15 + [True] * 15
    for series in (one, *modes(result, "failures")):
        assert len(series.seen) == 30
        assert series.change is not None
        assert (series.seen[series.change.at].night.date, series.change.better) == (march(16), False)
    shown = json.loads(json.dumps(plain(result, [one]), allow_nan=False))["series"][0]
    assert (shown["nights"][-1]["value"], shown["nights"][-1]["dead"], shown["change"]["after"]) == (None, True, None)


def test_a_cell_without_a_result_is_missing_that_night(tmp_path):
    for day in range(1, 6):
        night(tmp_path, march(day), [float(day)])
        if day in (1, 4):
            night(tmp_path, march(day), [float(day)], method="EDM", folder="ring/edm")
        if day == 3:
            night(tmp_path, march(day), [1.0], method="EDM", folder="ring/edm", status="error")
    (tmp_path / march(6)).mkdir()  # nothing came to a result
    result = history(nights(tmp_path))
    edm, gan = modes(result)
    assert [(p.state, p.why) for p in edm.points] == [
        ("seen", ""), ("missing", "no record"), ("missing", "error"), ("seen", ""), ("missing", "no record"),
        ("missing", "no record"),
    ]  # fmt: skip
    assert [p.state for p in gan.points] == ["seen"] * 5 + ["missing"]
    assert "missing: ring / EDM (error): 2026-03-03" in notes(result, result.series)
    assert plain(result, [edm])["series"][0]["nights"][2]["state"] == "missing"


def test_a_metric_that_is_gone_is_missing_by_its_name(tmp_path):
    night(tmp_path, march(1), [1.0])
    night(tmp_path, march(2), [1.0], metrics={"other": {"higher_is_better": True}}, protocols={})
    result = history(nights(tmp_path))
    assert "missing: ring / GAN, modes (not measured): 2026-03-02" in notes(result, result.series)


def invented(values: np.ndarray, measure: Measure = UP) -> tuple[list[Night], list[dict]]:
    """Nights of cells: [T, cells, metrics] numbers of one seed a night."""
    found = [Night(f"{day:04d}", Path(f"{day}"), f"{day}") for day in range(len(values))]
    cells = [
        {
            ("ring", f"method {c:03d}"): [
                CellNight(Conditions("cpu", "float32", ""), (day,), (), {f"m{k}": np.array([v]) for k, v in enumerate(row)},
                          {}, {f"m{k}": measure for k in range(len(row))})
            ]
            for c, row in enumerate(nightly)
        }
        for day, nightly in enumerate(values)
    ]  # fmt: skip
    return found, cells


def test_one_change_among_three_hundred_series_is_found():
    """With 1999 orders whatever the number of series the least p, 1/2000, times 300 was .15: nothing was ever found."""
    values = np.random.default_rng(2).normal(size=(40, 75, 4))
    values[25:, 17, 2] -= 4
    result = judged(*invented(values))
    assert result.family == 300
    changed = [one for one in result.series if one.change is not None]
    assert [(one.method, one.metric) for one in changed] == [("method 017", "m2")]
    assert changed[0].change.at == 25
    assert changed[0].change.p == pytest.approx(300 / (result.permutations + 1))
    assert changed[0].change.p <= 0.01


def test_a_series_knows_nothing_of_its_neighbours():
    values = np.random.default_rng(3).normal(size=(30, 8, 1))
    values[15:, 0] += 1.6
    raw = {}
    for others in (range(8), [0], [5, 0, 3], [7, 6, 0]):
        result = judged(*invented(values[:, list(others)]))
        one = result.series[list(others).index(0)]
        assert one.change is not None
        raw[tuple(others)] = one.change.p / result.family
    assert len({round(p, 15) for p in raw.values()}) == 1


def test_series_too_short_for_any_change_cost_the_others_nothing():
    """A new device begins every series anew: those of three nights are no tests, and are not corrected for."""
    values = np.random.default_rng(4).normal(size=(12, 20, 1))
    values[6:, 3] += 9
    found, cells = invented(values)
    fresh = Night("9999", Path("x"), "x")
    conditions = Conditions("NVIDIA L4", "float32", "")
    anew = {n: [CellNight(conditions, (99,), (), one[0].numbers, {}, one[0].measures)] for n, one in cells[0].items()}
    result = judged([*found, fresh], [*cells, anew])
    assert (result.family, len(result.series)) == (20, 40)
    assert [one.method for one in result.series if one.change] == ["method 003"]
    (said,) = [line for line in notes(result, result.series) if "can show" in line]
    assert said == "a change in one of 40 series can show from 14 different nights on; 40 series have fewer (1 to 12)"


@pytest.mark.parametrize("length", [14, 22])
def test_quiet_histories_raise_an_alarm_as_seldom_as_alpha_says(length):
    rng = np.random.default_rng(length)
    alarms = 0
    for _ in range(120):
        values = rng.normal(size=(length, 4, 2))
        values[:, :, 1] = rng.binomial(5, 0.3, (length, 4)) / 5  # shares tie
        alarms += any(one.change is not None for one in judged(*invented(values)).series)
    assert clopper_pearson(alarms, 120, 0.99).low <= 0.05


def test_a_folder_that_holds_no_nights_is_refused(tmp_path):
    night(tmp_path, "results", [1.0], folder="s/ring/gan")
    (tmp_path / "results/s/suite.yaml").write_text("suite: s\n")
    night(tmp_path, "bare", [1.0])
    (tmp_path / "empty" / march(1)).mkdir(parents=True)
    for folder, said in (
        ("results", "holds results of suites (s), not nights"),
        ("results/s", "holds one set of results, not nights"),
        ("bare", "holds one set of results, not nights"),
        ("bare/ring", "holds one set of results, not nights"),
        ("empty", "no folder in it holds results"),
    ):
        with pytest.raises(NightsError) as caught:
            nights(tmp_path / folder)
        assert str(caught.value).startswith(f"{tmp_path / folder}: {said}")
        assert "such as nights/2026-03-01" in str(caught.value)


def test_nights_of_two_suites_are_refused(tmp_path):
    night(tmp_path, march(1), [1.0])
    night(tmp_path, march(2), [1.0], suite="toys")
    with pytest.raises(NightsError, match=r"holds nights of different suites, s \(2026-03-01\), toys \(2026-03-02\);"):
        nights(tmp_path)


def test_nights_may_hold_the_suites_folder(tmp_path):
    night(tmp_path, march(1), [1.0], folder="s/ring/gan")
    (tmp_path / march(1) / "s/suite.yaml").write_text("suite: s\n")
    assert [n.date for n in nights(tmp_path)] == [march(1)]


def test_a_median_that_is_a_dead_seed_is_no_number():
    values = np.array([1.0, 2.0, np.nan, np.nan, np.nan])
    assert np.isnan(middle(values, UP))
    assert middle(values[:3], UP) == 1.0
    assert middle(values[:3], DOWN) == 2.0
