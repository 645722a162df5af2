"""A stabilizer is a set of maps, each from a thing to a thing of the same type: the rooms.

Every room's default is the identity. Maps compose, so a stack of stabilizers is a stabilizer. All rooms but the
first five are written for one seed and run inside `vmap`: no `if` on a tensor, no `.item()`, noise from `at.rng` only.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Protocol

from torch import Tensor

from bench.data.base import Data
from bench.training.game import Batch, Game, Params
from bench.training.nets import Net
from bench.training.optimizers import Transform
from bench.training.rng import Rng
from bench.training.rules import Rule
from bench.training.state import Tree


class LossEngine(Protocol):
    """What a hook may ask of the engine (engine.py)."""

    game: Game
    batch: int  # samples a step

    @property
    def stack(self) -> Stabilizer:
        """All stabilizers of the method."""
        ...

    def loss(self, params: Params, at: Moment) -> tuple[Tensor, Tree]: ...


@dataclass(frozen=True)
class Moment:
    """Where and when a room is entered: one seed, one player, one step."""

    engine: LossEngine
    player: str  # whose loss is computed; "" where the room concerns all players
    step: Tensor  # 0-d int64, steps completed
    rng: Rng
    memory: Tree  # this stabilizer's own
    batch: Batch = field(default_factory=lambda: Batch(Tensor()))
    params: Params = field(default_factory=dict)  # everyone's weights, before any stabilizer altered them
    everyone: Tree = ()  # the memory of the whole stack
    seen: dict[str, Tree] = field(default_factory=dict)  # in `remember`: player -> what `observe` saw in its last loss

    @property
    def game(self) -> Game:
        return self.engine.game

    def loss(self, player: str, params: Params) -> Tensor:
        """A player's full loss at other weights, on this step's batch; all stabilizers included (unrolling)."""
        there = replace(self, player=player, memory=self.everyone, rng=self.rng.fork("peek"))
        return self.engine.loss(params, there)[0]


class Stabilizer:
    """A word after `+`. Subclass it as a frozen dataclass, one file each, named as the file; the fields are its options."""

    scene_type: ClassVar[type] = object  # the scenes it alters; others pass it by, a game without any is refused
    replaces: ClassVar[frozenset[str]] = frozenset()  # {"rule"}, {"loss:G"}: two such in one method are refused

    def refuses(self, game: Game) -> str | None:
        """Why it does not fit a game (not built yet), in half a sentence; None where it fits."""
        if game.plays(self.scene_type):
            return None
        played = getattr(game.Scene, "__name__", str(game.Scene))
        return f"it alters a {self.scene_type.__name__} and {type(game).__name__.lower()} plays a {played}"

    def refuses_data(self, data: Data) -> str | None:
        """Why it does not fit a data set, in half a sentence; None where it fits."""
        return None

    def refuses_batch(self, batch: int) -> str | None:
        """Why it does not fit batches of this size, in half a sentence; None where it fits."""
        return None

    def nfe(self, evaluations: int) -> int:
        """Network evaluations per sample, of which the game alone makes so many."""
        return evaluations

    # once, when the cell is built
    def data(self, data: Data) -> Data:
        """What training draws from; extend `data.undo` so that samples come back to the original space."""
        return data

    def nets(self, nets: dict[str, Net], game: Game) -> dict[str, Net]:
        """The players' networks."""
        return nets

    def rule(self, rule: Rule) -> Rule:
        """Who moves, when, on whose gradients."""
        return rule

    def optimizer(self, transform: Transform, player: str) -> Transform:
        """How a gradient becomes a step."""
        return transform

    def begin(self, game: Game, params: Params) -> Tree:
        """The first memory of one seed, a tree of tensors."""
        return ()

    # every step, one seed
    def weights(self, params: Params, at: Moment) -> Params:
        """What this player's loss sees."""
        return params

    def scene(self, scene: Any, at: Moment) -> Any:
        """What is shown."""
        return scene

    def loss(self, loss: Tensor, scene: Any, at: Moment) -> Tensor:
        """What is wanted, a scalar."""
        return loss

    def observe(self, scene: Any, at: Moment) -> Tree:
        """What `remember` will need of a scene, without a second look at it: a tree of tensors (no gradient flows)."""
        return ()

    def project(self, params: Params, at: Moment) -> Params:
        """Where weights may be, after every move."""
        return params

    def settle(self, params: Params, at: Moment) -> Params:
        """Where weights are put at the end of a whole step (all players have moved)."""
        return params

    def remember(self, memory: Tree, params: Params, at: Moment) -> Tree:
        """The next memory, at the end of a whole step; `params` are the settled ones."""
        return memory

    def serve(self, params: Params, at: Moment) -> Params:
        """Which weights are judged."""
        return params


ROOMS = (
    "data", "nets", "rule", "optimizer", "begin", "weights", "scene", "loss",
    "observe", "project", "settle", "remember", "serve",
)  # fmt: skip


def rooms(stabilizer: type[Stabilizer]) -> tuple[str, ...]:
    """The rooms that a class alters, in the order in which they are entered."""
    return tuple(room for room in ROOMS if getattr(stabilizer, room) is not getattr(Stabilizer, room))
