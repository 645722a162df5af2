"""Data that are not what they promise are an error of the data, in one line, before anything trains."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from bench.data._checked import checked
from bench.data.base import Data, DataError, DataSource
from bench.data.point import Point
from bench.plugins import find
from bench.running.cells import cells
from bench.suite.load import load_suite
from bench.suite.yaml_lines import SuiteError
from tests.data.test_data_laws import SMALL, WORDS

GENERATOR = torch.Generator().manual_seed(0)
POINTS = Data(torch.randn(20, 2, generator=GENERATOR), torch.randn(10, 2, generator=GENERATOR))
IMAGES = Data(torch.rand(20, 1, 4, 4, generator=GENERATOR), torch.rand(10, 1, 4, 4, generator=GENERATOR))
CLASSES = replace(POINTS, labels=torch.arange(20) % 3, held_out_labels=torch.arange(10) % 3, classes=3)


@dataclass(frozen=True, kw_only=True)
class Given(DataSource):
    """Whatever it is given."""

    data: Any

    def load(self) -> Data:
        if isinstance(self.data, Exception):
            raise self.data
        return self.data  # type: ignore[no-any-return]


def with_a(value: float, x: Tensor = POINTS.x) -> Tensor:
    out = x.clone()
    out[3] = value
    return out


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (None, "load() gave a NoneType, not a Data"),
        (replace(POINTS, x=with_a(torch.nan)), "x has 1 of 20 samples with numbers that are not finite"),
        (replace(POINTS, held_out=with_a(torch.inf)), "held_out has 1 of 20 samples with numbers that are not finite"),
        (replace(POINTS, x=POINTS.x[:0]), "x is empty"),
        (replace(POINTS, held_out=POINTS.x[:0]), "held_out is empty"),
        (replace(POINTS, held_out=None), "held_out is a NoneType, not a tensor"),
        (replace(POINTS, x=POINTS.x.numpy()), "x is a ndarray, not a tensor"),
        (replace(POINTS, x=POINTS.x.double()), "x is float64: give float32"),
        (replace(POINTS, x=POINTS.x.clone().requires_grad_()), "x asks for gradients, which would flow into the data"),
        (replace(POINTS, held_out=POINTS.held_out.long()), "held_out is int64: give float32"),
        (replace(POINTS, x=POINTS.x[:, 0]), "x has the shape [20]: points are [N, d]"),
        (replace(POINTS, x=POINTS.x[:, :, None]), "x has the shape [20, 2, 1]: points are [N, d]"),
        (replace(POINTS, x=POINTS.x[:, :0]), "x has the shape [20, 0], and samples without a number"),
        (replace(POINTS, held_out=POINTS.x[:, :1]), "samples of x and of held_out have the shapes [2] and [1]"),
        (replace(POINTS, held_out=IMAGES.x), "samples of x and of held_out have the shapes [2] and [1, 4, 4]"),
        (replace(IMAGES, x=255 * IMAGES.x), "x is of images and reaches 25"),
        (replace(IMAGES, held_out=with_a(-1.5, IMAGES.x)), "held_out is of images and reaches 1.5"),
        (replace(CLASSES, labels=None), "held_out_labels are there and labels are not"),
        (replace(CLASSES, held_out_labels=None), "labels are there and held_out_labels are not"),
        (replace(CLASSES, classes=0), "classes=0 with labels"),
        (replace(POINTS, classes=3), "classes=3 without labels"),
        (replace(CLASSES, labels=CLASSES.labels[:5]), "labels are int64 [5]: give one int64 for each of the 20 samples"),
        (replace(CLASSES, labels=CLASSES.labels.float()), "labels are float32 [20]"),
        (replace(CLASSES, classes=2), "labels reach from 0 to 2 with classes=2"),
        (replace(CLASSES, held_out_labels=CLASSES.held_out_labels - 1), "held_out_labels reach from -1 to 1"),
        (replace(POINTS, x=POINTS.x[:1]), "there is 1 sample to train on, beside what is held out, and at least 2"),
        (replace(POINTS, x=torch.zeros(20, 2)), "all 20 samples are the same"),
        (replace(POINTS, x=torch.full((20, 2), 3.0)), "all 20 samples are the same"),
        (replace(IMAGES, x=torch.full((20, 1, 4, 4), -1.0)), "all 20 samples are the same"),
        (ZeroDivisionError("division by zero"), "can't be loaded: ZeroDivisionError: division by zero (test_checked.py:"),
        (FileNotFoundError(2, "No such file or directory", "x.npz"), "[Errno 2] No such file or directory: 'x.npz'"),
        (DataError("x.npz is not there; put it there\nand so on"), "x.npz is not there; put it there"),
    ],
    ids=lambda part: part[:40] if isinstance(part, str) else "",
)  # fmt: skip
def test_what_is_wrong_with_data_is_one_line(data: Any, said: str) -> None:
    with pytest.raises(DataError) as refused:
        checked(Given(data=data))
    assert str(refused.value).removeprefix("tests.data.test_checked:Given: ").startswith(said)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("data", [POINTS, IMAGES, CLASSES, replace(POINTS, x=POINTS.x[:2])])
def test_sound_data_pass(data: Data) -> None:
    assert checked(Given(data=data)) is data


@pytest.mark.parametrize("word", WORDS)
def test_every_data_set_passes(word: str) -> None:
    checked(find("datasets", word)(**SMALL.get(word, {})))


def test_a_point_mass_is_meant_where_the_data_set_is_one() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Corner(Point):
        def load(self) -> Data:
            return Data(torch.ones(4, 2), torch.ones(4, 2))

    assert len(checked(Point(n=1)).x) == 1
    assert checked(Corner()).shape == (2,)


def test_a_suite_tells_the_line_of_the_data_set(write: Callable[[str], Path], tmp_path: Path) -> None:
    for k in range(3):
        black = np.zeros((8, 8, 3), np.uint8)
        black[0, 0] = [k, 0, 0]
        Image.fromarray(black).save(tmp_path / f"{k}.png")
    text = (
        "suite: s\nseeds: 1\ntrain: {steps: 2, batch: 4}\nmethods: {GAN: gan(width=8)}\nprobes: [losses]\ndatasets:\n"
    )
    with pytest.raises(SuiteError) as caught:
        cells(load_suite(write(f"{text}  black: image_folder(root='{tmp_path}', size=1)\n  one: ring(n=1)\n")))
    assert [line.partition("toy.yaml:")[2] for line in str(caught.value).splitlines()] == [
        f"7: datasets.black: image_folder: {tmp_path} holds 1 different PNG or JPEG files; at least 2 are needed",
        "8: datasets.one: ring: there is 1 sample to train on, beside what is held out, and at least 2 are needed: give more",
    ]
