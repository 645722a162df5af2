"""A probe measures training without changing it: it gets a State, returns numbers, and has no way to return a State."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from bench.plugins.ranges import Count
from bench.training.engine import Engine
from bench.training.game import Game
from bench.training.state import State


@dataclass(frozen=True, kw_only=True)
class Probe(ABC):
    """A word under `probes:`; its fields are the suite's options. Subclass it, one file each, named as the file.

    Noise comes from `engine.context(..., taped=False)` and `engine.draw_batch(..., purpose="probe")`, never from training's own.
    """

    # what it measures: <player> stands for each player of the game, the name of an option for its values, or 1 … n
    columns: ClassVar[tuple[str, ...] | None] = None  # None: not said
    price: ClassVar[float | None] = None  # steps of training that a measurement costs, measured by tests/benchmarks

    every: Count = 50  # steps

    def fits(self, game: Game) -> bool:
        """Whether there is anything to measure on this game; where not, the probe is left out."""
        return True

    def names(self, game: Game) -> tuple[str, ...] | None:
        """What it measures on a game that it fits, by `columns`; None where that isn't said."""
        if self.columns is None:
            return None
        return tuple(name for column in self.columns for name in self._spelled(column, game))

    def _spelled(self, column: str, game: Game) -> Sequence[str]:
        stem, _, rest = column.partition("<")
        if not rest:
            return (column,)
        if (what := rest.removesuffix(">")) == "player":
            return [f"{stem}{player}" for player in game.players]
        option = getattr(self, what)
        return [f"{stem}{value:g}" for value in (range(1, option + 1) if isinstance(option, int) else option)]

    def predictions(self, engine: Engine) -> dict[str, float]:
        """name -> closed form of what it will measure at the end of training, where one is known for this method."""
        return {}

    @abstractmethod
    def measure(self, engine: Engine, state: State) -> dict[str, Tensor]:
        """name -> value of every seed [S]. NaN where there is none."""
