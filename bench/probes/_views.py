"""What probes share: the scene of a player's loss on a batch that nobody trains on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from torch import Tensor

from bench.training.engine import Engine
from bench.training.game import Batch, Game, Params
from bench.training.hooks import Moment
from bench.training.scenes import Duel
from bench.training.state import State

Tree = Any


def duels(game: Game) -> bool:
    """Whether there is a critic to look at."""
    return game.plays(Duel)


def look(engine: Engine, state: State, player: str, see: Callable[[Any, Moment], Tree], n: int | None = None) -> Tree:
    """see(scene, at) of every seed: the scene the player's loss would see, all stabilizers included.

    Leaves are [S, ...]. n: samples in the batch, the training batch's size unless told.
    """

    def one(lane: Any, params: Params, memory: Tree, batch: Batch) -> Tree:
        at = engine.moment(state, lane, "probe", taped=False, player=player, memory=memory, batch=Batch(*batch))
        at = replace(at, params=params, everyone=memory)
        shown = engine.stack.weights(params, at)
        scene = engine.game.scene(player, shown, at.batch, at.rng.fork("game"))
        return see(engine.stack.scene(scene, at), at)

    return engine.each(one, state.params, state.memory, engine.draw(state, purpose="probe", n=n))


def share(where: Tensor) -> Tensor:
    """The share of true values in [B] bool, as a number."""
    return where.double().mean()
