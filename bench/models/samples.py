"""Samples that were made elsewhere and lie on disk, in a row of the suite's table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from torch import Tensor

from bench.data._pictures import shown
from bench.data._samples import SeedSamples, seeds_at
from bench.data.base import Data
from bench.hashing.content import digest
from bench.training.pretrained import Pretrained


@dataclass(frozen=True, kw_only=True)
class Samples(Pretrained):
    """Samples from files, a seed each: `samples(path=their_model)`, of .npz or .npy arrays or of folders of pictures.

    `path`, from the suite's folder, is a folder with a file or a folder of pictures for every seed, or a pattern
    (`runs/*/samples.npz`); they are seed 0, 1, … in the natural order of their names. One file of [S, n, *D] is S seeds. An
    .npz holds `samples` or, as published ones have done since 2021, `arr_0`: floats [n, *D] in the units of the data, or
    pictures [n, H, W, C] of uint8. The first n of a seed are judged. Files that are replaced are another method.
    """

    path: str

    @cached_property
    def seeds(self) -> tuple[SeedSamples, ...]:
        assert self.data is not None, "build(data) first"
        return seeds_at(self.folder / Path(self.path).expanduser(), self.data)

    def refuses(self, data: Data, seeds: Sequence[int], n: int) -> str | None:
        held = self.seeds
        if (last := max(seeds, default=0)) >= len(held):
            there = "seed 0" if len(held) == 1 else f"seeds 0 to {len(held) - 1}"
            where = shown(self.folder / self.path)
            return f"{where}: seed {last} is asked for, and samples of {there} are there: add files, or ask for fewer"
        return next(
            (why for one in (map(held.__getitem__, seeds) if seeds else held) if (why := one.misfit(data, n))), None
        )

    def content(self, data: Data) -> str:
        return digest([seed.content for seed in self.seeds])[:32]

    def sample(self, n: int, seed: int) -> Tensor:
        assert self.data is not None, "build(data) first"
        return self.seeds[seed].read(self.data)[:n]
