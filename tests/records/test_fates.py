"""How a seed of a record ended is the same wherever it is read: tables, claims, the gate and reports."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from bench.claims.evidence import Evidence
from bench.diagnostics.stability import stability
from bench.gate.night_values import FAILURES, cells
from bench.gate.nights import Night
from bench.records import store
from bench.records.frame import frame
from bench.records.notes import notes
from bench.records.terminal_table import table
from bench.reporting.failures import seeds
from bench.reporting.results import read
from bench.stats.outcomes import outcome

READERS = ("bench.load", "frame", "claims", "report")


def write(root: Path, status: str, told: dict[int, tuple[str | None, int | None]]) -> None:
    record = {
        "suite": "s", "dataset": {"label": "ring"}, "method": {"label": "GAN"}, "key": "k", "status": status,
        "seeds": [{"seed": seed, "outcome": name, "step": step} for seed, (name, step) in told.items()],
        "created": "2026-01-01T00:00:00", "train": {"steps": 100, "evaluate_every": 10},
        "metrics": {"quality": {"higher_is_better": True}}, "protocols": {"quality": {"id": "p"}}, "unjudged": "no metric",
    }  # fmt: skip
    rows = [(seed, step, "quality", 0.9) for seed in told for step in (10, 100)]
    store.commit(root, Path("ring/GAN"), record, rows)


def everywhere(root: Path) -> dict[str, dict[int, str]]:
    """Seed -> outcome, as each reader has it."""
    tidy, counted = store.load(root), frame(root)
    (cell,) = read(root).cells
    return {
        "bench.load": dict(zip(tidy["seed"], tidy["outcome"], strict=True)),
        "frame": dict(zip(counted["seed"], counted["outcome"], strict=True)),
        "claims": Evidence(counted, {}).outcomes.droplevel(["dataset", "method"]).to_dict(),
        "report": {seed: fate.outcome for seed, fate in cell.fates.items()},
    }


@pytest.mark.parametrize("status", ["timeout", "oom"])
def test_a_collapsed_seed_of_a_block_cut_short_was_cut_short(tmp_path: Path, status: str) -> None:
    """Its curve is not whole, so what it would have ended as is not known; a seed that had diverged has diverged."""
    told = {0: ("ok", None), 1: ("collapsed", 10), 2: ("diverged", 7), 3: ("unlearned", None), 4: ("unjudged", None)}
    write(tmp_path, status, told)
    ends = {0: status, 1: status, 2: "diverged", 3: status, 4: status}
    assert everywhere(tmp_path) == dict.fromkeys(READERS, ends)
    (row,) = stability(store.load(tmp_path)).to_dict("records")
    assert (row["cut short"], row["diverged"], row["collapsed"], row["unlearned"], row["unjudged"]) == (4, 1, 0, 0, 0)
    assert (row["failure_rate"], row["instability_rate"]) == (1, 0.2)
    assert Evidence(frame(tmp_path), {}).seed_values("", "ring", "GAN").failed == 5
    (night,) = cells(Night("2026-01-01", tmp_path, "", tuple(store.load_records(tmp_path))))["ring", "GAN"]
    assert [found[1:] for found in night.deaths] == [(ends[k], 7 if k == 2 else None) for k in told]
    assert night.numbers[FAILURES].tolist() == [1] * 5
    (cell,) = read(tmp_path).cells
    assert all(fate.dead and fate.failed for fate in cell.fates.values())
    assert (
        seeds(cell) == f"diverged: seed 2 at 7; {status}: seed 0, seed 1, seed 3, seed 4"
    )  # 10 was the collapse's step
    assert not any("unjudged" in said for said in notes(store.load_records(tmp_path)))
    screen = Console(width=200, record=True)
    screen.print(table(tmp_path))
    assert f"1 diverged, 4 {status}" in screen.export_text()


@pytest.mark.parametrize(("status", "name"), [("done", "ok"), ("diverged", "diverged"), ("oom", "oom")])
def test_a_seed_that_says_nothing_ended_as_its_block(tmp_path: Path, status: str, name: str) -> None:
    """Of a block in which all had diverged the report said ok."""
    write(tmp_path, status, {0: (None, None)})
    assert everywhere(tmp_path) == {reader: {0: name} for reader in READERS}
    (row,) = stability(store.load(tmp_path)).to_dict("records")
    assert row[outcome(name).shown] == 1


@pytest.mark.parametrize("read_it", [store.load, frame, lambda root: store.load_records(root)])
@pytest.mark.parametrize("status", ["done", "timeout"])
def test_an_unknown_outcome_is_said_and_counts_as_nothing(
    tmp_path: Path, status: str, read_it: Callable[[Path], object]
) -> None:
    write(tmp_path, status, {0: ("ok", None), 1: ("ok", None)})
    file = next(tmp_path.rglob("record.json"))
    record = json.loads(file.read_text())
    record["seeds"][1]["outcome"] = "exploded"
    del record["files"], record["checksum"]
    file.write_text(json.dumps(record))
    with pytest.warns(UserWarning, match="seed 1: no outcome is called 'exploded'") as said:
        found = read_it(tmp_path)
    assert len(found) == 0  # type: ignore[arg-type]
    (text,) = {str(one.message) for one in said}
    assert text.startswith(str(file))
    assert text.endswith("its record is skipped: read it with the version that wrote it")


def test_a_frame_with_an_unknown_outcome_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "done", {0: ("ok", None)})
    odd = store.load(tmp_path).assign(outcome="exploded")
    for ask in (lambda: stability(odd), lambda: Evidence(odd, {}).seed_values("", "ring", "GAN")):
        with pytest.raises(ValueError, match="no outcome is called 'exploded'"):
            ask()
