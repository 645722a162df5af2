"""How far a denoiser's score is from the true one, where the data's law is known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import torch
from torch import Tensor

from bench.diffusion.base import Diffusion
from bench.diffusion.paths import Level
from bench.plugins.ranges import Repeats
from bench.probes.base import Probe
from bench.training.engine import Engine
from bench.training.game import Batch, Game, Params
from bench.training.state import State

Tree = Any


@dataclass(frozen=True, kw_only=True)
class ScoreError(Probe):
    """score_error_1 … score_error_<levels>: E‖s(x_t) - ∇log p_t(x_t)‖² at evenly spaced t, least noise first.

    s = -ε̂/σ follows from the network's guess, by the evaluation weights; x_t = αx0 + σε on a batch that is not
    trained on; p_t is the law of x_t in closed form. Units: 1/(what is trained on)²; points are
    normalised, so 1/variance of the data.
    score_error: the mean over levels of σ²E‖·‖²/d, without units: the squared error of ε̂ beyond what noise explains.
    Source: Song et al. 2021, eq. 7.
    """

    columns: ClassVar[tuple[str, ...] | None] = ("score_error", "score_error_<levels>")
    price: ClassVar[float | None] = 1.8

    every: int = 500
    levels: Repeats = 4

    def fits(self, game: Game) -> bool:
        return isinstance(game, Diffusion) and game.data is not None and game.data.law is not None

    def measure(self, engine: Engine, state: State) -> dict[str, Tensor]:
        game = engine.game
        assert isinstance(game, Diffusion), "fits(game) first"
        steps = grid(game, self.levels)

        def one(lane: Any, params: Params, memory: Tree, batch: Batch) -> tuple[Tensor, Tensor]:
            x = Batch(*batch).x
            at = engine.context(state, lane, "probe", taped=False, memory=memory, params=params)
            served = engine.stack.params_in_loss(engine.stack.eval_params(params, at), replace(at, all_memory=memory))
            noise = at.rng.normal(*x.shape)
            shown = [level.alpha * x + level.sigma * noise for level in steps]
            scores = [score(game, served, x_t, level) for x_t, level in zip(shown, steps, strict=True)]
            return torch.stack(shown), torch.stack(scores)

        with torch.no_grad():
            shown, scores = engine.map_seeds(one, state.params, state.memory, engine.draw_batch(state, purpose="probe"))
        errors = [squared(game, level, shown[:, k], scores[:, k]) for k, level in enumerate(steps)]
        found = {f"score_error_{k}": error for k, error in enumerate(errors, 1)}
        scaled = [level.sigma**2 * error for level, error in zip(steps, errors, strict=True)]
        return found | {"score_error": torch.stack(scaled).mean(0) / torch.Size(game.shape).numel()}


def grid(game: Diffusion, count: int) -> list[Level]:
    """Evenly spaced levels strictly inside the path, least noise first."""
    t = (torch.arange(count, dtype=torch.float64) + 0.5) / count
    alpha, sigma = game.path.levels(t)
    levels = [Level(*numbers) for numbers in zip(t.tolist(), alpha.tolist(), sigma.tolist(), strict=True)]
    return sorted(levels, key=lambda level: level.sigma / level.alpha)


def score(game: Diffusion, params: Params, x_t: Tensor, level: Level) -> Tensor:
    """-ε̂/σ of x_t [B, *D] at a level, without labels, guidance, or a sampler's clipping."""
    t = torch.full((len(x_t),), level.t, dtype=x_t.dtype, device=x_t.device)
    _, noise = game.path.split(game.unlabelled(params)(x_t, t), x_t, level)
    return -noise / level.sigma


def squared(game: Diffusion, level: Level, x_t: Tensor, score: Tensor) -> Tensor:
    """E‖score - ∇log p_t(x_t)‖² [S] in double precision; x_t, score [S, B, *D]."""
    assert game.data is not None, "fits(game) first"
    assert game.data.law is not None, "fits(game) first"
    x_t, score = x_t.double(), score.double()
    true = game.data.law.score(x_t / level.alpha, level.sigma / level.alpha) / level.alpha
    return (score - true).square().flatten(2).sum(2).mean(1)
