"""A model that was trained elsewhere: nothing is known of it but its samples."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from torch import Tensor

from bench.data.base import Data


@dataclass(frozen=True, kw_only=True)
class Pretrained(ABC):
    """A word under `methods:` that is sampled and judged, and not trained; its fields are the suite's options.

    Subclass it beside a suite, as you would `Game`, for whatever has samples: a pipeline of diffusers, a checkpoint of your
    own, a simulator. Its cells have outcomes and scores as all others have; steps, losses and costs are absent. Stabilizers
    and probes, which look at training, don't fit it.
    """

    folder: Path = field(default=Path(), repr=False, metadata={"hidden": True})  # the suite's
    data: Data | None = field(default=None, repr=False, metadata={"hidden": True})

    @abstractmethod
    def sample(self, n: int, seed: int) -> Tensor:
        """n samples [n, *D] of one seed, in the original space of the data (images in [-1, 1]).

        The same n and seed give the same samples; it is asked once, for as many as the metrics of a suite need. Where the
        first n of more samples are those n, metrics that are added later look at the same. Seeds should be trainings of
        their own, or their scatter says how far one training's samples scatter and no more. Samples that are not finite
        make the seed a diverged one.
        """

    def build(self, data: Data) -> Self:
        """The same, with the `data` that it is asked to have samples of."""
        return replace(self, data=data)

    def beside(self, folder: Path) -> Self:
        """The same in a suite that lies in `folder`, from which paths in its options are meant."""
        return replace(self, folder=folder)

    def refuses(self, data: Data, seeds: Sequence[int], n: int) -> str | None:
        """Why it does not have n samples of each of these seeds (of its own, where none are named) on a data set, in a
        line; None where it has."""
        return None

    def content(self, data: Data) -> str:
        """A hash of the files that its samples follow from, part of what identifies a cell; '' where its options say it all.

        Whoever loads weights hashes them here: other weights are another method.
        """
        return ""

    def sampled(self, n: int, seed: int, data: Data) -> Tensor:
        """`sample`, held to what it promises: [n, *D] float32 on the CPU. Raises ValueError."""
        found = self.sample(n, seed)
        if not isinstance(found, Tensor) or tuple(found.shape) != (n, *data.shape) or not found.is_floating_point():
            kind = f"{list(found.shape)} of {found.dtype}" if isinstance(found, Tensor) else type(found).__name__
            raise ValueError(f"sample({n}, {seed}) gave {kind}: give a tensor {[n, *data.shape]} of reals")
        return found.detach().cpu().float()
