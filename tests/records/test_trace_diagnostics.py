"""How losses swing is found once, when a block ends, and again where the code has changed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.diagnostics.oscillation import oscillation, swing
from bench.records import missing_diagnostics, store, trace_diagnostics

STEPS = np.arange(0, 2000, 10)
WAVE = np.sin(STEPS / 40) + 0.1 * np.random.default_rng(0).normal(size=len(STEPS))


def keep(root: Path, seeds: tuple[int, ...] = (0,)) -> store.Record:
    record: dict[str, Any] = {
        "suite": "s", "dataset": {"label": "ring8"}, "method": {"label": "GAN"}, "key": "k" * 16, "status": "done",
        "seeds": [{"seed": seed, "outcome": "ok", "step": None} for seed in seeds], "created": "2026-01-01T00:00:00+00:00",
    }  # fmt: skip
    traces = [(s, int(t), "loss_D", float(v)) for s in seeds for t, v in zip(STEPS, WAVE, strict=True)]
    store.commit(root, Path("ring8/gan"), record, [], [*traces, (seeds[0], 5, "grad_norm_D", 1.0)])
    (found,) = store.load_records(root)
    return found


def test_a_block_that_ends_keeps_them(tmp_path: Path) -> None:
    found = trace_diagnostics.stored(keep(tmp_path))
    assert found is not None
    assert set(found) == {"loss_D"}  # a probe's trace is no loss
    assert found["loss_D"][0] == (swing(WAVE, STEPS), oscillation(WAVE, STEPS))
    assert found["loss_D"][0][1].periodic


def test_other_code_counts_for_nothing_and_is_found_anew(tmp_path: Path) -> None:
    record = keep(tmp_path)
    file = Path(record["folder"]) / trace_diagnostics.FILE
    before = file.read_text()
    file.write_text(json.dumps(json.loads(before) | {"code": "other"}))
    assert len(store.load_records(tmp_path, deep=True)) == 1  # the record says what it said
    assert trace_diagnostics.stored(record) is None
    (found,), lacking = trace_diagnostics.of_cells([[record]])
    assert found["loss_D"][0][1] == oscillation(WAVE, STEPS)
    assert lacking == 0
    assert missing_diagnostics.write_missing([record]) == 1
    assert file.read_text() == before
    assert missing_diagnostics.write_missing([record]) == 0


@pytest.mark.parametrize("harm", ["missing", "cut", "foreign"])
def test_a_file_that_says_nothing_is_passed_over(tmp_path: Path, harm: str) -> None:
    record = keep(tmp_path)
    file = Path(record["folder"]) / trace_diagnostics.FILE
    if harm == "missing":
        file.unlink()
    else:
        file.write_text({"cut": file.read_text()[:40], "foreign": "[1]"}[harm])
    assert trace_diagnostics.stored(record) is None


def test_of_many_curves_a_reader_finds_the_swing_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = keep(tmp_path, (0, 1))
    (Path(record["folder"]) / trace_diagnostics.FILE).unlink()
    monkeypatch.setattr(trace_diagnostics, "MOST", 1)
    (found,), lacking = trace_diagnostics.of_cells([[record]])
    assert trace_diagnostics.swings(found) == {0: swing(WAVE, STEPS), 1: swing(WAVE, STEPS)}
    assert np.isnan(found["loss_D"][0][1].period)
    assert lacking == 1


def test_traces_that_are_copied_into_a_record_count(tmp_path: Path) -> None:
    """Of an older record that is scored later, and has no such file yet."""
    old = Path(keep(tmp_path)["folder"])
    record = {name: value for name, value in keep_of(old).items() if name not in ("files", "folder")}

    def more(folder: Path) -> None:
        shutil.copy2(old / "traces.parquet", folder / "traces.parquet")

    again = store.commit(tmp_path, Path("ring8/gan"), record, more=more)
    assert (again / trace_diagnostics.FILE).read_text() == (old / trace_diagnostics.FILE).read_text()


def keep_of(folder: Path) -> store.Record:
    (found,) = store.load_records(folder)
    return found
