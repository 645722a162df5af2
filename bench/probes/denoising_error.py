"""How far a denoiser is from its target at fixed noise levels, beside the least that noise allows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import torch
from torch import Tensor

from bench.diffusion.base import Diffusion
from bench.plugins.ranges import Repeats, Samples
from bench.probes.base import Probe
from bench.probes.score_error import grid
from bench.theory.predictions import as_written, error_floor
from bench.training.engine import Engine
from bench.training.game import Batch, Game, Params
from bench.training.state import State

Tree = Any


@dataclass(frozen=True, kw_only=True)
class DenoisingError(Probe):
    """denoising_error_1 … denoising_error_<levels>: E‖guess(x_t) - target‖²/d, unweighted, at evenly spaced t, least noise first.

    By the evaluation weights, on n samples that are not trained on. On data that is one Gaussian the least possible
    error is known (bench/theory/gaussian.py). Source: Karras et al. 2022, figure 5a (loss against noise level).
    """

    columns: ClassVar[tuple[str, ...] | None] = ("denoising_error_<levels>",)
    price: ClassVar[float | None] = 12.0

    every: int = 500
    levels: Repeats = 4
    n: Samples = 4096

    def fits(self, game: Game) -> bool:
        return isinstance(game, Diffusion)

    def predictions(self, engine: Engine) -> dict[str, float]:
        assert isinstance(engine.game, Diffusion), "fits(game) first"
        if not as_written(engine.stack.parts):
            return {}
        floors = [error_floor(engine.game, level) for level in grid(engine.game, self.levels)]
        return {f"denoising_error_{k}": floor for k, floor in enumerate(floors, 1) if floor is not None}

    def measure(self, engine: Engine, state: State) -> dict[str, Tensor]:
        game = engine.game
        assert isinstance(game, Diffusion), "fits(game) first"
        levels = grid(game, self.levels)

        def one(lane: Any, params: Params, memory: Tree, batch: Batch) -> Tensor:
            x = Batch(*batch).x
            at = engine.context(state, lane, "probe", taped=False, memory=memory, params=params)
            served = engine.stack.params_in_loss(engine.stack.eval_params(params, at), replace(at, all_memory=memory))
            network, noise, errors = game.unlabelled(served), at.rng.normal(*x.shape), []
            for level in levels:
                t = torch.full((len(x),), level.t, dtype=x.dtype, device=x.device)
                guess = network(game.path.mix(x, noise, t), t)
                errors.append((guess - game.path.target(x, noise, t)).square().mean())
            return torch.stack(errors)

        with torch.no_grad():
            found = engine.map_seeds(
                one, state.params, state.memory, engine.draw_batch(state, purpose="probe", n=self.n)
            )
        return {f"denoising_error_{k}": found[:, k - 1] for k in range(1, self.levels + 1)}
