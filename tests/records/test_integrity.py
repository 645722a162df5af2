"""A record is what was written, or it is named and left out: whatever was done to its files, nothing is a number of another."""

from __future__ import annotations

import json
import os
import random
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import bench
from bench.commands import claims, compare, show
from bench.gate.baseline import BaselineError
from bench.gate.promotion import collect
from bench.records import store
from bench.records.cell_summaries import cell_summaries
from bench.records.frame import frame
from bench.records.integrity import misshapen, unsealed
from tests.records.test_store import record

Harm = Callable[[Path], None]


def second(root: Path) -> Path:
    return next(root.rglob("gan-rrrrrrrr/*/"))


def left(root: Path) -> tuple[set[str], list[str]]:
    """The methods that can be read, and what is said of the rest."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        frame = store.load(root)
        found = store.load_records(root, deep=True)
    assert {r["method"]["label"] for r in found} == set(frame["method"])
    assert not frame["value"].isna().all()
    return set(frame["method"]), sorted({str(w.message) for w in caught})


def test_a_record_says_what_its_files_are(sound: Path) -> None:
    (held,) = [r for r in store.load_records(sound, deep=True) if r["method"]["label"] == "R1"]
    assert held["files"].keys() == {"scores.parquet", "traces.parquet", "diagnostics.json"}
    assert held["files"]["scores.parquet"][0] == (second(sound) / "scores.parquet").stat().st_size
    assert left(sound) == ({"GAN", "R1"}, [])


def cut(name: str, size: int) -> Harm:
    return lambda at: (at / name).write_bytes((at / name).read_bytes()[:size])  # type: ignore[func-returns-value]


def edit(old: str, new: str) -> Harm:
    def harm(at: Path) -> None:
        text = (at / "record.json").read_text()
        assert old in text
        (at / "record.json").write_text(text.replace(old, new, 1))

    return harm


def other_numbers(at: Path) -> None:
    """A sound table with other numbers."""
    table = pd.read_parquet(at / "scores.parquet")
    table.assign(value=table["value"] + 0.5).to_parquet(at / "scores.parquet", index=False)


HARMS: dict[str, Harm] = {
    **{
        f"{name} cut at {size}": cut(name, size)
        for name in ("scores.parquet", "traces.parquet")
        for size in (0, 1, 300)
    },
    **{f"record cut at {size}": cut("record.json", size) for size in (0, 1, 200, 700)},
    "other numbers": other_numbers,
    "traces are scores": lambda at: shutil.copy(at / "traces.parquet", at / "scores.parquet"),  # type: ignore[dict-item, return-value]
    "no scores": lambda at: (at / "scores.parquet").unlink(),
    "scores are a folder": lambda at: ((at / "scores.parquet").unlink(), (at / "scores.parquet").mkdir()),  # type: ignore[dict-item, return-value]
    "a failure is none": edit('"outcome": "ok"', '"outcome": "no"'),
    "more steps": edit('"steps": 20', '"steps": 20000'),
    "another seed": edit('"seed": 0', '"seed": 5'),
    "another device": edit('"kind": "cpu"', '"kind": "gpu"'),
    "another checksum": edit('"checksum": "', '"checksum": "0'),
    "no text": lambda at: (at / "record.json").write_bytes(bytes(range(256))),  # type: ignore[dict-item, return-value]
    "deep": lambda at: (at / "record.json").write_text("[" * 100_000),  # type: ignore[dict-item, return-value]
    "digits": lambda at: (at / "record.json").write_text("1" * 10_000),  # type: ignore[dict-item, return-value]
}


@pytest.mark.parametrize("harm", HARMS)
def test_whatever_is_done_to_it_a_record_is_left_out_and_named(harmed: Path, harm: str) -> None:
    HARMS[harm](second(harmed))
    methods, said = left(harmed)
    assert methods == {"GAN"}
    assert len(said) == 1
    assert "gan-rrrrrrrr" in said[0]
    assert len(said[0].splitlines()) == 1


def test_every_flipped_bit_is_seen(harmed: Path) -> None:
    """Of any file but pictures: two hundred at random."""
    at, draw = second(harmed), random.Random(0)
    for _ in range(200):
        file = at / draw.choice(["record.json", "scores.parquet", "traces.parquet"])
        content = file.read_bytes()
        harm = bytearray(content)
        harm[draw.randrange(len(harm))] ^= 1 << draw.randrange(8)
        file.write_bytes(harm)
        methods, said = left(harmed)
        file.write_bytes(content)
        assert (methods, len(said)) == ({"GAN"}, 1)


@pytest.mark.filterwarnings("default")
def test_what_is_left_out_has_no_failures_either(harmed: Path) -> None:
    """A bit of its traces that flipped: the seeds of that record are run again, and none of them died."""
    file = second(harmed) / "traces.parquet"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    views = (frame, store.load, cell_summaries)
    with_it = [view(harmed) for view in views]
    commands = {show: [], claims: [], compare: ["GAN", "R1"]}
    told = [CliRunner().invoke(command.command, [str(harmed), *words]) for command, words in commands.items()]
    shutil.rmtree(second(harmed))
    for view, seen in zip(views, with_it, strict=True):
        assert repr(seen) == repr(view(harmed))
    for (command, words), before in zip(commands.items(), told, strict=True):
        without = CliRunner().invoke(command.command, [str(harmed), *words])
        assert (before.exit_code, before.stdout) == (without.exit_code, without.stdout)
    with pytest.raises(BaselineError, match="do not say which way it is better"):
        collect(harmed, force_small=True)


def test_a_checksum_that_was_taken_out_is_no_record_of_before(harmed: Path) -> None:
    file = second(harmed) / "record.json"
    text = file.read_text()
    file.write_text(text[: text.rindex(',\n "checksum"')] + "\n}\n")
    methods, said = left(harmed)
    assert methods == {"GAN"}
    assert "its checksum was taken out; the record is left out" in said[0]


def test_an_entry_that_is_there_twice_is_no_record(harmed: Path) -> None:
    file = second(harmed) / "record.json"
    held = json.loads(file.read_text())
    del held["checksum"], held["files"]
    file.write_text(json.dumps(held)[:-1] + ', "status": "done"}')
    methods, said = left(harmed)
    assert methods == {"GAN"}
    assert "'status' is there twice; the record is left out" in said[0]


def test_a_pipe_in_place_of_a_record_is_named(harmed: Path) -> None:
    """Whoever opens one waits for ever."""
    file = second(harmed) / "record.json"
    file.unlink()
    os.mkfifo(file)
    methods, said = left(harmed)
    assert methods == {"GAN"}
    assert said == [f"{file}: not a record of this program, skipped: it is no regular file"]


def test_line_endings_of_another_system_are_no_change(harmed: Path) -> None:
    file = second(harmed) / "record.json"
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert left(harmed) == ({"GAN", "R1"}, [])


def test_a_record_of_before_checksums_counts_as_it_did(harmed: Path) -> None:
    file = second(harmed) / "record.json"
    held = json.loads(file.read_text())
    del held["checksum"], held["files"]
    file.write_text(json.dumps(held))
    assert unsealed(file.read_text(), held) is None
    assert left(harmed) == ({"GAN", "R1"}, [])


@pytest.mark.parametrize(
    ("entry", "value", "said"),
    [
        ("dataset", "ring8", "'dataset' is no dict"),
        ("method", {"call": "gan"}, "'method' has no label"),
        ("seeds", {"0": "ok"}, "'seeds' is no list"),
        ("seeds", [0, 1], "an entry of 'seeds' has no seed"),
        ("seeds", [{"seed": True}], "an entry of 'seeds' has no seed"),
        ("seeds", [{"seed": 0, "step": "late"}], "the step of seed 0 is no number"),
        ("seeds", [{"seed": 0, "outcome": ["ok"]}], "the outcome of seed 0 is no word"),
        ("train", [1], "'train' is no dict"),
        ("metrics", 3, "'metrics' is no dict"),
        ("created", 20260101, "'created' is no str"),
        ("broken", "all", "'broken' is no list"),
        ("nfe", "x", "'nfe' is no number"),
        ("train", {"steps": "x"}, "'train.steps' is no number"),
        ("train", {"budget": float("nan")}, "'train.budget' is no budget"),
        ("timing", {"training": ""}, "'timing.training' is no number"),
        ("timing", {"training": -3.0}, "'timing.training' is below 0"),
        ("memory", {"peak_mib": -1}, "'memory.peak_mib' is below 0"),
        ("floors", {"m": "low"}, "'floors.m' is no number"),
        ("parameters", {"G": None}, "'parameters' holds what is no number"),
        ("metrics", {"m": 3}, "'metrics.m' is no table"),
        ("references", {"m": float("inf")}, "'references.m' is no table"),
        ("references", {"m": {"real": [1]}}, "'references.m.real' is no number"),
        ("outcomes", float("nan"), "'outcomes' is no dict"),
        ("scored", True, "'scored' is no dict"),
        ("dataset", {"label": "ring8", "options": True}, "the options of its data or of its method are no table"),
        ("method", {"label": "GAN", "options": [3]}, "the options of its data or of its method are no table"),
    ],
)
def test_entries_are_of_their_kind_even_where_nothing_is_sealed(entry: str, value: Any, said: str) -> None:
    sound = {**record(), "floors": {"m": None}}
    assert misshapen({**sound, entry: value}) == said
    assert misshapen(sound) is None


@pytest.mark.parametrize("harm", ["cut", "foreign", "missing"])
def test_a_spoilt_picture_costs_the_picture(tmp_path: Path, harm: str) -> None:
    def more(folder: Path) -> None:
        np.savez_compressed(folder / "samples.npz", samples=np.zeros((2, 5, 2)), real=np.zeros((5, 2)), seeds=[0, 1])

    at = store.commit(
        tmp_path, Path("ring8") / "gan-kkkkkkkk", record(), [(k, 20, "m", 1.0) for k in (0, 1)], more=more
    )
    file = at / "samples.npz"
    if harm == "cut":
        file.write_bytes(file.read_bytes()[:-30])
    elif harm == "foreign":
        np.savez(file, samples=np.array(["a"]), real=np.zeros(3), seeds=[0, 1])
    else:
        file.unlink()
    assert left(tmp_path)[1] == []
    from bench.reporting.samples import _kept

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert _kept(file) is None
    assert [f"{file}: " in str(w.message) and "no picture" in str(w.message) for w in caught] == [True] * (
        harm != "missing"
    )


def test_a_spoilt_record_is_run_again(tmp_path: Path) -> None:
    from bench.running import seed_block
    from bench.running.plan import plan
    from bench.suite.load import load_suite

    suite = tmp_path / "toy.yaml"
    suite.write_text(
        "{suite: toy, seeds: 2, train: {steps: 2, batch: 4}, datasets: {r: ring(n=50)}, methods: {G: gan(width=4)},"
        " metrics: [modes_covered(n=20)]}"
    )
    (job,) = plan(load_suite(suite), tmp_path).jobs
    first = seed_block.run(job).folder
    assert first is not None
    assert plan(load_suite(suite), tmp_path).jobs == ()
    before = bench.load(tmp_path / "toy")
    other_numbers(first)
    with pytest.warns(UserWarning, match="scores.parquet"):
        (again,) = plan(load_suite(suite), tmp_path).jobs
    seed_block.run(again)
    with pytest.warns(UserWarning, match="scores.parquet"):
        after = bench.load(tmp_path / "toy")
    same = ["seed", "step", "name", "value"]
    scores = [frame[frame["kind"] == "score"][same].reset_index(drop=True) for frame in (before, after)]
    pd.testing.assert_frame_equal(*scores)
