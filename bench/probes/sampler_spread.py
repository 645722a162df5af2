"""How wide the samples of a diffusion model lie, beside how wide its sampler can make them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from bench.diffusion.base import Diffusion
from bench.plugins.ranges import AtLeastTwo
from bench.probes.base import Probe
from bench.theory.predictions import as_written, sampler_spread
from bench.training.engine import Engine
from bench.training.game import Game
from bench.training.state import State


@dataclass(frozen=True, kw_only=True)
class SamplerSpread(Probe):
    """sampler_spread: the standard deviation of n samples over that of the training data; root mean square of coordinates.

    On data that is one Gaussian each sampling step with a perfect denoiser is linear, so what a sampler of so many steps
    ends on is known: 1 is right, what is missing is the sampler's own error (bench/theory/gaussian.py). Chance adds
    about 1/√(2 n d). Source: Song, Meng & Ermon 2021, eq. 12; Karras et al. 2022, algorithm 1.
    """

    columns: ClassVar[tuple[str, ...] | None] = ("sampler_spread",)
    price: ClassVar[float | None] = 90.0

    every: int = 3000
    n: AtLeastTwo = 4096

    def fits(self, game: Game) -> bool:
        return isinstance(game, Diffusion)

    def predictions(self, engine: Engine) -> dict[str, float]:
        assert isinstance(engine.game, Diffusion), "fits(game) first"
        known = sampler_spread(engine.game) if as_written(engine.stack.parts) else None
        return {} if known is None else {"sampler_spread": known}

    def measure(self, engine: Engine, state: State) -> dict[str, Tensor]:
        samples = engine.sample(state, self.n, purpose="spread").flatten(2)  # [S, n, d]
        data = engine.data.undo(engine.x).flatten(1)
        return {"sampler_spread": (samples.var(1).mean(1) / data.var(0).mean()).sqrt()}
