"""What a metric of a suite is: a word under `metrics:` that turns samples into numbers, all seeds in one pass."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor

from bench.data.base import Data
from bench.features.base import extract, open_space
from bench.plugins.ranges import Samples


class NonFinite(ValueError):
    """Samples or features that are not finite: refused, never turned into a number."""


@dataclass(frozen=True, kw_only=True)
class Metric(ABC):
    """A word under `metrics:`; its fields are the suite's options. Subclass it, one file each, named as the file.

    The unit of statistics is the training seed: `measure` returns one number a seed and never pools seeds.
    """

    higher_is_better: ClassVar[bool]
    bounds: ClassVar[tuple[float, float]] = (float("-inf"), float("inf"))
    scale: ClassVar[Literal["linear", "log"]] = "linear"  # on which differences mean something (distances: log)
    two_sided: ClassVar[bool] = False  # too much is a fault too: what counts is the distance from real data's value
    keeps: ClassVar[bool] = (
        False  # whether the real side is expensive and plain (a dict of tensors), so that it goes to disk
    )

    n: Samples = 10_000  # samples used

    def refuses(self, data: Data) -> str | None:
        """Why it can't be measured on this data set, in half a sentence; None where it can."""
        return None

    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """The columns it yields; a feature space is part of the name (`fd_digits`)."""

    @abstractmethod
    def reference(self, data: Data) -> Any:
        """Everything that is computed once from the real side; cached by content by the caller."""

    @abstractmethod
    def measure(self, fake: Tensor, real: Any) -> Mapping[str, Tensor]:
        """fake [S, n, *D] in the original space -> name -> [S] float64. Raises NonFinite."""

    def control(self, data: Data, draw: int = 0) -> Tensor:
        """Real samples [<= n, *D] in the place of fakes: what the metric makes of them is its floor.

        A fixed draw, without replacement, from what training may see; all of it where there are fewer than n. Other
        draws tell how far the floor strays by chance.
        """
        return pick(data.x, self.n, draw)

    def pool(self, data: Data) -> int:
        """How many real samples `control` draws from."""
        return len(data.x)

    def spare(self, data: Data) -> int:
        """How many samples `control` has."""
        return min(self.n, self.pool(data))

    def recipe(self) -> tuple[object, ...]:
        """What `reference` depends on beside the data; metrics with equal recipes share one real side."""
        return (type(self).__qualname__, *sorted(self.options().items()))

    def options(self) -> dict[str, object]:
        return {f.name: getattr(self, f.name) for f in fields(self)}

    def protocol(self, data: Data) -> Mapping[str, object]:
        """What two numbers must share to be comparable, beside the name: n, k, extractor's sha256, resize, …

        An option that was added later (`field(metadata={"added": True})`) is left out while it has its default, so that
        numbers of before are comparable still.
        """
        later = {f.name: f.default for f in fields(self) if f.metadata.get("added")}
        told = {name: v for name, v in self.options().items() if name not in later or v != later[name]}
        return {**told, "n_real": len(data.held_out)}


@dataclass(frozen=True, kw_only=True)
class FeatureMetric(Metric):
    """A metric between sets of features. A caller that has the features calls `compare` and skips their extraction."""

    keeps: ClassVar[bool] = True
    column: ClassVar[str]  # its columns are `<column>_<space>`
    bare: ClassVar[bool] = False  # no suffix in the raw coordinates of the data

    space: str = "data"

    def names(self) -> tuple[str, ...]:
        return (self.named(self.column),)

    def named(self, column: str) -> str:
        return column if self.bare and self.space == "data" else f"{column}_{open_space(self.space).label}"

    def refuses(self, data: Data) -> str | None:
        return open_space(self.space).refuses(data)

    def reference(self, data: Data) -> Any:
        return self.summarise(extract(self.space, data.held_out))

    def summarise(self, real: Tensor) -> Any:
        """Held-out features [M, F] -> whatever `compare` needs of them, as a dict of tensors."""
        return {"features": real}

    @abstractmethod
    def compare(self, fake: Tensor, real: Any) -> Mapping[str, Tensor]:
        """Features of fakes [S, n, F] -> name -> [S] float64. Raises NonFinite."""

    def measure(self, fake: Tensor, real: Any) -> Mapping[str, Tensor]:
        features = extract(self.space, fake.flatten(0, 1))
        return self.compare(features.reshape(*fake.shape[:2], -1), real)

    def protocol(self, data: Data) -> Mapping[str, object]:
        return {**super().protocol(data), "extractor": open_space(self.space).sha256()}


def pick(x: Tensor, n: int, draw: int = 0) -> Tensor:
    """At most n rows of x, the same ones at every call, in no particular order; other draws are other rows."""
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(20_150_101 + draw))
    return x[order[:n].to(x.device)]
