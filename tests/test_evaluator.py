"""The evaluator: seeds apart, features once, nothing stale, nothing that is no number."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor, nn

from bench.data.base import Data, GaussianMixture
from bench.evaluation import reference_cache
from bench.evaluation.evaluator import Evaluator
from bench.features import data as raw
from bench.hashing.content import digest
from bench.metrics import _pairwise
from bench.metrics.base import FeatureMetric, Metric, NonFinite
from bench.metrics.coverage import Coverage
from bench.metrics.density import Density
from bench.metrics.frechet import Frechet, frechet
from bench.metrics.kid import Kid
from bench.metrics.memorisation import Memorisation
from bench.metrics.modes_covered import ModesCovered
from bench.metrics.ndb import Ndb
from bench.metrics.precision import Precision
from bench.metrics.recall import Recall
from bench.metrics.sliced_wasserstein import SlicedWasserstein
from bench.plugins import find, words

MEANS = torch.tensor([[-2.0, 0.0], [2.0, 0.0]])
LAW = GaussianMixture(MEANS, 0.04 * torch.eye(2).expand(2, 2, 2), torch.tensor([0.5, 0.5]))


def draw(n: int, key: int) -> Tensor:
    source = torch.Generator().manual_seed(key)
    return MEANS[torch.randint(2, (n,), generator=source)] + 0.2 * torch.randn(n, 2, generator=source)


DATA = Data(x=draw(500, 0), held_out=draw(300, 1), modes=LAW, law=LAW)
SCORES: list[Metric] = [
    Frechet(n=200), Kid(n=200), Precision(n=200), Recall(n=200), Density(n=150), Coverage(n=150),
    ModesCovered(n=200), SlicedWasserstein(n=100),
]  # fmt: skip
NAMES = [
    "fd_data", "kid_data", "precision_data", "recall_data", "density_data", "coverage_data", "modes_covered",
    "sliced_wasserstein",
]  # fmt: skip
ALIVE = torch.ones(3, dtype=torch.bool)


def table(rows: list[tuple[int, str, float | None]]) -> dict[tuple[int, str], float | None]:
    assert len(rows) == len({r[:2] for r in rows})
    return {(lane, name): value for lane, name, value in rows}


def encoder() -> nn.Module:
    """Eight features; the same at every call."""
    with torch.random.fork_rng():
        torch.manual_seed(5)
        return nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 8))


class Trap(nn.Module):
    """Features that are not finite where a sample is far out, and a count of calls."""

    calls = 0

    def forward(self, x: Tensor) -> Tensor:
        Trap.calls += 1
        return torch.where(x.abs() > 50, torch.inf, x)


def trap() -> nn.Module:
    return Trap()


def test_one_row_per_seed_and_column() -> None:
    rows = Evaluator(DATA, SCORES)(torch.stack([draw(200, k) for k in (2, 3, 4)]), ALIVE)
    assert [r[:2] for r in rows] == [(k, n) for k in range(3) for n in NAMES]
    assert all(isinstance(value, float) for _, _, value in rows)


def test_dead_and_broken_seeds_get_none_and_disturb_nobody() -> None:
    good = torch.stack([draw(200, k) for k in (2, 3, 4)])
    bad = good.clone()
    bad[1, 17, 0] = torch.nan
    evaluator = Evaluator(DATA, SCORES)
    whole = table(evaluator(good, ALIVE))
    for rows in (evaluator(bad, ALIVE), evaluator(good, torch.tensor([True, False, True]))):
        found = table(rows)
        assert all(found[1, name] is None for name in NAMES)
        assert {k: v for k, v in found.items() if k[0] != 1} == {k: v for k, v in whole.items() if k[0] != 1}


def test_all_seeds_dead() -> None:
    rows = Evaluator(DATA, SCORES)(torch.full((2, 200, 2), torch.nan), torch.tensor([True, False]))
    assert len(rows) == 2 * len(NAMES)
    assert all(value is None for _, _, value in rows)


def test_a_nan_beyond_the_samples_that_are_judged_is_not_looked_at() -> None:
    samples = torch.cat([draw(200, 2), torch.full((5, 2), torch.nan)])[None]
    assert all(v is not None for _, _, v in Evaluator(DATA, SCORES)(samples, ALIVE[:1]))


def test_each_score_judges_its_own_first_samples() -> None:
    samples = draw(200, 2)[None]
    alone = table(Evaluator(DATA, [Density(n=150)])(samples[:, :150], ALIVE[:1]))
    assert table(Evaluator(DATA, SCORES)(samples, ALIVE[:1]))[0, "density_data"] == alone[0, "density_data"]
    assert Evaluator(DATA, SCORES).n == 200
    with pytest.raises(ValueError, match="199 samples a seed"):
        Evaluator(DATA, SCORES)(samples[:, :199], ALIVE[:1])


def test_features_that_are_not_finite_concern_one_seed_and_one_space() -> None:
    space = f"module:{__name__}:trap"
    scores = [Frechet(n=200, space=space), Frechet(n=200)]
    samples = torch.stack([draw(200, 2), draw(200, 3), draw(200, 4)])
    samples[2, 0] = 99.0
    found = table(Evaluator(DATA, scores)(samples, ALIVE))
    assert found[2, "fd_trap"] is None
    assert found[2, "fd_data"] is not None
    assert found[0, "fd_trap"] == pytest.approx(found[0, "fd_data"])


def test_a_score_that_refuses_one_seed_keeps_the_others() -> None:
    samples = torch.stack([draw(50, 2), 30 + draw(50, 3), draw(50, 4)])
    found = table(Evaluator(DATA, [Fussy(n=50)])(samples, ALIVE))
    assert [found[k, "fussy"] is None for k in range(3)] == [False, True, False]


@dataclass(frozen=True, kw_only=True)
class Fussy(Metric):
    """Refuses what is far out; overflows to infinity elsewhere on demand."""

    higher_is_better: ClassVar[bool] = True

    def names(self) -> tuple[str, ...]:
        return ("fussy",)

    def reference(self, data: Data) -> Any:
        return None

    def measure(self, fake: Tensor, real: Any) -> Mapping[str, Tensor]:
        if bool((fake.abs() > 20).any()):
            raise NonFinite("too far out")
        return {"fussy": fake.double().mean((1, 2))}


def test_a_value_that_overflows_is_none() -> None:
    samples = torch.full((1, 200, 2), 1e38)
    samples[0, 0] = -1e38
    values = table(Evaluator(DATA, [Kid(n=200), Frechet(n=200)])(samples.double() * 1e100, ALIVE[:1]))
    assert values[0, "kid_data"] is None


def test_features_are_extracted_once_per_space() -> None:
    space = f"module:{__name__}:trap"
    scores = [Frechet(n=200, space=space), Kid(n=150, space=space), Precision(n=100, space=space)]
    evaluator = Evaluator(DATA, scores)
    evaluator(draw(200, 2)[None], ALIVE[:1])  # the real side is computed here
    Trap.calls = 0
    evaluator(draw(200, 3)[None], ALIVE[:1])
    assert Trap.calls == 1


def test_floors_are_the_metrics_of_real_samples() -> None:
    evaluator = Evaluator(DATA, SCORES)
    floors = evaluator.floors()
    assert list(floors) == NAMES
    for score in SCORES:
        control = score.control(DATA)[None]
        assert control.shape[1] == score.n
        for name, value in score.measure(control, score.reference(DATA)).items():
            assert floors[name] == float(value)
    assert floors == Evaluator(DATA, SCORES).floors()


def test_floors_of_few_real_samples_judge_all_of_them_and_say_so() -> None:
    scores: list[Metric] = [Frechet(n=10_000), Memorisation(n=10_000), ModesCovered(n=200)]
    evaluator = Evaluator(DATA, scores)
    protocols = evaluator.protocols()
    assert [protocols[n]["n_floor"] for n in ("fd_data", "memorisation_data", "modes_covered")] == [500, 300, 200]
    for score in scores:
        assert len(score.control(DATA)) == score.spare(DATA)
    assert evaluator.floors()["fd_data"] == pytest.approx(float(frechet(DATA.x, DATA.held_out)), rel=1e-9)


def test_describe() -> None:
    assert Evaluator(DATA, SCORES).describe()["fd_data"] == {
        "higher_is_better": False, "scale": "log", "bounds": (0.0, float("inf")),
    }  # fmt: skip


def test_protocol_ids_tell_apart_what_can_not_be_compared() -> None:
    def ids(data: Data, *scores: Metric) -> list[object]:
        return [p["id"] for p in Evaluator(data, scores).protocols().values()]

    (own,) = ids(DATA, Precision())
    assert [own] == ids(replace(DATA, held_out=DATA.held_out.clone()), Precision())
    others = [
        ids(DATA, Precision(n=5000)), ids(DATA, Precision(k=4)), ids(DATA, Recall()),
        ids(DATA, Precision(space=f"module:{__name__}:encoder")), ids(replace(DATA, held_out=draw(300, 9)), Precision()),
        ids(replace(DATA, modes=replace(LAW, within=2.0)), Precision()),
    ]  # fmt: skip
    assert len({own, *(other[0] for other in others)}) == 7
    protocol = Evaluator(DATA, [Precision()]).protocols()["precision_data"]
    assert protocol["k"] == 3
    assert protocol["n_real"] == 300
    assert json.loads(json.dumps(protocol)) == protocol


def test_two_scores_of_one_column_are_refused() -> None:
    with pytest.raises(ValueError, match="'fd_data'"):
        Evaluator(DATA, [Frechet(n=100), Frechet(n=200)])


def test_scores_that_refuse_the_data_are_left_out_with_a_reason() -> None:
    evaluator = Evaluator(replace(DATA, modes=None), SCORES)
    assert evaluator.refused == {"modes_covered": "its modes are not known"}
    assert "modes_covered" not in evaluator.names


def test_a_data_set_of_few_samples_refuses_what_needs_more() -> None:
    few = replace(DATA, held_out=DATA.held_out[:5])
    evaluator = Evaluator(few, [Precision(n=50), Coverage(n=50), Ndb(n=50)])
    assert evaluator.names == ["precision_data"]
    assert "5-th neighbour" in evaluator.refused["coverage_data"]
    assert "100 bins" in evaluator.refused["ndb_jsd_data"]


@pytest.mark.parametrize("word", words("metrics"))
def test_data_that_is_one_point_stops_no_metric(word: str) -> None:
    """A Dirac: some metrics have no number there, which is None."""
    here = torch.zeros(150, 2)
    score = find("metrics", word)(n=100)
    evaluator = Evaluator(Data(x=here, held_out=here, modes=LAW, law=LAW), [score])
    rows = evaluator(torch.stack([here, here + 1]), ALIVE[:2])
    assert all(value is None or abs(value) < float("inf") for _, _, value in rows)


# the folder of real sides


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
    assert files_after(DATA, Precision(n=100, space=f"module:{__name__}:encoder")) == 4
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


def test_digests_see_contents() -> None:
    x = torch.arange(6.0)
    assert digest(x) == digest(x.clone())
    different = [
        x,
        x.view(2, 3),
        x.double(),
        -x,
        [x],
        {"x": x},
        LAW,
        replace(LAW, within=2.0),
        encoder(),
        None,
        "x",
        b"x",
        1,
    ]
    assert len({digest(thing) for thing in different}) == len(different)
    assert digest(x[::2]) == digest(x[::2].clone())
