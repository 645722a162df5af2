"""On the published files, where $BENCH_MNIST names a folder with them: how good the classifier is, and what it counts."""

from __future__ import annotations

import os

import pytest
import torch

from bench.data import _mnist_classifier as classifier
from bench.data._classifiers import accuracy
from bench.data.mnist import Mnist
from bench.data.stacked_mnist import StackedMnist
from bench.metrics.mode_kl import mode_kl, outside_rate
from bench.metrics.modes_covered import modes_covered
from bench.metrics.modes_hit import modes_hit

ROOT = os.environ.get("BENCH_MNIST", "")
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not ROOT, reason="$BENCH_MNIST names no folder with MNIST's files"),
]
BIAS = 999 / (2 * 26_000)  # of KL with 1000 modes and 26 000 samples


def test_the_published_files_are_read() -> None:
    data = Mnist(root=ROOT).load()
    assert data.x.shape == (60_000, 1, 28, 28)
    assert data.held_out.shape == (10_000, 1, 28, 28)
    assert data.labels.bincount().tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]


@pytest.mark.parametrize(("size", "least"), [(14, 0.985), (28, 0.992)])
def test_it_names_the_test_images(size: int, least: float) -> None:
    data = Mnist(root=ROOT, size=size).load()
    weights = classifier.of(ROOT)[size]
    assert accuracy(weights, classifier.hidden, data.held_out, data.held_out_labels, classifier.SLAB) >= least


@pytest.mark.parametrize("size", [14, 28])
def test_real_stacks_cover_a_thousand_modes_and_diverge_by_the_bias(size: int) -> None:
    """χ² of 999 degrees of freedom over 2N: a standard deviation of √(2·999)/(2N) = .0009."""
    data = StackedMnist(root=ROOT, size=size, n=1, confidence=0.0).load()
    assert modes_hit(data.held_out, data.modes) == 1000
    assert modes_covered(data.held_out, data.modes) == 1000
    found = float(mode_kl(data.held_out, data.modes, outside_rate(data.held_out, data.modes)))
    assert abs(found - BIAS) < 4 * 0.0009


@pytest.mark.parametrize("size", [14, 28])
def test_confidence_passes_real_stacks_and_few_blends(size: int) -> None:
    data = StackedMnist(root=ROOT, size=size, n=1, held_out=5000).load()
    assert data.modes.assign(data.held_out)[1].double().mean() > 0.9
    blends = (data.held_out + data.held_out.roll(1, 0)) / 2
    assert data.modes.assign(blends)[1].double().mean() < 0.3


@pytest.mark.parametrize("size", [14, 28])
def test_noise_is_read_as_few_numbers(size: int) -> None:
    """At 28 pixels 95 % of it is read surely, and as one number or another of a few."""
    data = StackedMnist(root=ROOT, size=size, n=1, held_out=1).load()
    noise = torch.rand(5000, 3, size, size, generator=torch.Generator().manual_seed(0)) * 2 - 1
    assert modes_hit(noise, data.modes) < 50
