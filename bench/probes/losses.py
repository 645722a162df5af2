"""The players' training losses, as training saw them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from bench.probes.base import Probe
from bench.training.engine import Engine
from bench.training.state import State


@dataclass(frozen=True, kw_only=True)
class Losses(Probe):
    """loss_<player>: the loss of the player's latest move on its training batch, in the units of the loss; costs nothing."""

    columns: ClassVar[tuple[str, ...] | None] = ("loss_<player>",)
    price: ClassVar[float | None] = 0.0

    every: int = 10

    def measure(self, engine: Engine, state: State) -> dict[str, Tensor]:
        return {f"loss_{p}": state.losses[p] for p in engine.game.players}
