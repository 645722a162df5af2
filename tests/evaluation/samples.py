"""Two modes in the plane, and the metrics that the tests of the evaluator ask for."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from bench.data.base import Data, GaussianMixture
from bench.metrics.base import Metric
from bench.metrics.coverage import Coverage
from bench.metrics.density import Density
from bench.metrics.frechet import Frechet
from bench.metrics.kid import Kid
from bench.metrics.modes_covered import ModesCovered
from bench.metrics.precision import Precision
from bench.metrics.recall import Recall
from bench.metrics.sliced_wasserstein import SlicedWasserstein

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
