"""How steep the critic is, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from bench.probes._probe_batches import has_critic, map_loss_inputs
from bench.probes.base import Probe
from bench.training.engine import Engine
from bench.training.game import Game
from bench.training.hooks import StepContext
from bench.training.loss_inputs import AdversarialInputs, expand_like, gradient_norm
from bench.training.state import State


@dataclass(frozen=True, kw_only=True)
class Smoothness(Probe):
    """‖∇ₓD(x)‖₂ of each sample, as the critic's loss sees it, in logits per unit of the data.

    slope_real, slope_fake, slope_between: its mean over real samples, fakes, and points drawn uniformly between pairs.
    slope_spread: its standard deviation between; slope_largest: its maximum over all three, a lower bound of the
    critic's Lipschitz constant. On a batch that nobody trains on. Source: Gulrajani et al. 2017, section 4.
    """

    price: ClassVar[float | None] = 0.6

    every: int = 100

    def fits(self, game: Game) -> bool:
        return has_critic(game)

    def measure(self, engine: Engine, state: State) -> dict[str, Tensor]:
        found: dict[str, Tensor] = map_loss_inputs(engine, state, "D", _read)
        return found


def _read(inputs: AdversarialInputs, at: StepContext) -> dict[str, Tensor]:
    a = expand_like(at.rng.fork("between").uniform(len(inputs.real)), inputs.real)
    between = gradient_norm(inputs.critic, a * inputs.real + (1 - a) * inputs.fake)
    real, fake = gradient_norm(inputs.critic, inputs.real), gradient_norm(inputs.critic, inputs.fake)
    return {
        "slope_real": real.mean(),
        "slope_fake": fake.mean(),
        "slope_between": between.mean(),
        "slope_spread": between.std(correction=0),
        "slope_largest": real.amax().maximum(fake.amax()).maximum(between.amax()),
    }
