"""Tuning from a suite's file to its records: small methods, few steps, every block in this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import bench
from bench.gate.nightly import prepare as night
from bench.gate.promotion import collect
from bench.records import store, tuned
from bench.records.verdicts import verdicts
from bench.running import run as running
from bench.running.plan import CantRun, plan
from bench.running.tuning import as_tuned, found_so_far, tune, tuned_suite, tuning
from bench.suite.load import load_suite
from tests.running.tuned_suite import TEXT, Here, quiet

BUDGET, STEP = 41, {"WGAN": 3, "EDM": 1}  # gradients, and what a step costs of them
Write = Callable[[str], Path]


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The suite's file, and results/ after `bench run`."""
    folder = tmp_path_factory.mktemp("tuned")
    path = folder / "toy.yaml"
    path.write_text(TEXT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "find", lambda word: lambda slots: Here())
        root, complete = running.start(path, folder / "results", quiet=True)
    assert (root, complete) == (folder / "results" / "toy", True)
    return path, folder / "results"


def records(root: Path) -> dict[str, store.Record]:
    return {record["method"]["label"]: record for record in store.load_records(root)}


def test_the_result_is_the_chosen_setting_on_fresh_seeds(done: tuple[Path, Path]) -> None:
    root = done[1] / "toy"
    found, told = records(root), tuned.read(root)
    assert told is not None
    assert set(found) == {"WGAN", "EDM", "plain"}
    trials = store.load_records(root / store.TRIALS)
    assert len(trials) == 6
    for one in told.cells:
        record, best = found[one.method], one.chosen
        assert best is not None
        assert [end["seed"] for end in record["seeds"]] == [0, 1, 2, 3, 4, 5]
        assert record["tuned"] | {"value": None} == {
            "space": dict(one.space), "trials": 3, "seeds": 2, "select": "quality", "trial": best.trial,
            "setting": dict(best.setting), "works": True, "value": None,
        }  # fmt: skip
        assert record["tuned"]["value"] == max(one.values())
        (of_trial,) = [r for r in trials if r["key"] == best.key]
        assert record["method"]["options"] == of_trial["method"]["options"]
        assert record["method"]["options"][0]["options"]["lr"] == best.setting["lr"]
        assert of_trial["trial"] == {"of": one.method, "trial": best.trial, "setting": dict(best.setting)}
    wgan = next(one for one in told.cells if one.method == "WGAN").chosen
    assert wgan is not None
    game, penalty, _ = found["WGAN"]["method"]["options"]
    assert f"({', '.join(map(str, game['options']['betas']))})".replace("0.0,", "0,") == wgan.setting["betas"]
    assert penalty["options"]["weight"] == wgan.setting["gradient_penalty.weight"]
    assert "tuned" not in found["plain"]


def test_the_value_of_a_trial_is_its_median_last_quality(done: tuple[Path, Path]) -> None:
    root = done[1] / "toy"
    told = tuned.read(root)
    assert told is not None
    frame = bench.load(root / store.TRIALS)
    last = frame[frame["name"] == "quality"].sort_values("step").groupby(["key", "seed"])["value"].last()
    for one in told.cells:
        for trial, value in zip(one.trials, one.values(), strict=True):
            assert value == pytest.approx(last[trial.key].median(), rel=1e-12)


def test_every_trial_and_every_result_spends_the_budget_to_a_step(done: tuple[Path, Path]) -> None:
    root = done[1] / "toy"
    for record in [*store.load_records(root), *store.load_records(root / store.TRIALS)]:
        spent = record["train"]["steps"] * record["gradients_per_step"]
        assert BUDGET - record["gradients_per_step"] < spent <= BUDGET
        method = record.get("trial", {}).get("of", record["method"]["label"])
        assert record["gradients_per_step"] == STEP.get(method, 1)


def test_seeds_of_trials_are_used_for_nothing_else(done: tuple[Path, Path]) -> None:
    root = done[1] / "toy"
    by_method: dict[str, list[int]] = {}
    for record in store.load_records(root / store.TRIALS):
        by_method.setdefault(record["trial"]["of"], []).extend(end["seed"] for end in record["seeds"])
    results = {end["seed"] for record in store.load_records(root) for end in record["seeds"]}
    for seeds in by_method.values():
        assert len(set(seeds)) == len(seeds) == 6
        assert not results & set(seeds)
    with pytest.raises(CantRun, match="seed 1000001 belongs to the trials of 'tune': give other seeds"):
        plan(load_suite(done[0]), done[1], seeds=(7, 1_000_001))


def test_trials_are_in_no_table_no_claim_and_no_load(done: tuple[Path, Path]) -> None:
    root, labels = done[1] / "toy", {"WGAN", "EDM", "plain"}
    for folder in (root, root.parent):
        frame = bench.load(folder, everything=True)
        assert set(frame["method"]) == labels
        assert set(frame["seed"]) == set(range(6))
        assert {record["method"]["label"] for record in bench.load_records(folder)} == labels
    (verdict,) = verdicts(root)
    assert (verdict.n, verdict.reason) == ((6, 6), "")
    assert {key.method for key in collect(root, force_small=True).pools} == labels
    assert "[lr=" not in (root / "scores.csv").read_text()
    assert "[lr=" not in (root / "plan.json").read_text()


def test_what_is_there_is_not_run_again(done: tuple[Path, Path]) -> None:
    suite = load_suite(done[0])
    assert tuning(suite, done[1]).jobs == ()
    assert plan(as_tuned(suite, done[1], "cpu"), done[1]).jobs == ()
    assert {job.cell.method.label for job in plan(suite, done[1]).jobs} == set()  # those that are tuned wait


def test_a_better_score_chooses_another_without_training(done: tuple[Path, Path], write: Write) -> None:
    suite = load_suite(write(TEXT.replace("  seeds: 2\n", "  seeds: 2\n  select: sliced_wasserstein\n")))
    todo = tuning(suite, done[1])
    assert todo.jobs == ()
    for one in found_so_far(todo).cells:
        best = one.chosen
        assert best is not None
        assert -one.values().max() == min(-one.values())
        assert one.direction.higher_is_better is False


def test_a_killed_tuning_runs_only_the_rest(write: Write, tmp_path: Path) -> None:
    suite = load_suite(write(TEXT.replace("41", "9")))
    first = Here(stop=2)
    with pytest.raises(KeyboardInterrupt):
        tune(tuning(suite, tmp_path), first, quiet())
    before = {r["folder"]: r["created"] for r in store.load_records(tmp_path / "toy" / store.TRIALS)}
    assert len(before) == 2
    told = tuned.read(tmp_path / "toy")
    assert told is not None
    assert [one.chosen for one in told.cells] == [None, None]
    with pytest.raises(CantRun, match=r"ring / .* has no setting: . of 3 trials have no result: run 'bench tune"):
        night(suite, tmp_path, device="cpu")
    second = Here()
    found = tune(tuning(suite, tmp_path), second, quiet())
    assert all(one.chosen for one in found.cells)
    labels = [job.label for job in (*first.ran, *second.ran)]
    assert len(labels) == len(set(labels)) == 6
    after = {r["folder"]: r["created"] for r in store.load_records(tmp_path / "toy" / store.TRIALS)}
    assert before.items() < after.items()
    assert night(suite, tmp_path, device="cpu").suite.chosen


def test_only_some_cells_are_tuned(write: Write, tmp_path: Path) -> None:
    suite = load_suite(write(TEXT.replace("41", "9")))
    todo = tuning(suite, tmp_path, only="EDM")
    assert (len(todo.jobs), todo.picked) == (3, {("ring", "EDM")})
    found = tune(todo, Here(), quiet())
    jobs = plan(tuned_suite(todo, found), tmp_path).jobs
    assert {job.cell.method.label for job in jobs} == {"EDM", "plain"}
    assert as_tuned(suite, tmp_path, "cpu", only="EDM").chosen.keys() == {("ring", "EDM")}


def test_a_method_that_never_works_is_run_with_its_first_setting(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = TEXT.replace("EDM: {lr: log(1e-4, 3e-2)}", "EDM: {lr: [1e36, 1e37, 1e38]}").replace("41", "12")
    monkeypatch.setattr(running, "find", lambda word: lambda slots: Here())
    root, complete = running.start(write(text), tmp_path, quiet=True, only="EDM")
    assert complete
    told = tuned.read(root)
    assert told is not None
    (one,) = [one for one in told.cells if one.method == "EDM"]
    assert not one.works
    (record,) = store.load_records(root)
    assert record["tuned"]["works"] is False
    assert record["tuned"]["value"] is None
    assert record["tuned"]["setting"] == dict(one.trials[0].setting)
    said = " ".join(capsys.readouterr().err.split())
    assert "ring / EDM never works: no trial came to a number, and its first setting is run" in said


def test_the_report_has_a_part_of_its_own(done: tuple[Path, Path], tmp_path: Path) -> None:
    from bench.reporting import build

    out = build(done[1] / "toy", tmp_path / "out").parent
    text, page = (out / "report.md").read_text(), (out / "index.html").read_text()
    assert "<h2>Tuning</h2>" in page
    assert "## Tuning" in text
    assert "Best of k trials on ring" in text
    assert "another setting" not in text
    assert (out / "tables" / "best-of-k-ring.csv").exists()
    told = json.loads((done[1] / "toy" / tuned.FILE).read_text())
    values = [trial["value"] for trial in told["cells"][1]["trials"]]
    rows = (out / "tables" / "best-of-k-ring.csv").read_text().splitlines()
    assert len(rows) == 4
    assert float(rows[1].split(",")[4]) == pytest.approx(sum(values) / 3)
    assert float(rows[3].split(",")[4]) == pytest.approx(max(values))


def test_the_words_of_the_commands(done: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from click.testing import CliRunner

    from bench.__main__ import main

    monkeypatch.chdir(done[1].parent)

    def say(*words: object) -> str:
        found = CliRunner().invoke(main, [*map(str, words)])
        assert found.exit_code == 0, found.output
        return " ".join(found.output.split())

    assert "3 cells, 6 seeds (0 to 5), 6 trials of 2 seeds" in say("check", done[0])
    assert "30 seeds are there; 0 blocks to run, about nothing" in say("plan", done[0])
    assert "3 trials of each of 2 cells; 12 seeds there, 0 to run in 0 blocks" in say("tune", done[0])
    shown = say("show", done[1] / "toy")
    assert "chosen setting" in shown
    assert "best of 1" in shown
    fresh = say("plan", done[0], "--out", tmp_path / "fresh")
    assert "3 trials, 6 seeds" in fresh
    assert "cells without a setting yet: 2;" in fresh
    assert "0 seeds are there; 9 blocks to run" in fresh
