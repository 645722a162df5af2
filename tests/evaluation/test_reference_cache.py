"""The real side of metrics on disk: found again, never stale, never half."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from bench.data.base import Data
from bench.evaluation import reference_cache
from bench.evaluation.evaluator import Evaluator
from bench.features import data as raw
from bench.metrics import _pairwise
from bench.metrics.base import FeatureMetric, Metric
from bench.metrics.coverage import Coverage
from bench.metrics.density import Density
from bench.metrics.frechet import Frechet
from bench.metrics.kid import Kid
from bench.metrics.precision import Precision
from bench.metrics.recall import Recall
from tests.evaluation.samples import ALIVE, DATA, SCORES, draw


def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    made: list[str] = []

    def count(cls: type[FeatureMetric]) -> None:
        original = cls.reference
        monkeypatch.setattr(cls, "reference", lambda self, data: (made.append(cls.__name__), original(self, data))[1])

    for cls in (Frechet, Precision, Recall):
        count(cls)
    return made


def test_the_real_side_is_read_back_and_gives_the_same_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    samples = torch.stack([draw(200, k) for k in (2, 3, 4)])
    first = Evaluator(DATA, SCORES, tmp_path)(samples, ALIVE)
    made = counted(monkeypatch)
    assert Evaluator(DATA, SCORES, tmp_path)(samples, ALIVE) == first == Evaluator(DATA, SCORES)(samples, ALIVE)
    assert made.count("Frechet") == 1  # by the evaluator without a folder


PAIRS: list[Metric] = [Kid(n=200), Precision(n=200), Recall(n=200), Density(n=200), Coverage(n=200)]


def test_metrics_of_pairs_share_one_real_side(tmp_path: Path) -> None:
    evaluator = Evaluator(DATA, PAIRS, tmp_path)
    evaluator(draw(200, 2)[None], ALIVE[:1])
    assert len(list(tmp_path.iterdir())) == 1


def test_metrics_of_pairs_share_one_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    evaluator, samples = Evaluator(DATA, PAIRS), torch.stack([draw(200, 2), draw(200, 3)])
    alone = [Evaluator(DATA, [score])(samples, ALIVE[:2]) for score in PAIRS]
    passes: list[int] = []
    one = _pairwise._one
    monkeypatch.setattr(_pairwise, "_one", lambda *args: (passes.append(1), one(*args))[1])
    assert sorted(evaluator(samples, ALIVE[:2])) == sorted(row for rows in alone for row in rows)
    assert len(passes) == 2  # one a seed


def judged(data: Data, *scores: Metric, cache: Path) -> list[tuple[int, str, float | None]]:
    return Evaluator(data, scores, cache)(draw(200, 2)[None], ALIVE[:1])


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "garbage"])
def test_a_damaged_file_is_computed_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str) -> None:
    rows = judged(DATA, Frechet(n=200), cache=tmp_path)
    (file,) = tmp_path.iterdir()
    sound = file.read_bytes()
    flipped = bytearray(sound)
    flipped[len(sound) // 2] ^= 1
    file.write_bytes({"cut": sound[:-10], "flip": bytes(flipped), "empty": b"", "garbage": b"x" * 500}[damage])
    made = counted(monkeypatch)
    assert judged(DATA, Frechet(n=200), cache=tmp_path) == rows
    assert made == ["Frechet"]
    assert file.read_bytes() == sound


def test_what_the_real_side_depends_on_is_in_its_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def files_after(data: Data, *scores: Metric) -> int:
        judged(data, *scores, cache=tmp_path)
        return len(list(tmp_path.iterdir()))

    assert files_after(DATA, Precision(n=100)) == 1
    assert files_after(DATA, Precision(n=100)) == 1
    assert files_after(DATA, Precision(n=100, k=6)) == 2
    assert files_after(replace(DATA, held_out=draw(300, 9)), Precision(n=100)) == 3
    assert files_after(DATA, Precision(n=100, space="module:tests.evaluation.samples:encoder")) == 4
    monkeypatch.setattr(raw.Data, "sha256", lambda self: "other weights")
    assert files_after(DATA, Precision(n=100)) == 5
    monkeypatch.setattr("bench.evaluation.evaluator.code_hash", lambda modules: "other code")
    assert files_after(DATA, Precision(n=100)) == 6


def test_floors_are_kept_across_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    floors = Evaluator(DATA, SCORES, tmp_path).floors()
    assert floors == Evaluator(DATA, SCORES).floors()
    made = counted(monkeypatch)
    assert Evaluator(DATA, SCORES, tmp_path).floors() == floors
    assert made == []
    other = Evaluator(replace(DATA, x=draw(500, 9)), SCORES, tmp_path).floors()
    assert other["fd_data"] != floors["fd_data"]
    assert Evaluator(DATA, [replace(s, n=s.n - 1) for s in SCORES], tmp_path).floors()["fd_data"] != floors["fd_data"]


def test_a_crash_while_writing_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(source: str, target: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(reference_cache.os, "replace", crash)
    with pytest.raises(KeyboardInterrupt):
        Evaluator(DATA, [Frechet(n=200)], tmp_path).floors()
    assert list(tmp_path.iterdir()) == []
