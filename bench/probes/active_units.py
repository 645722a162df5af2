"""How many latent coordinates an autoencoder uses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from bench.plugins.ranges import AtLeastTwo, NonNegative
from bench.probes._probe_batches import map_loss_inputs
from bench.probes.base import Probe
from bench.training.engine import Engine
from bench.training.game import Game
from bench.training.hooks import StepContext
from bench.training.loss_inputs import VAEInputs
from bench.training.state import State


@dataclass(frozen=True, kw_only=True)
class ActiveUnits(Probe):
    """active_units: the number of latent coordinates with Var_x E[z|x] > `threshold`, over n samples; 0 is collapse.

    active_kl: KL(q(z|x) ‖ N(0, I)), in nats, summed over coordinates. Source: Burda et al. 2016, section 5.2 (.01).
    """

    columns: ClassVar[tuple[str, ...] | None] = ("active_units", "active_kl")
    price: ClassVar[float | None] = 0.6

    every: int = 100
    threshold: NonNegative = 0.01
    n: AtLeastTwo = 1024

    def fits(self, game: Game) -> bool:
        return game.plays(VAEInputs)

    def measure(self, engine: Engine, state: State) -> dict[str, Tensor]:
        found: dict[str, Tensor] = map_loss_inputs(engine, state, engine.game.players[0], self._read, self.n)
        return found

    def _read(self, inputs: VAEInputs, at: StepContext) -> dict[str, Tensor]:
        return {
            "active_units": (inputs.mean.var(0) > self.threshold).sum().double(),
            "active_kl": inputs.kl.sum(1).mean(),
        }
