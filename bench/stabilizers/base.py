"""A stabilizer is a set of maps, each from a thing to a thing of the same type: the rooms.

Every room's default is the identity. Maps compose, so a stack of stabilizers is a stabilizer. All rooms but the
first five are written for one seed and run inside `vmap`: no `if` on a tensor, no `.item()`, noise from `at.rng` only.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import reduce
from typing import TYPE_CHECKING, Any, ClassVar

from torch import Tensor

from bench.data.base import Data
from bench.models.base import Batch, Game, Params
from bench.nets import Net
from bench.optim import Transform
from bench.rng import Rng

if TYPE_CHECKING:
    from bench.engine import Engine
    from bench.rules import Rule

Tree = Any


@dataclass(frozen=True)
class Moment:
    """Where and when a room is entered: one seed, one player, one step."""

    engine: Engine
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


class Stack(Stabilizer):
    """Stabilizers side by side are a stabilizer: rooms compose from left to right, each part has its own memory and noise."""

    def __init__(self, *parts: Stabilizer) -> None:
        self.parts = parts
        self.altered = [rooms(type(part)) for part in parts]
        names = [type(part).__name__ for part in parts]
        self.names = [f"{name}{names[:k].count(name) or ''}" for k, name in enumerate(names)]

    def enters(self, room: str) -> bool:
        """Whether any part alters the room (the engine skips a room that none alters)."""
        return any(
            part.enters(room) if isinstance(part, Stack) else room in altered
            for part, altered in zip(self.parts, self.altered, strict=True)
        )

    def _within(self, k: int, at: Moment, room: str) -> Moment:
        return replace(at, memory=at.memory[k], rng=at.rng.fork(f"{self.names[k]}.{room}"))

    def _fold(self, room: str, value: Any, at: Moment) -> Any:
        for k, part in enumerate(self.parts):
            if room in self.altered[k]:
                value = getattr(part, room)(value, self._within(k, at, room))
        return value

    def data(self, data: Data) -> Data:
        return reduce(lambda d, part: part.data(d), self.parts, data)

    def nets(self, nets: dict[str, Net], game: Game) -> dict[str, Net]:
        return reduce(lambda n, part: part.nets(n, game), self.parts, nets)

    def rule(self, rule: Rule) -> Rule:
        return reduce(lambda r, part: part.rule(r), self.parts, rule)

    def optimizer(self, transform: Transform, player: str) -> Transform:
        return reduce(lambda t, part: part.optimizer(t, player), self.parts, transform)

    def begin(self, game: Game, params: Params) -> Tree:
        return tuple(part.begin(game, params) for part in self.parts)

    def weights(self, params: Params, at: Moment) -> Params:
        return self._fold("weights", params, at)  # type: ignore[no-any-return]

    def scene(self, scene: Any, at: Moment) -> Any:
        for k, part in enumerate(self.parts):
            if "scene" in self.altered[k] and isinstance(scene, part.scene_type):
                scene = part.scene(scene, self._within(k, at, "scene"))
        return scene

    def loss(self, loss: Tensor, scene: Any, at: Moment) -> Tensor:
        for k, part in enumerate(self.parts):
            if "loss" in self.altered[k] and isinstance(scene, part.scene_type):
                loss = part.loss(loss, scene, self._within(k, at, "loss"))
        return loss

    def observe(self, scene: Any, at: Moment) -> Tree:
        return tuple(
            part.observe(scene, self._within(k, at, "observe")) if isinstance(scene, part.scene_type) else ()
            for k, part in enumerate(self.parts)
        )

    def project(self, params: Params, at: Moment) -> Params:
        return self._fold("project", params, at)  # type: ignore[no-any-return]

    def settle(self, params: Params, at: Moment) -> Params:
        return self._fold("settle", params, at)  # type: ignore[no-any-return]

    def remember(self, memory: Tree, params: Params, at: Moment) -> Tree:
        return tuple(
            part.remember(
                memory[k],
                params,
                replace(
                    self._within(k, replace(at, memory=memory), "remember"), seen={p: s[k] for p, s in at.seen.items()}
                ),
            )
            for k, part in enumerate(self.parts)
        )

    def serve(self, params: Params, at: Moment) -> Params:
        return self._fold("serve", params, at)  # type: ignore[no-any-return]

    def refuses_data(self, data: Data) -> str | None:
        return next((why for part in self.parts if (why := part.refuses_data(data))), None)

    def refuses(self, game: Game) -> str | None:
        return next((why for part in self.parts if (why := part.refuses(game))), None)

    def refuses_batch(self, batch: int) -> str | None:
        return next((why for part in self.parts if (why := part.refuses_batch(batch))), None)

    def nfe(self, evaluations: int) -> int:
        return reduce(lambda n, part: part.nfe(n), self.parts, evaluations)
