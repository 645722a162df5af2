"""A probe measures training without changing it: it gets a State, returns numbers, and has no way to return a State."""

from __future__ import annotations

from abc import ABC, abstractmethod
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

    price: ClassVar[float | None] = None  # steps of training that a measurement costs, measured by tests/benchmarks

    every: Count = 50  # steps

    def fits(self, game: Game) -> bool:
        """Whether there is anything to measure on this game; where not, the probe is left out."""
        return True

    def predictions(self, engine: Engine) -> dict[str, float]:
        """name -> closed form of what it will measure at the end of training, where one is known for this method."""
        return {}

    @abstractmethod
    def measure(self, engine: Engine, state: State) -> dict[str, Tensor]:
        """name -> value of every seed [S]. NaN where there is none."""
