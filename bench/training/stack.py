"""Stabilizers side by side."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from typing import Any

from torch import Tensor

from bench.data.base import Data
from bench.training.game import Game, Params
from bench.training.hooks import Moment, Stabilizer, rooms
from bench.training.nets import Net
from bench.training.optimizers import Transform
from bench.training.rules import Rule
from bench.training.state import Tree


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
