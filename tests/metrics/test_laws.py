"""Laws of every metric on disk: dropping a file in enrols it."""

from __future__ import annotations

import importlib
import inspect
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
import torch

from bench.data.base import Data, GaussianMixture
from bench.metrics.base import FeatureMetric, Metric, NonFinite
from bench.plugins import find, words

WORDS = words("metrics")
N = 200


class Line:
    """The first axis."""

    def distance(self, x: torch.Tensor) -> torch.Tensor:
        return x[..., 1:].norm(dim=-1)


@cache
def data() -> Data:
    source = torch.Generator().manual_seed(0)
    means = torch.tensor([[-2.0, 0.0], [2.0, 0.0]])
    law = GaussianMixture(means, 0.04 * torch.eye(2).expand(2, 2, 2), torch.tensor([0.5, 0.5]))

    def draw(n: int) -> torch.Tensor:
        return means[torch.randint(2, (n,), generator=source)] + 0.2 * torch.randn(n, 2, generator=source)

    return Data(x=draw(1000), held_out=draw(N), modes=law, law=law, manifold=Line())


def score(word: str) -> Metric:
    made = find("metrics", word)(n=N)
    assert isinstance(made, Metric)
    return replace(made, bins=10) if word == "ndb" else made


def measured(word: str, fake: torch.Tensor) -> dict[str, torch.Tensor]:
    s = score(word)
    return dict(s.measure(fake, s.reference(data())))


@pytest.mark.parametrize("word", WORDS)
def test_shape_columns_and_type(word: str) -> None:
    values = measured(word, torch.stack([data().x[:N], data().x[N : 2 * N], data().x[2 * N : 3 * N]]))
    assert tuple(values) == score(word).names()
    assert all(v.shape == (3,) and v.dtype == torch.float64 for v in values.values())
    low, high = score(word).bounds
    assert all(low <= float(x) <= high for v in values.values() for x in v)


@pytest.mark.parametrize("word", WORDS)
def test_a_seed_alone_is_a_seed_among_others(word: str) -> None:
    fake = torch.stack([data().x[:N], 3 * data().x[N : 2 * N]])
    for name, value in measured(word, fake).items():
        assert torch.equal(value[1:].nan_to_num(-1), measured(word, fake[1:])[name].nan_to_num(-1)), name


@pytest.mark.parametrize("word", sorted(set(WORDS) - {"memorisation"}))
def test_real_samples_beat_a_generator_that_is_off(word: str) -> None:
    """Against noise that is wide, and (what vendi prizes) against a single point."""
    real, point = data().x[:N], torch.full((N, 2), 0.7)
    wide = 6 * torch.randn(N, 2, generator=torch.Generator().manual_seed(1))
    values = measured(word, torch.stack([real, point, wide]))
    up = score(word).higher_is_better
    if score(word).two_sided:  # the nearer to the value of real samples the better; no value is the farthest
        values, up = {name: -(value - value[0]).abs().nan_to_num(torch.inf) for name, value in values.items()}, True
    for name, (good, narrow, off) in values.items():
        if word == "modes_occupied":  # to which a single point is nearest at most once, and width no fault
            assert good > narrow
            continue
        better = (good > narrow) if up else (good < narrow)
        assert better, (name, good, narrow)
        if word not in (
            "vendi",
            "birthday_support",
            "recall",
            "coverage",
            "duplicates",
        ):  # diversity alone: width is no fault to them
            assert (good > off) if up else (good < off), (name, good, off)


@pytest.mark.parametrize("word", sorted(set(WORDS) - {"fd_inf"}))  # it extrapolates from subsets
def test_the_order_of_samples_does_not_matter(word: str) -> None:
    fake = data().x[:N]
    shuffled = fake[torch.randperm(N, generator=torch.Generator().manual_seed(2))]
    for name, value in measured(word, torch.stack([fake, shuffled])).items():
        assert float(value[0]) == pytest.approx(float(value[1]), rel=1e-9, abs=1e-12), name


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("bad", [torch.nan, torch.inf, -torch.inf])
def test_one_number_that_is_not_finite_is_refused(word: str, bad: float) -> None:
    fake = data().x[:N].clone()
    fake[7, 1] = bad
    s = score(word)
    with pytest.raises(NonFinite):
        s.measure(fake[None], s.reference(data()))


@pytest.mark.parametrize("word", WORDS)
def test_global_randomness_is_untouched(word: str) -> None:
    before = torch.get_rng_state()
    measured(word, data().x[None, :N])
    assert torch.equal(before, torch.get_rng_state())


def arguments(word: str) -> dict[str, Any]:
    """What a function must be told and a word finds in the data."""
    d = data()
    given: dict[str, Any] = {"law": d.law, "manifold": d.manifold, "modes": d.modes, "training": d.x, "bins": 10}
    given["scale"] = float(d.held_out.double().std()) if word == "duplicates" else 1.0
    if word == "mode_kl":
        given["outside"] = float(score(word).reference(d)[1])
    return given


@pytest.mark.parametrize("word", WORDS)
def test_function_equals_word(word: str) -> None:
    function = getattr(importlib.import_module(f"bench.metrics.{word}"), word)
    names = inspect.signature(function).parameters
    options = {k: v for k, v in arguments(word).items() if k in names}
    fake, real = data().x[:N], data().held_out
    told = [name for name in names if name not in options and names[name].default is inspect.Parameter.empty]
    sides = [fake, real][: len(told)]
    direct = function(*sides, **options)
    if word == "nll":  # the word ranks the gap to the data's own
        direct = (direct - function(real, **options)).abs()
    first = next(iter(measured(word, fake[None]).values()))
    assert float(first) == pytest.approx(float(direct), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("word", [w for w in WORDS if issubclass(find("metrics", w), FeatureMetric)])
def test_comparing_features_is_measuring_samples(word: str) -> None:
    s = score(word)
    assert isinstance(s, FeatureMetric)
    fake = data().x[:N].reshape(1, N, 2)
    real = s.reference(data())
    for name, value in s.compare(fake, real).items():
        assert torch.equal(value, s.measure(fake, real)[name])


@pytest.mark.parametrize("word", WORDS)
def test_documented(word: str) -> None:
    plugin = find("metrics", word)
    assert plugin.__doc__
    assert importlib.import_module(f"bench.metrics.{word}").__doc__
    assert isinstance(plugin.higher_is_better, bool)  # type: ignore[attr-defined]


def test_unknown_modes_law_and_manifold_are_refused_with_a_reason() -> None:
    bare = replace(data(), modes=None, law=None, manifold=None)
    refused = {w: why for w in WORDS if (why := score(w).refuses(bare))}
    assert set(refused) == {
        "modes_covered", "modes_hit", "modes_occupied", "spread_ratio", "high_quality_rate", "in_between_rate", "mode_kl", "nll",
        "stein", "manifold_distance",
    }  # fmt: skip
    assert all("not known" in why for why in refused.values())
    assert not any(score(w).refuses(data()) for w in WORDS)
