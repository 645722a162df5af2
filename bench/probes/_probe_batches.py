"""What probes share: the inputs of a player's loss on a batch that is not trained on."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from torch import Tensor

from bench.probes.base import Probe
from bench.training.engine import Engine
from bench.training.game import Batch, Game, Params
from bench.training.hooks import StepContext
from bench.training.loss_inputs import AdversarialInputs
from bench.training.state import State

Tree = Any


def has_critic(game: Game) -> bool:
    """Whether there is a critic to look at."""
    return game.plays(AdversarialInputs)


@dataclass(frozen=True, kw_only=True)
class LossInputsProbe(Probe):
    """One that reads the inputs of a player's loss, on a batch that is not trained on; not for games without such inputs."""

    inputs_type: ClassVar[type]
    player: ClassVar[str]

    def fits(self, game: Game) -> bool:
        return game.plays(self.inputs_type)

    def measure(self, engine: Engine, state: State) -> dict[str, Tensor]:
        found: dict[str, Tensor] = map_loss_inputs(engine, state, self.player, self.read)
        return found

    @abstractmethod
    def read(self, inputs: Any, at: StepContext) -> dict[str, Tensor]:
        """name -> value, of one seed."""


def map_loss_inputs(
    engine: Engine, state: State, player: str, see: Callable[[Any, StepContext], Tree], n: int | None = None
) -> Tree:
    """see(inputs, at) of every seed: the inputs the player's loss would see, all stabilizers included.

    Leaves are [S, ...]. n: samples in the batch, the training batch's size unless told.
    """

    def one(lane: Any, params: Params, memory: Tree, batch: Batch) -> Tree:
        at = engine.context(state, lane, "probe", taped=False, player=player, memory=memory, batch=Batch(*batch))
        at = replace(at, params=params, all_memory=memory)
        shown = engine.stack.params_in_loss(params, at)
        inputs = engine.game.loss_inputs(player, shown, at.batch, at.rng.fork("game"))
        return see(engine.stack.loss_inputs(inputs, at), at)

    return engine.map_seeds(one, state.params, state.memory, engine.draw_batch(state, purpose="probe", n=n))


def share(where: Tensor) -> Tensor:
    """The share of true values in [B] bool, as a number."""
    return where.double().mean()
