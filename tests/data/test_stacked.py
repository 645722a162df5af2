"""Stacks of MNIST's digits, from small files: what they show, and what counts as a mode."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from bench.data._mnist_classifier import Classifier
from bench.data.base import DataError
from bench.data.mnist import Mnist
from bench.data.stacked_mnist import MnistModes, StackedMnist
from tests.data import idx_files

Load = Callable[..., StackedMnist]


@pytest.fixture
def stacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    monkeypatch.setenv("BENCH_WEIGHTS", str(tmp_path / "weights"))
    idx_files.handwritten(tmp_path)
    return lambda **options: StackedMnist(root=str(tmp_path), n=200, held_out=100, **options)


@pytest.mark.parametrize("size", [14, 28])
def test_stacks_show_their_number_and_the_parts_share_no_digit(stacked: Load, size: int) -> None:
    source = stacked(size=size)
    digits, data = Mnist(root=source.root, size=size).load(), source.load()
    assert data.x.shape == (200, 3, size, size)
    assert data.x.is_contiguous()
    for images, labels, x, numbers in (
        (digits.x, digits.labels, data.x, data.labels),
        (digits.held_out, digits.held_out_labels, data.held_out, data.held_out_labels),
    ):
        names = {image.numpy().tobytes(): int(label) for image, label in zip(images, labels, strict=True)}
        for image, number in zip(x, numbers.tolist(), strict=True):
            assert number == int("".join(str(names[channel.numpy().tobytes()]) for channel in image))
    assert data.classes == len(data.modes.weights) == 1000


def test_loading_is_the_same_at_every_call_and_trains_nothing(stacked: Load, tmp_path: Path) -> None:
    one, two = stacked().load(), stacked().load()
    assert torch.equal(one.x, two.x)
    assert torch.equal(one.held_out_labels, two.held_out_labels)
    assert not (tmp_path / "weights").exists()


def test_a_class_that_is_missing_is_named(stacked: Load, tmp_path: Path) -> None:
    images, labels = Mnist(root=str(tmp_path)).read("t10k")
    idx_files.write(tmp_path, "t10k", images[labels != 4], labels[labels != 4])
    with pytest.raises(DataError, match="stacked_mnist: no held_out image shows a 4"):
        stacked().load()


def test_missing_files_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"train-images-idx3-ubyte is not there; .*set root=") as error:
        StackedMnist(root=str(tmp_path)).load()
    assert "\n" not in str(error.value)


def test_the_published_number_of_images() -> None:
    assert StackedMnist().n == 128_000
    assert StackedMnist().held_out == 26_000


@pytest.mark.parametrize("size", [14, 28])
def test_modes_by_the_classifier_with_and_without_confidence(stacked: Load, size: int) -> None:
    data = stacked(size=size).load()
    mode, inside = data.modes.assign(data.x)
    assert (mode == data.labels).double().mean() > 0.5  # from 300 digits; by chance a thousandth
    read: Classifier = data.modes.classifier
    assert torch.equal(mode, (read.logits(data.x).argmax(-1) * torch.tensor([100, 10, 1])).sum(-1))
    sure = read.logits(data.x).softmax(-1).amax(-1).amin(-1)
    for confidence in (0.0, 0.5, 0.9):
        found = MnistModes(confidence, read).assign(data.x)
        assert torch.equal(found[0], mode)
        assert torch.equal(found[1], sure >= confidence)
    assert torch.equal(inside, sure >= 0.9)
    assert data.modes.assign(data.x[:12].reshape(3, 4, 3, size, size))[0].tolist() == mode[:12].reshape(3, 4).tolist()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_in_no_mode(stacked: Load, bad: float) -> None:
    data = stacked(size=14, confidence=0.0).load()
    x = data.x[:4].clone()
    x[1:, 1, 4, 4] = bad
    assert data.modes.assign(x)[1].tolist() == [True, False, False, False]
