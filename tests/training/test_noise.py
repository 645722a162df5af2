"""The noise that training reads, against the laws that it should follow (SciPy)."""

import math
from math import prod

import numpy as np
import pytest
import torch
from scipy import stats

from bench.hashing.noise_keys import key_of
from bench.training.rng import NoiseTape, _normal, by_torch, draw

CPU, N = torch.device("cpu"), 200_000


class Constant:
    """A source whose every uniform number is the same."""

    def __init__(self, value: float) -> None:
        self.value = value

    def random(self, shape: tuple[int, ...], dtype: type) -> np.ndarray:
        return np.full(shape, self.value, dtype)


def numbers(kind: tuple[str, int], n: int = N, key: int = 0) -> np.ndarray:
    return draw(key_of("test", key), kind, (n,), CPU, torch.float32).numpy()


def test_normal_numbers_are_normal():
    x = numbers(("normal", 0))
    assert stats.kstest(x, "norm").pvalue > 1e-3
    assert abs(x.mean()) < 4 / N**0.5
    assert abs(x.var() - 1) < 4 * (2 / N) ** 0.5
    assert abs(stats.kurtosis(x)) < 4 * (24 / N) ** 0.5


def test_the_two_numbers_of_a_pair_are_independent():
    first, second = np.split(numbers(("normal", 0)), 2)
    for f in (np.asarray, np.square, np.abs):
        assert abs(np.corrcoef(f(first), f(second))[0, 1]) < 4 / (N / 2) ** 0.5


@pytest.mark.parametrize("n", [1, 2, 7, 4097])
def test_any_count_of_normal_numbers(n):
    assert numbers(("normal", 0), n).shape == (n,)


def test_the_ends_of_the_uniform_numbers_are_finite():
    assert _normal(Constant(0.0), 4).tolist() == [0.0] * 4
    largest = _normal(Constant(1 - 2.0**-24), 2)
    assert float(largest.norm()) == pytest.approx(math.sqrt(48 * math.log(2)), rel=1e-6)


def test_uniform_numbers_and_integers():
    assert stats.kstest(numbers(("uniform", 0)), "uniform").pvalue > 1e-3
    counts = np.bincount(numbers(("integers", 10)), minlength=10)
    assert len(counts) == 10
    assert stats.chisquare(counts).pvalue > 1e-3


def test_other_keys_other_noise():
    assert abs(np.corrcoef(numbers(("normal", 0)), numbers(("normal", 0), key=1))[0, 1]) < 4 / N**0.5


@pytest.mark.parametrize("shape", [(3,), (64, 8), (40_000,), (2_000_000,)], ids=["few", "batch", "shorter", "one"])
def test_no_two_steps_share_noise(shape):
    """A tape is drawn in chunks, whose length depends on the shape; 130 steps lie in three of the longest."""
    tape = NoiseTape([5], torch.device("cpu"), torch.float32)
    steps = range(130) if prod(shape) < 10_000 else range(0, 130, 43)
    firsts = {tuple(tape.read("game", 1, step, ("normal", 0), shape)[0].flatten()[:3].tolist()) for step in steps}
    assert len(firsts) == len(steps)


@pytest.mark.parametrize("kind", [("normal", 0), ("uniform", 0), ("integers", 7)])
def test_a_devices_own_generator_draws_within_vmap_what_it_draws_without(kind: tuple[str, int]) -> None:
    """A GPU draws with it; torch refuses to draw within vmap, where training asks for noise."""
    alone = by_torch(5, kind, (3, 4), torch.device("cpu"))

    def one(lane: torch.Tensor) -> torch.Tensor:
        return torch.stack([by_torch(5, kind, (3, 4), torch.device("cpu"))])[lane]

    within = torch.func.vmap(one, randomness="error")(torch.zeros(2, dtype=torch.int64))
    assert torch.equal(within, torch.stack([alone, alone]))
    assert not torch.equal(alone, by_torch(6, kind, (3, 4), torch.device("cpu")))
    slope = torch.func.grad(lambda x: (x * by_torch(5, kind, (3, 4), torch.device("cpu"))).sum())(torch.tensor(2.0))
    assert slope == alone.sum()
