"""The players' training losses, as training saw them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from bench.probes.base import Probe
from bench.training.engine import Engine
from bench.training.game import Batch, Params
from bench.training.state import State, Tree


@dataclass(frozen=True, kw_only=True)
class Losses(Probe):
    """loss_<player>: the loss of the player's latest move on its training batch, in the units of the loss; costs nothing.

    Where a penalty comes every k steps only (lazy regularization), that would be a loss with a period of k. There it is the
    loss of the mean game, with the penalty as strong as it is on average, on a batch that is not trained on.
    """

    columns: ClassVar[tuple[str, ...] | None] = ("loss_<player>",)
    price: ClassVar[float | None] = 0.0

    every: int = 10

    def measure(self, engine: Engine, state: State) -> dict[str, Tensor]:
        losses = mean_losses(engine, state) if engine.stack.lazy else state.losses
        return {f"loss_{p}": losses[p] for p in engine.game.players}


def mean_losses(engine: Engine, state: State) -> Params:
    """player -> [S], of the mean game."""

    def one(lane: Any, params: Params, memory: Tree, batch: Batch) -> Params:
        def loss(player: str) -> Tensor:
            here = engine.context(state, lane, "probe", taped=False, player=player, memory=memory, batch=Batch(*batch))
            return engine.loss(params, here)[0]

        return {player: loss(player) for player in params}

    with torch.no_grad():
        batch = engine.draw_batch(state, purpose="probe")
        found: Params = engine.map_seeds(one, state.params, state.memory, batch)
    return found
