"""The Dirac-GAN: a generator that is one point against a critic that is one slope."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import ClassVar, Literal

from torch import Tensor

from bench.data.base import Data
from bench.models._positions import LinearCritic, Position
from bench.plugins.ranges import NonNegative
from bench.training import gan_losses
from bench.training.game import Batch, Game, Params
from bench.training.loss_inputs import AdversarialInputs
from bench.training.nets import Net
from bench.training.rng import Rng


@dataclass(frozen=True, kw_only=True)
class Dirac(Game):
    """G is a point mass at θ, D(x) = ψ · x; on the data set `point` (a point mass at 0) it is the game of the paper.

    It is an ordinary adversarial game: every adversarial loss and every stabilizer of a GAN applies to it unchanged, and on `point`
    their vector fields are known in closed form (bench/theory/dirac.py). Elsewhere its equilibrium is the data's mean.
    Source: Mescheder et al. 2018, definition 2.1.
    """

    players: ClassVar[tuple[str, ...]] = ("G", "D")
    Inputs: ClassVar[type] = AdversarialInputs
    normalises: ClassVar[bool] = False  # its closed forms are in the units of the data

    lr: float = 0.1
    optimizer: Literal["adam", "sgd", "rmsprop"] = "sgd"
    loss: str = field(default="non_saturating", metadata={"words": gan_losses.words})
    spread: NonNegative = 1.0  # standard deviation of the starting θ and ψ

    def make_nets(self, data: Data) -> dict[str, Net]:
        return {
            "G": Net(Position, shape=data.shape, spread=self.spread),
            "D": Net(LinearCritic, shape=data.shape, spread=self.spread),
        }

    def loss_inputs(self, player: str, params: Params, batch: Batch, rng: Rng) -> AdversarialInputs:
        critic, generate = self.nets["D"].at(params["D"]), self.nets["G"].at(params["G"])
        z = rng.normal(len(batch.x), 1)  # a point mass needs none; adversarial inputs have it
        return AdversarialInputs(batch.x, generate(z), critic, partial(critic, features=True), z, generate)

    def objective(self, player: str, inputs: AdversarialInputs) -> Tensor:
        pair = gan_losses.pair(self.loss)
        return pair.critic(inputs) if player == "D" else pair.generator(inputs)

    def sample(self, params: Params, n: int, rng: Rng) -> Tensor:
        return self.nets["G"](params["G"], rng.normal(n, 1))  # type: ignore[no-any-return]
