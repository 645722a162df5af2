"""Metric replay: stored samples in, exact numbers out. Needs no training; a metric that changes its numbers fails here.

`samples.npz` holds two seeds of 200 points near a ring of eight Gaussians (one spread over all modes, one collapsed
onto two), and the real points they are judged against. `expected.json` holds what every metric made of them when it was
last meant to change. After a change that is meant: `python -m tests.replay.test_replay` writes it anew, and the diff is
what a reviewer looks at.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch

from bench.data.base import Data, GaussianMixture
from bench.evaluation.evaluator import Evaluator
from bench.plugins import find

HERE = Path(__file__).parent
N = 200
WORDS = (
    "birthday_support", "coverage", "density", "energy", "exact_wasserstein", "frechet", "high_quality_rate",
    "in_between_rate", "kid", "mmd", "mode_kl", "modes_covered", "modes_hit", "nll", "precision", "recall",
    "sliced_wasserstein", "stein", "vendi",
)  # fmt: skip


def make() -> None:
    """Draw the samples. Done once: the file is what counts, not the generator."""
    rng = np.random.default_rng(20)
    angles = 2 * np.pi * np.arange(8) / 8
    means = np.stack([np.cos(angles), np.sin(angles)], 1)

    def draw(modes: list[int], n: int, std: float) -> np.ndarray:
        return (means[rng.choice(modes, n)] + std * rng.normal(size=(n, 2))).astype(np.float32)

    fakes = np.stack([draw(list(range(8)), N, 0.07), draw([0, 3], N, 0.05)])
    real, held_out = draw(list(range(8)), 600, 0.05), draw(list(range(8)), N, 0.05)
    np.savez_compressed(HERE / "samples.npz", fakes=fakes, real=real, held_out=held_out, means=means)


def measured() -> dict[str, list[float | None]]:
    stored = np.load(HERE / "samples.npz")
    means = torch.from_numpy(stored["means"]).float()
    law = GaussianMixture(means, 0.05**2 * torch.eye(2).expand(8, 2, 2), torch.full((8,), 1 / 8))
    data = Data(x=torch.from_numpy(stored["real"]), held_out=torch.from_numpy(stored["held_out"]), modes=law, law=law)
    evaluator = Evaluator(data, [find("metrics", word)(n=N) for word in WORDS])
    assert not evaluator.refused, evaluator.refused
    rows = evaluator(torch.from_numpy(stored["fakes"]), torch.ones(2, dtype=torch.bool))
    return {name: [value for _, n, value in rows if n == name] for name in sorted(evaluator.names)}


@pytest.fixture(scope="module")
def numbers() -> dict[str, list[float | None]]:
    return measured()


EXPECTED = json.loads((HERE / "expected.json").read_text()) if (HERE / "expected.json").is_file() else {}


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_the_same_samples_give_the_same_numbers(numbers: dict[str, list[float | None]], name: str) -> None:
    """To nine digits: what is left is the order in which another processor adds."""
    for got, kept in zip(numbers[name], EXPECTED[name], strict=True):
        assert got is not None
        assert math.isclose(got, kept, rel_tol=1e-9, abs_tol=1e-12), (got, kept)


def test_every_number_is_kept(numbers: dict[str, list[float | None]]) -> None:
    assert EXPECTED
    assert sorted(numbers) == sorted(EXPECTED)


def test_the_collapsed_seed_is_worse_where_modes_count(numbers: dict[str, list[float | None]]) -> None:
    assert numbers["modes_covered"] == [8.0, 2.0]
    assert numbers["recall_data"][1] < numbers["recall_data"][0]


if __name__ == "__main__":
    if not (HERE / "samples.npz").is_file():
        make()
    (HERE / "expected.json").write_text(json.dumps(measured(), indent=1) + "\n")
