"""A feature space: where distances between sets of samples are measured. Its name is part of every metric's name."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import MISSING, dataclass
from functools import cache
from typing import ClassVar

import torch
from torch import Tensor

from bench.data.base import Data
from bench.plugins import find, options


class FeaturesError(ValueError):
    """Features that can't be computed here: one line that says which file to put where."""


@dataclass(frozen=True, kw_only=True)
class Features(ABC):
    """Written as `space=digits` in a metric's options. Subclass it, one file each, named as the file."""

    name: ClassVar[str]

    @property
    def label(self) -> str:
        """What follows the underscore in a metric's column."""
        return self.name

    def refuses(self, data: Data) -> str | None:
        """Why it does not fit a data set; None where it does."""
        return None

    @abstractmethod
    def __call__(self, x: Tensor) -> Tensor:
        """x [N, *D] in the original space -> features [N, F] float32. Raises FeaturesError when weights are absent."""

    @abstractmethod
    def sha256(self) -> str:
        """Of whatever the features depend on (weights, resize); '' for raw coordinates."""


def open_space(space: str) -> Features:
    """`digits` -> the feature space of that name; what follows a colon is its `of` (`module:package.nets:encoder`).

    Raises UnknownName for a word that no file carries, and FeaturesError for a colon where none belongs.
    """
    word, _, of = space.partition(":")
    return _opened(find("features", word), word, of)


@cache
def _opened(plugin: type, word: str, of: str) -> Features:
    space = f"{word}:{of}" if of else word
    takes = {option.name: option.default for option in options(plugin)}
    if of and "of" not in takes:
        raise FeaturesError(f"feature space '{space}': write {word}")
    if not of and takes.get("of") is MISSING:
        raise FeaturesError(f"feature space '{space}': write {word}:<what>")
    made = plugin(of=of) if of else plugin()
    assert isinstance(made, Features), f"{plugin} is no feature space"
    return made


def extract(space: str, x: Tensor, block: int = 4096) -> Tensor:
    """Features [N, F] of x [N, *D] in a space, a block at a time."""
    to_features = open_space(space)
    with torch.no_grad():
        return torch.cat([to_features(part) for part in torch.split(x, block)])
