"""What a plugin does to the whole process ends with the block in which it did it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest
import torch

from bench.data._checked import checked, content_of, remarks
from bench.data.base import Data, DataError, DataSource
from bench.data.ring import Ring
from bench.plugins import first_line
from bench.plugins.hints import LONGEST
from bench.plugins.surroundings import plain_surroundings
from bench.running import seed_block
from bench.running.plan import plan
from bench.suite.load import load_suite

OWN = """
import os
import torch
from dataclasses import dataclass
from bench.training.hooks import Stabilizer

@dataclass(frozen=True)
class Spoils(Stabilizer):
    def loss(self, loss, inputs, at):
        torch.set_default_dtype(torch.float64)
        os.chdir("/")
        return loss
"""
SUITE = """
suite: own
seeds: 1
train: {steps: 3, batch: 8}
datasets: {ring: ring(n=500)}
methods: {GAN: gan(width=8) + spoils}
metrics: [sliced_wasserstein(n=100)]
plugins: [own.py]
"""


def test_a_stabilizer_that_changes_the_type_of_numbers_and_the_folder(tmp_path: Path) -> None:
    """A method that came after it had other numbers, and its records lay somewhere else."""
    (tmp_path / "own.py").write_text(OWN)
    (tmp_path / "own.yaml").write_text(SUITE)
    here = os.getcwd()
    (job,) = plan(load_suite(tmp_path / "own.yaml"), tmp_path / "out").jobs
    seed_block.run(job)
    assert torch.get_default_dtype() == torch.float32
    assert os.getcwd() == here


def test_nothing_of_before_is_within() -> None:
    torch.set_default_dtype(torch.float64)
    with plain_surroundings():
        assert torch.get_default_dtype() == torch.float32
    assert torch.get_default_dtype() == torch.float32


@dataclass(frozen=True, kw_only=True)
class Odd(DataSource):
    """A data set whose parts are not what they should be."""

    generated: ClassVar[bool] = True

    kind: str

    def load(self) -> Data:
        data = Ring(n=100, held_out=50).load()
        if self.kind == "classes":
            return Data(data.x, data.held_out, data.labels, data.held_out_labels, classes="8")  # type: ignore[arg-type]
        if self.kind == "labels":
            return Data(data.x, data.held_out, [0] * 100, [0] * 50, classes=8)  # type: ignore[arg-type]
        return Data(data.x.to_sparse(), data.held_out)

    def content(self, data: Data) -> str:
        return 1 / 0  # type: ignore[return-value]

    def remarks(self) -> list[str]:
        raise ValueError("no words")


@pytest.mark.parametrize("kind", ["classes", "labels", "sparse"])
def test_data_that_cannot_be_looked_at_are_a_line(kind: str) -> None:
    with pytest.raises(DataError, match="what load\\(\\) gave can't be looked at: ") as refused:
        checked(Odd(kind=kind))
    assert "\n" not in str(refused.value)


def test_what_a_data_set_says_of_itself_and_cannot() -> None:
    with pytest.raises(DataError, match="its content can't be told: ZeroDivisionError"):
        content_of(Odd(kind=""), Ring(n=10, held_out=10).load())
    assert "can't be told: ValueError: no words" in remarks(Odd(kind=""))


class Speechless(Exception):
    def __str__(self) -> str:
        raise RuntimeError


def test_an_error_that_cannot_say_what_it_is() -> None:
    assert first_line(Speechless()) == "Speechless"
    assert first_line(ValueError("x" * 10**6)) == "x" * LONGEST + "…"
