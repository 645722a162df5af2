"""The health of the players' gradients."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor
from torch.func import grad

from bench.plugins.ranges import NonNegative
from bench.probes._probe_batches import has_critic, map_loss_inputs
from bench.probes.base import Probe
from bench.training.engine import Engine
from bench.training.game import Game, Params
from bench.training.hooks import StepContext
from bench.training.loss_inputs import AdversarialInputs
from bench.training.state import State


@dataclass(frozen=True, kw_only=True)
class Gradients(Probe):
    """Norms, balance and direction of the players' gradients, on a batch that is not trained on.

    grad_norm_<p>: ‖∂loss_p/∂θ_p‖₂, before any clipping.
    grad_ratio: the first player's norm over the last player's (games of several players).
    grad_cosine_<p>: cosine between the gradients of one batch before and after the next training step, which is taken
        for this question only; near 1 the step was small for the landscape, below 0 it overshot.
    grad_vanished: the share of generated samples x̃_i with ‖∂loss_G/∂x̃_i‖₂ < `vanishing` · g₀, where g₀ is the mean of these
        norms over a batch at the seed's initial weights: neither the loss's scale nor the data's plays a part. Initial weights
        are a function of the seed and are made anew, so nothing is carried. NaN where g₀ is 0 (games with a critic).
        Source: Arjovsky & Bottou 2017, section 2.2; the scale is ours.
    """

    columns: ClassVar[tuple[str, ...] | None] = (
        "grad_norm_<player>",
        "grad_cosine_<player>",
        "grad_ratio",
        "grad_vanished",
    )
    price: ClassVar[float | None] = 3.2

    every: int = 100
    vanishing: NonNegative = 1e-3

    def names(self, game: Game) -> tuple[str, ...]:
        without = {"grad_ratio": len(game.players) < 2, "grad_vanished": not has_critic(game)}
        return tuple(name for name in super().names(game) or () if not without.get(name))

    def measure(self, engine: Engine, state: State) -> dict[str, Tensor]:
        players = engine.game.players
        batch = engine.draw_batch(state, purpose="probe")

        def field(params: Params) -> Params:
            return engine.game_gradient(state, batch, players, name="probe", at=params, taped=False).grads

        here, next_ = field(state.params), field(engine.looking().step(state).params)
        norms = {p: torch.linalg.vector_norm(here[p], dim=1) for p in players}
        found = {f"grad_norm_{p}": norms[p] for p in players}
        found |= {f"grad_cosine_{p}": cosine(here[p], next_[p]) for p in players}
        if len(players) > 1:
            found["grad_ratio"] = norms[players[0]] / norms[players[-1]]
        if has_critic(engine.game):
            begun = self._pulls(engine, engine.init_state()).mean(1, keepdim=True)  # [S, 1]
            starved = (self._pulls(engine, state) < self.vanishing * begun).double().mean(1)
            found["grad_vanished"] = torch.where(begun[:, 0] > 0, starved, torch.nan)
        return found

    def _pulls(self, engine: Engine, state: State) -> Tensor:
        """‖∂loss_G/∂x̃_i‖₂ of every sample of a batch [S, B]."""
        norms: Tensor = map_loss_inputs(engine, state, "G", _pull)
        return norms


def _pull(inputs: AdversarialInputs, at: StepContext) -> Tensor:
    def loss(fake: Tensor) -> Tensor:
        moved = replace(inputs, fake=fake)
        return at.engine.stack.loss(at.game.objective("G", moved), moved, at)

    norms: Tensor = torch.linalg.vector_norm(grad(loss)(inputs.fake).flatten(1), dim=1)
    return norms


def cosine(a: Tensor, b: Tensor) -> Tensor:
    """Of the rows of a, b [S, P]: [S]; not-a-number where one is zero."""
    norms = torch.linalg.vector_norm(a, dim=1) * torch.linalg.vector_norm(b, dim=1)
    found: Tensor = (a * b).sum(1) / norms
    return found
