"""Records: whole or not there, never changed, merged by copying, read back as written."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from bench.records import store
from bench.records.scores import COLUMNS
from bench.running.checkpoint import Checkpoint

SCORES = [(0, 10, "m", 1.5), (1, 10, "m", None), (0, 20, "m", 1 / 3), (1, 20, "m", 1e-300)]
TRACES = [(0, 5, "loss_D", float("inf")), (1, 5, "loss_D", float("nan"))]


def record(
    method: str = "GAN", key: str = "k" * 16, status: str = "done", created: str = "1", seeds: Sequence[int] = (0, 1)
) -> Any:
    return {
        "suite": "toy",
        "dataset": {"label": "ring8", "call": "ring"},
        "method": {"label": method, "call": "gan", "model": "gan", "stabilizers": []},
        "key": key,
        "status": status,
        "seeds": [{"seed": s, "outcome": "ok", "step": None} for s in seeds],
        "created": created,
        "train": {"steps": 20},
        "timing": {"training": 4.0, "steps_per_s": 5.0},
        "memory": {"peak_mib": 7.0},
        "parameters": {"G": 3, "D": 4},
        "nfe": 1,
        "protocols": {"m": {"id": "p1"}},
        "device": {"kind": "cpu", "name": "x"},
        "floors": {"m": float("nan")},
    }  # fmt: skip


def keep(root: Path, scores: Any = SCORES, traces: Any = TRACES, **about: Any) -> Path:
    made = record(**about)
    return store.commit(root, Path("ring8") / f"gan-{made['key'][:8]}", made, scores, traces)


def test_round_trip(tmp_path: Path) -> None:
    keep(tmp_path)
    frame = store.load(tmp_path)
    assert list(frame.columns) == COLUMNS
    scores = frame[frame["kind"] == "score"]
    read = [(r.seed, r.step, r.name_, r.value) for r in scores.rename(columns={"name": "name_"}).itertuples()]
    assert [(s, t, n, None if pd.isna(v) else v) for s, t, n, v in read] == SCORES  # every bit, null as null
    traces = frame[frame["kind"] == "trace"]["value"].to_numpy()
    assert np.isposinf(traces[0])
    assert np.isnan(traces[1])
    assert set(scores["protocol"]) == {"p1"}
    costs = frame[(frame["kind"] == "cost") & (frame["seed"] == 1)].set_index("name")["value"].to_dict()
    assert costs == {"training_s": 2.0, "steps_per_s": 5.0, "peak_mib": 7.0, "parameters": 7.0, "nfe": 1.0}


def test_tables_have_the_promised_types(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    schema = pq.read_schema(keep(tmp_path) / "scores.parquet")
    assert {name: str(schema.field(name).type).replace("large_", "") for name in schema.names} == {
        "seed": "int64", "step": "int64", "name": "string", "value": "double",
    }  # fmt: skip


def test_a_record_is_strict_json(tmp_path: Path) -> None:
    text = (keep(tmp_path) / "record.json").read_text()

    def refuse(word: str) -> None:
        raise AssertionError(word)

    assert json.loads(text, parse_constant=refuse)["floors"] == {"m": None}


def test_a_failure_leaves_nothing(tmp_path: Path) -> None:
    def full(path: Path) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        store.commit(tmp_path, Path("ring8/gan"), record(), SCORES, TRACES, full)
    assert store.load_records(tmp_path) == []
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


def test_a_draft_that_was_left_behind_is_not_a_record(tmp_path: Path) -> None:
    shutil.copytree(keep(tmp_path), tmp_path / store.RUNNING / "record-x")
    assert len(store.load_records(tmp_path)) == 1


def test_two_folders_merge_by_copying(tmp_path: Path) -> None:
    keep(tmp_path / "a")
    keep(tmp_path / "b", seeds=(2, 3), scores=[(2, 20, "m", 3.0), (3, 20, "m", 3.0)], traces=[], created="2")
    keep(tmp_path / "b", method="R1", key="r" * 16, created="2")
    shutil.copytree(tmp_path / "b", tmp_path / "a", dirs_exist_ok=True)
    frame = store.load(tmp_path / "a")
    both = pd.concat([store.load(tmp_path / "b"), frame]).drop_duplicates()
    assert len(both) == len(frame)
    assert set(frame[frame["method"] == "GAN"]["seed"]) == {0, 1, 2, 3}
    assert set(frame["method"]) == {"GAN", "R1"}


def test_what_is_no_record_is_named_and_left_alone(tmp_path: Path) -> None:
    keep(tmp_path)
    strange = {
        "half": '{"format": 1, "suite": "to',
        "empty": "",
        "list": "[]",
        "foreign": '{"name": "somebody else\'s"}',
        "future": json.dumps({"format": 2, **record()}),
        "status": json.dumps({"format": 1, **record(status="fine")}),
    }
    for name, text in strange.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "record.json").write_text(text)
    with pytest.warns(UserWarning, match="not a record of this program, skipped") as caught:
        assert len(store.load_records(tmp_path)) == 1
    said = [str(w.message) for w in caught]
    assert len(said) == len(strange)
    assert all(any(f"{tmp_path / name}/record.json: " in line for line in said) for name in strange)
    assert all((tmp_path / name / "record.json").read_text() == text for name, text in strange.items())


@pytest.mark.parametrize("harm", ["missing", "cut", "foreign"])
def test_a_table_that_cannot_be_read_costs_its_record_only(tmp_path: Path, harm: str) -> None:
    keep(tmp_path)
    file = keep(tmp_path, method="R1", key="r" * 16) / "scores.parquet"
    if harm == "missing":
        file.unlink()
    elif harm == "cut":
        file.write_bytes(file.read_bytes()[:-7])
    else:
        pd.DataFrame({"x": [1]}).to_parquet(file)
    with pytest.warns(
        UserWarning, match=r"record.json: scores.parquet .*; the record is left out, and its seeds are run"
    ):
        frame = store.load(tmp_path)
    assert set(frame["method"]) == {"GAN"}


def test_the_newest_counts(tmp_path: Path) -> None:
    keep(tmp_path, key="a" * 16, created="1")
    keep(tmp_path, key="b" * 16, created="2", seeds=(0,), scores=[(0, 20, "m", 9.0)], traces=[])
    keep(tmp_path, key="b" * 16, created="3", seeds=(0,), scores=[(0, 20, "m", 8.0)], traces=[])
    keep(tmp_path, key="c" * 16, created="4", status="error", scores=[], traces=[])  # a failure hides no result
    scores = store.load(tmp_path).query("kind == 'score'")
    assert scores[["seed", "value"]].to_numpy().tolist() == [[0.0, 8.0]]
    assert len(store.load(tmp_path, everything=True).query("kind == 'score'")) == 6


def test_results_are_never_replaced_and_failures_are(tmp_path: Path) -> None:
    failed = keep(tmp_path, status="infra", scores=[], traces=[])
    first = keep(tmp_path, created="2")
    second = keep(tmp_path, created="3")
    assert not failed.exists() or failed in (first, second)
    assert first != second
    assert [r["status"] for r in store.load_records(tmp_path)] == ["done", "done"]


def test_an_empty_folder_is_an_empty_table(tmp_path: Path) -> None:
    frame = store.load(tmp_path)
    assert list(frame.columns) == COLUMNS
    assert len(frame) == 0


def test_scores_open_in_one_line_of_pandas(tmp_path: Path) -> None:
    keep(tmp_path)
    store.refresh_csv(tmp_path)
    assert pd.read_csv(tmp_path / "scores.csv")["value"].dropna().tolist() == [1.5, 1 / 3, 1e-300]


@pytest.mark.parametrize(
    ("seeds", "name"), [([0], "seeds-0-0"), ([0, 1, 2], "seeds-0-2"), ([5, 6], "seeds-5-6"), ([], "seeds-none")]
)
def test_blocks_are_named_by_their_seeds(seeds: list[int], name: str) -> None:
    assert store.block_name(seeds) == name


def test_blocks_with_gaps_do_not_share_a_name() -> None:
    names = {store.block_name(s) for s in ([0, 1, 2, 3], [0, 3], [0, 1, 3], [3, 0], [0, 2, 3])}
    assert len(names) == 5


def test_a_checkpoint_comes_back(tmp_path: Path) -> None:
    tree = {"a": torch.arange(3), "b": (1, [2.5, None, "x"], {"c": torch.tensor(float("nan"))}), "d": ()}
    one = Checkpoint(tmp_path / "deep" / "x.pt", {"key": "k"}, every=0)
    assert one.load() is None
    one.save(tree)
    back = Checkpoint(one.path, {"key": "k"}, every=0).load()
    assert torch.equal(back["a"], tree["a"])
    assert back["b"][:2] == tree["b"][:2]
    assert back["b"][2]["c"].isnan()
    assert back["d"] == ()
    assert [p.name for p in one.path.parent.iterdir()] == ["x.pt"]


@pytest.mark.parametrize("harm", ["cut", "empty", "text", "other", "bit", "folder", "pipe", "saved"])
def test_a_checkpoint_that_cannot_be_used_is_one_warning(tmp_path: Path, harm: str) -> None:
    one = Checkpoint(tmp_path / "x.pt", {"key": "k"}, every=0)
    one.save({"a": torch.zeros(1000)})
    if harm == "other":
        one.about["key"] = "another"
    elif harm == "bit":
        content = bytearray(one.path.read_bytes())
        content[len(content) // 2] ^= 1
        one.path.write_bytes(content)
    elif harm == "folder":
        one.path.unlink()
        one.path.mkdir()
    elif harm == "pipe":
        one.path.unlink()
        os.mkfifo(one.path)
    elif harm == "saved":
        one.save("nothing that training saves")  # type: ignore[arg-type]
    else:
        one.path.write_bytes({"cut": one.path.read_bytes()[:2000], "empty": b"", "text": b"hello"}[harm])
    with pytest.warns(UserWarning, match="starting afresh") as caught:
        assert one.load() is None
    assert len(caught) == 1
    one.save({"a": torch.ones(2)})
    assert one.path.is_file()


MOMENT = "2026-05-05T12:00:0{}.000000+00:00"


def test_the_last_one_written_is_the_newest_whatever_the_clock_says(tmp_path: Path) -> None:
    """It was set back between two runs: of the same seeds, and of a cell whose options changed."""
    keep(tmp_path, [(0, 20, "m", 1.0)], [], seeds=[0], created=MOMENT.format(9))
    again = keep(tmp_path, [(0, 20, "m", 2.0)], [], seeds=[0], created=MOMENT.format(5))
    assert json.loads((again / "record.json").read_text())["created"] == "2026-05-05T12:00:09.000001+00:00"
    assert store.load(tmp_path).query("kind == 'score'")["value"].tolist() == [2.0]
    keep(tmp_path, [(0, 20, "m", 3.0)], [], seeds=[0], key="n" * 16, created=MOMENT.format(1))
    assert store.load(tmp_path).query("kind == 'score'")["value"].tolist() == [3.0]
    other = store.commit(tmp_path, Path("ring8") / "gan-2-kkkkkkkk", record("GAN 2", created=MOMENT.format(1)))
    assert json.loads((other / "record.json").read_text())["created"] == MOMENT.format(1)
