"""How fast features become numbers, as a ratio to other libraries timed in the same run on the same features.

The numbers are asserted to be equal; time is not asserted. Libraries get float32 features, as their users give them:
theirs is float32 arithmetic where ours is float64, which bounds how equal the numbers can be. Density and coverage are in
neither library; their reference is a direct one, on all distances at once, as their authors' code does it.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
import torch
from torch import Tensor
from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric
from torch_fidelity.metric_kid import kid_features_to_metric
from torch_fidelity.metric_prc import prc_features_to_metric
from torchmetrics.image.fid import FrechetInceptionDistance
from torchmetrics.image.kid import poly_mmd

from bench.metrics._pairwise import KERNEL, reached, side, survey, within
from bench.metrics.frechet import frechet, frechet_to, gaussian
from bench.metrics.kid import kid

pytestmark = pytest.mark.speed

N = 10_000
Numbers = tuple[float, ...]
Metric = Callable[[Tensor, Tensor], Numbers]


def ours_frechet(fake: Tensor, real: Tensor) -> Numbers:
    return (float(frechet(fake, real)),)


def ours_kid(fake: Tensor, real: Tensor) -> Numbers:
    return (float(kid(fake, real)),)


def ours_precision_recall(fake: Tensor, real: Tensor) -> Numbers:
    found = survey(fake, side(real, kernel=False, k=3), [within(3), reached(3)])
    return (float(found[within(3)][0]), float(found[reached(3)]))


def ours_density_coverage(fake: Tensor, real: Tensor) -> Numbers:
    return tuple(survey(fake, side(real, kernel=False, k=5), [within(5)])[within(5)][1:].tolist())


def real_sides(real: Tensor) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """What a run computes once per data set."""
    return gaussian(real), side(real, k=5)


def ours_to_sides(fake: Tensor, sides: tuple[dict[str, Tensor], dict[str, Tensor]]) -> Numbers:
    """Everything, as each evaluation of a training run computes it."""
    moments, pairs = sides
    found = survey(fake, pairs, [KERNEL, within(3), within(5), reached(3)])
    among, across = found[KERNEL].tolist()
    distance, own = float(frechet_to(fake, moments)), float(pairs["own"])
    precision, recall = float(found[within(3)][0]), float(found[reached(3)])
    return (distance, among + own - 2 * across, precision, recall, *found[within(5)][1:].tolist())


def ours_bundle(fake: Tensor, real: Tensor) -> Numbers:
    return ours_to_sides(fake, real_sides(real))


def fidelity_frechet(fake: Tensor, real: Tensor) -> Numbers:
    stats = [fid_features_to_statistics(x) for x in (fake, real)]
    for s in stats:
        s["mu"], s["sigma"] = s["mu"].astype("float64"), s["sigma"].astype("float64")
    return (fid_statistics_to_metric(*stats, False)["frechet_inception_distance"],)


class Given(torch.nn.Module):
    """Features as they are, for a metric that wants a network."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.num_features = features

    def forward(self, x: Tensor) -> Tensor:
        return x


def torchmetrics_frechet(fake: Tensor, real: Tensor) -> Numbers:
    metric = FrechetInceptionDistance(Given(fake.shape[1]), input_img_size=(fake.shape[1],)).set_dtype(torch.float64)
    metric.update(fake, real=False)
    metric.update(real, real=True)
    return (float(metric.compute()),)


def fidelity_kid(fake: Tensor, real: Tensor) -> Numbers:
    found = kid_features_to_metric(fake, real, kid_subsets=1, kid_subset_size=len(fake), verbose=False)
    return (found["kernel_inception_distance_mean"],)


def torchmetrics_kid(fake: Tensor, real: Tensor) -> Numbers:
    return (float(poly_mmd(real, fake)),)


def fidelity_precision_recall(fake: Tensor, real: Tensor) -> Numbers:
    found = prc_features_to_metric(fake, real, verbose=False)
    return (found["precision"], found["recall"])


def direct_density_coverage(fake: Tensor, real: Tensor) -> Numbers:
    radius = torch.cdist(real, real).kthvalue(6, dim=1).values
    inside = torch.cdist(fake, real) <= radius
    return (float(inside.sum(dtype=torch.float64)) / (5 * len(fake)), float(inside.any(0).double().mean()))


def their_bundle(fake: Tensor, real: Tensor) -> Numbers:
    parts = (fidelity_frechet, fidelity_kid, fidelity_precision_recall, direct_density_coverage)
    return tuple(number for part in parts for number in part(fake, real))


BUNDLE = {64: 5.0, 2048: 2.5}  # goals


@pytest.mark.parametrize("count", BUNDLE)
@pytest.mark.parametrize("real_side", ["cold", "warm"])
def test_bundle(benchmark: Any, count: int, real_side: str) -> None:
    """Fréchet, kernel, precision, recall, density, coverage together; cold: nothing of the real side is known yet."""
    fake, real = features(count)
    began = time.perf_counter()
    expected = their_bundle(fake, real)
    took = time.perf_counter() - began
    sides = real_sides(real) if real_side == "warm" else None

    def before() -> tuple[tuple[Tensor], dict[str, Any]]:
        return (fake.clone(),), {}

    found = benchmark.pedantic(
        lambda x: ours_bundle(x, real.clone()) if sides is None else ours_to_sides(x, sides),
        setup=before,
        rounds=3 if count < 1000 else 1,
    )
    for mine, theirs, close in zip(found, expected, CLOSE, strict=True):
        assert mine == pytest.approx(theirs, **close)
    benchmark.extra_info["ratio"] = took / benchmark.stats.stats.median
    benchmark.extra_info["goal"] = BUNDLE[count]


class Case(NamedTuple):
    ours: Metric
    theirs: Metric
    close: dict[str, float]


CASES = {
    "frechet / torch-fidelity": Case(ours_frechet, fidelity_frechet, {"rel": 1e-4}),
    "frechet / torchmetrics": Case(ours_frechet, torchmetrics_frechet, {"rel": 1e-4}),
    "kid / torch-fidelity": Case(ours_kid, fidelity_kid, {"rel": 1e-3}),
    "kid / torchmetrics": Case(ours_kid, torchmetrics_kid, {"rel": 1e-3}),
    "precision, recall / torch-fidelity": Case(ours_precision_recall, fidelity_precision_recall, {"abs": 1e-3}),
    "density, coverage / direct": Case(ours_density_coverage, direct_density_coverage, {"rel": 1e-3}),
}


CLOSE = [{"rel": 1e-4}, {"rel": 1e-3}, {"abs": 1e-3}, {"abs": 1e-3}, {"rel": 1e-3}, {"rel": 1e-3}]  # of a bundle


def features(count: int) -> tuple[Tensor, Tensor]:
    """Spectra that fall, as those of networks do; the fakes are shifted and narrower."""
    source = torch.Generator().manual_seed(count)
    scales = torch.arange(1, count + 1) ** -0.5
    fake, real = (torch.randn(N, count, generator=source) * scales for _ in range(2))
    return 0.9 * fake + 0.3 * scales, real


@pytest.mark.parametrize("count", [64, 2048])
@pytest.mark.parametrize("case", CASES)
def test_evaluation(benchmark: Any, case: str, count: int) -> None:
    ours, theirs, close = CASES[case]
    fake, real = features(count)
    took: list[float] = []
    expected: list[Numbers] = []

    def before() -> tuple[tuple[Tensor, Tensor], dict[str, Any]]:
        began = time.perf_counter()
        expected.append(theirs(fake, real))
        took.append(time.perf_counter() - began)
        return (fake.clone(), real.clone()), {}  # copies: nothing remembered from the round before may be used

    rounds = 3 if count < 1000 else 1
    found = benchmark.pedantic(ours, setup=before, rounds=rounds)
    assert found == pytest.approx(expected[0], **close)
    benchmark.extra_info["ratio"] = statistics.median(took) / benchmark.stats.stats.median
    benchmark.extra_info["goal"] = "none"
