"""A stabilizer is a set of maps, each from a thing to a thing of the same type: the hooks.

Every hook's default is the identity. Maps compose, so a stack of stabilizers is a stabilizer. All hooks but the
first five are written for one seed and run inside `vmap`: no `if` on a tensor, no `.item()`, noise from `at.rng` only.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Protocol

import torch
from torch import Tensor

from bench.data.base import Data
from bench.training.game import Batch, Game, Params
from bench.training.nets import Net
from bench.training.optimizers import Optimizer
from bench.training.rng import Rng
from bench.training.state import Tree
from bench.training.update_rules import UpdateRule


class LossEngine(Protocol):
    """What a hook may ask of the engine (engine.py)."""

    game: Game
    batch: int  # samples a step

    @property
    def stack(self) -> Stabilizer:
        """All stabilizers of the method."""
        ...

    def loss(self, params: Params, at: StepContext) -> tuple[Tensor, Tree]: ...


@dataclass(frozen=True)
class StepContext:
    """What a hook is called with: one seed, one player, one step."""

    engine: LossEngine
    player: str  # whose loss is computed; "" where the hook concerns all players
    step: Tensor  # 0-d int64, steps completed
    rng: Rng
    memory: Tree  # this stabilizer's own
    batch: Batch = field(default_factory=lambda: Batch(Tensor()))
    params: Params = field(default_factory=dict)  # all players' weights, before any stabilizer altered them
    all_memory: Tree = ()  # the memory of the whole stack
    collected: dict[str, Tree] = field(default_factory=dict)  # in `update_memory`: player -> `collect` of its last loss
    mean: bool = False  # whether the mean game is looked at: what comes every k steps is there, unmultiplied

    @property
    def game(self) -> Game:
        return self.engine.game

    def loss(self, player: str, params: Params) -> Tensor:
        """A player's full loss at other weights, on this step's batch; all stabilizers included (unrolling)."""
        there = replace(self, player=player, memory=self.all_memory, rng=self.rng.fork("peek"))
        return self.engine.loss(params, there)[0]


class Stabilizer:
    """A word after `+`. Subclass it as a frozen dataclass, one file each, named as the file; the fields are its options."""

    inputs_type: ClassVar[type] = object  # the inputs it alters; others pass it by, a game without any is refused
    replaces: ClassVar[frozenset[str]] = frozenset()  # {"rule"}, {"loss:G"}: two such in one method are refused
    works_on: ClassVar[str] = ""  # the player whose loss or weights it alters, where it leaves all others alone
    raw: ClassVar[bool] = False  # whether its `params_in_loss` asks for the weights as they are stored: it comes first
    ranks: ClassVar[bool] = (
        False  # whether its `loss_inputs` judge samples as they are shown: they come after all others'
    )
    packs: ClassVar[bool] = False  # whether the critic sees several samples at once: its `loss_inputs` come last

    def refuses(self, game: Game) -> str | None:
        """Why it does not fit a game (not built yet), in half a sentence; None where it fits."""
        if game.plays(self.inputs_type):
            return None
        played = getattr(game.Inputs, "__name__", str(game.Inputs))
        return (
            f"its hooks alter {self.inputs_type.__name__} and the losses of {type(game).__name__.lower()} see {played}"
        )

    def refuses_data(self, data: Data) -> str | None:
        """Why it does not fit a data set, in half a sentence; None where it fits."""
        return None

    def refuses_batch(self, batch: int) -> str | None:
        """Why it does not fit batches of this size, in half a sentence; None where it fits."""
        return None

    def refuses_beside(self, other: Stabilizer) -> str | None:
        """Why it can't be in one method with another, on whichever side of it, in half a sentence; None where it can."""
        return None

    @property
    def holds(self) -> str:
        """The player that it never lets move; "" where all move."""
        return ""

    @property
    def lazy(self) -> bool:
        """Whether its part of a loss comes every so many steps only, so that losses of two steps are unlike."""
        return False

    def nfe(self, evaluations: int) -> int:
        """Network evaluations per sample, of which the game alone makes so many."""
        return evaluations

    # once, when the cell is built
    def batch(self, batch: int) -> int:
        """How many samples of the data a batch has, of which the suite asks for so many."""
        return batch

    def data(self, data: Data) -> Data:
        """What training draws from (points: normalised); extend `data.undo` so that samples come back to the original space."""
        return data

    def nets(self, nets: dict[str, Net], game: Game) -> dict[str, Net]:
        """The players' networks."""
        return nets

    def rule(self, rule: UpdateRule) -> UpdateRule:
        """Which players update, when, on which gradients."""
        return rule

    def optimizer(self, transform: Optimizer, player: str) -> Optimizer:
        """The optimizer of a player: how a gradient becomes a step."""
        return transform

    def learning_rate(self, step: Tensor, player: str) -> Tensor:
        """What every update of a player in a step is multiplied by; `step`: 0-d int64, steps completed."""
        return torch.ones((), device=step.device)

    def init_memory(self, game: Game, params: Params) -> Tree:
        """The first memory of one seed, a tree of tensors."""
        return ()

    # every step, one seed
    def params_in_loss(self, params: Params, at: StepContext) -> Params:
        """The weights that this player's loss uses."""
        return params

    def loss_inputs(self, inputs: Any, at: StepContext) -> Any:
        """The inputs of the loss."""
        return inputs

    def loss(self, loss: Tensor, inputs: Any, at: StepContext) -> Tensor:
        """The loss of `at.player`, a scalar."""
        return loss

    def collect(self, inputs: Any, at: StepContext) -> Tree:
        """What `update_memory` will need of a loss's inputs: a tree of tensors, through which no gradient flows."""
        return ()

    def project_params(self, params: Params, at: StepContext) -> Params:
        """The weights after every update, put back to where they may lie."""
        return params

    def params_after_step(self, params: Params, at: StepContext) -> Params:
        """The weights at the end of a whole step (all players have been updated)."""
        return params

    def update_memory(self, memory: Tree, params: Params, at: StepContext) -> Tree:
        """The next memory, at the end of a whole step; `params` are those after `params_after_step`."""
        return memory

    def eval_params(self, params: Params, at: StepContext) -> Params:
        """The weights that are evaluated."""
        return params


HOOKS = (
    "data", "nets", "rule", "optimizer", "learning_rate", "init_memory", "params_in_loss", "loss_inputs", "loss",
    "collect", "project_params", "params_after_step", "update_memory", "eval_params",
)  # fmt: skip


def hooks_of(stabilizer: type[Stabilizer]) -> tuple[str, ...]:
    """The hooks that a class alters, in the order in which they are entered."""
    return tuple(hook for hook in HOOKS if getattr(stabilizer, hook) is not getattr(Stabilizer, hook))
