"""The evaluator: seeds apart, features once, nothing that is no number."""

from __future__ import annotations

import json
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor, nn

from bench.data.base import Data
from bench.evaluation import evaluator
from bench.evaluation.evaluator import Evaluator
from bench.evaluation.references import WRONG_DRAWS
from bench.metrics.base import Metric, NonFinite
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
from bench.training.untouched import WroteInPlace
from tests.evaluation.samples import ALIVE, DATA, LAW, NAMES, SCORES, draw, table


class Trap(nn.Module):
    """Features that are not finite where a sample is far out, and a count of calls."""

    calls = 0

    def forward(self, x: Tensor) -> Tensor:
        Trap.calls += 1
        return torch.where(x.abs() > 50, torch.inf, x)


def trap() -> nn.Module:
    return Trap()


@pytest.mark.parametrize("kind", ["null_samples", "copies"])
def test_references_hold_one_draw_at_a_time(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """32 draws of 26 000 images of three channels would be eight gigabytes."""
    drawn: list[weakref.ref[Tensor]] = []
    alive: list[int] = []
    original = getattr(evaluator, kind)

    def counted(data: Data, n: int, at: int) -> Tensor:
        alive.append(sum(one() is not None for one in drawn))
        x: Tensor = original(data, n, at)
        drawn.append(weakref.ref(x))
        return x

    monkeypatch.setattr(evaluator, kind, counted)
    Evaluator(DATA, [ModesCovered(n=200)]).references()
    assert len(drawn) == WRONG_DRAWS
    assert max(alive) <= 1


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


@pytest.mark.parametrize("what", ["samples", "data"])
def test_a_metric_of_others_that_writes_past_torch_is_caught(what: str) -> None:
    """Numpy leaves no version behind; the metrics after it read what it left."""

    class Sorts(Fussy):
        def measure(self, fake: Tensor, real: Any) -> Mapping[str, Tensor]:
            (fake if what == "samples" else DATA.x).numpy()[..., 0].sort()
            return {"fussy": torch.zeros(len(fake))}

    kept = DATA.x.clone()
    try:
        with pytest.raises(WroteInPlace, match="writes into the samples"):
            Evaluator(DATA, [Sorts(n=50)])(draw(50, 2)[None].clone(), ALIVE[:1], {})
    finally:
        DATA.x.copy_(kept)


def test_an_error_of_any_text_can_be_written_down() -> None:
    """Half of a surrogate pair, as in names of files of other systems, is in no encoding."""

    class Shouting(Fussy):
        def measure(self, fake: Tensor, real: Any) -> Mapping[str, Tensor]:
            raise OSError("no file \ud83d.npz")

    errors = dict[str, str]()
    Evaluator(DATA, [Shouting(n=50)])(torch.ones(1, 50, 2), ALIVE[:1], errors)
    assert r"no file \ud83d.npz" in errors["fussy"].encode("utf-8").decode()


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
        "higher_is_better": False, "scale": "log", "bounds": (0.0, float("inf")), "two_sided": False,
    }  # fmt: skip


def test_too_much_is_a_fault_of_three() -> None:
    every = [find("metrics", word)(n=100) for word in words("metrics")]
    described = Evaluator(DATA, [s for s in every if s.refuses(DATA) is None]).describe()
    two_sided = {name for name, how in described.items() if how["two_sided"]}
    assert two_sided == {"high_quality_rate", "in_between_rate", "spread_ratio"}


def test_protocol_ids_tell_apart_what_can_not_be_compared() -> None:
    def ids(data: Data, *scores: Metric) -> list[object]:
        return [p["id"] for p in Evaluator(data, scores).protocols().values()]

    (own,) = ids(DATA, Precision())
    assert [own] == ids(replace(DATA, held_out=DATA.held_out.clone()), Precision())
    others = [
        ids(DATA, Precision(n=5000)), ids(DATA, Precision(k=4)), ids(DATA, Recall()),
        ids(DATA, Precision(space="module:tests.evaluation.samples:encoder")),
        ids(replace(DATA, held_out=draw(300, 9)), Precision()),
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


def test_an_option_that_was_added_later_leaves_old_protocols_as_they_were() -> None:
    """While it has its default: numbers of before stay comparable."""
    plain, whitened = (Evaluator(DATA, [SlicedWasserstein(n=100, whitened=w)]).protocols() for w in (False, True))
    assert "whitened" not in plain["sliced_wasserstein"]
    assert whitened["sliced_wasserstein_whitened"]["whitened"] is True
