"""Every metric as one of torchmetrics: gathered in batches it has the number that the word has of the same samples."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import Any

import pytest
import torch
import torchmetrics

import bench
from bench import metrics
from bench.data.digits import Digits
from bench.metrics._torchmetrics import NAMES, GenerativeMetric, name_of, of_word
from bench.metrics.base import NonFinite
from bench.metrics.frechet import Frechet
from bench.plugins import words
from tests.metrics.test_laws import WORDS, N, data, measured, score

MORE = {"ndb": {"bins": 10}}


def test_what_is_no_flag_and_no_data_is_said() -> None:
    x = data().x[:N]
    with pytest.raises(TypeError, match="real is True for real samples and False for generated ones, not Tensor"):
        metrics.FrechetDistance(space="data").update(x, real=x)  # type: ignore[attr-defined]
    with pytest.raises(TypeError, match=r"a loaded data set, as of bench.load_data\('ring'\), not str"):
        metrics.ModesHit(data="ring")  # type: ignore[attr-defined]
    hit = metrics.ModesHit(data=bench.load_data("ring(modes=8, n=500)"))  # type: ignore[attr-defined]
    hit.update(bench.load_data("ring(modes=8, n=500)").x, real=False)
    assert hit.compute() == 8


def gathered(word: str, **options: Any) -> GenerativeMetric:
    """With fakes and real samples in batches of unequal size."""
    one = getattr(metrics, name_of(word))(data=data(), **MORE.get(word, {}), **options)
    assert isinstance(one, GenerativeMetric)
    for part in data().x[:N].split(70):
        one.update(part, real=False)
    for part in data().held_out.split(150):
        one.update(part, real=True)
    return one


@pytest.mark.parametrize("word", WORDS)
def test_its_value_and_its_flags_are_the_words(word: str) -> None:
    one, metric = gathered(word), score(word)
    found = one.compute()
    wanted = {name: float(values[0]) for name, values in measured(word, data().x[None, :N]).items()}
    values = {next(iter(wanted)): found} if isinstance(found, torch.Tensor) else found
    assert {name: float(value) for name, value in values.items()} == pytest.approx(wanted, rel=1e-12, abs=1e-15)
    assert one.higher_is_better is (None if metric.two_sided else metric.higher_is_better)
    assert (one.is_differentiable, one.full_state_update) == (False, False)
    low, high = metric.bounds
    assert one.plot_lower_bound == (low if low > -torch.inf else None)
    assert one.plot_upper_bound == (high if high < torch.inf else None)
    assert word in str(type(one).__doc__)


def test_every_word_has_one_name() -> None:
    names = [name_of(word) for word in WORDS]
    assert len(set(names)) == len(names)
    assert set(NAMES) <= set(words("metrics"))
    assert metrics.FrechetDistance is of_word("frechet") is metrics.FrechetDistance
    for name in ("Frechet", "FrechetMetric", "Nothing", "_Private"):
        with pytest.raises(AttributeError, match=f"no attribute '{name}'"):
            getattr(metrics, name)


def test_it_is_reset_pickled_and_gathered_with_others() -> None:
    one = gathered("frechet")
    value = float(one.compute())
    assert float(pickle.loads(pickle.dumps(one)).compute()) == value
    both = torchmetrics.MetricCollection({"fd": metrics.FrechetDistance(), "recall": metrics.ImprovedRecall(k=3)})
    both.update(data().x[:N], real=False)
    both.update(data().held_out, real=True)
    assert float(both.compute()["fd"]) == value
    one.reset()
    one.update(data().held_out, real=True)
    with pytest.raises(ValueError, match=r"^FrechetDistance has no generated samples: update\(x, real=False\) first$"):
        one.compute()


def test_a_feature_space_is_an_option() -> None:
    digits = Digits().load()
    one = metrics.FrechetDistance(space="digits")
    one.update(digits.x[:300], real=False)
    one.update(digits.held_out, real=True)
    metric = Frechet(space="digits", n=300)
    (direct,) = metric.measure(digits.x[None, :300], metric.reference(digits)).values()
    assert float(one.compute()) == pytest.approx(float(direct), rel=1e-12)


def test_held_out_samples_stand_for_real_ones() -> None:
    one = metrics.EnergyDistance(data=data())
    one.update(data().x[:N], real=False)
    assert float(one.compute()) == float(gathered("energy").compute())


def test_what_it_has_to_know_is_asked_for() -> None:
    for name, why in (("ModesCovered", "its modes are not known"), ("DataCopying", "what was trained on is not known")):
        one = getattr(metrics, name)()
        one.update(data().x[:N], real=False)
        one.update(data().held_out, real=True)
        with pytest.raises(ValueError, match=rf"^{name} has to know more than these samples \({why}\): give it data="):
            one.compute()
    with pytest.raises(ValueError, match="ModesCovered does not fit the data: its modes are not known"):
        metrics.ModesCovered(data=replace(data(), modes=None))
    with pytest.raises(ValueError, match="Unexpected keyword arguments: `kk`"):
        metrics.ImprovedPrecision(kk=3)


@pytest.mark.parametrize("real", [True, False])
def test_what_is_not_finite_is_refused(real: bool) -> None:
    with pytest.raises(NonFinite):
        metrics.FrechetDistance().update(torch.full((3, 2), torch.nan), real=real)
