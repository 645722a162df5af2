"""A two-player polynomial game with a Hopf bifurcation: a stable point that opens into a limit cycle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from torch import Tensor

from bench.data.base import Data
from bench.models._positions import positions
from bench.training.game import Batch, Game, Params
from bench.training.loss_inputs import WeightInputs
from bench.training.nets import Net
from bench.training.rng import Rng


@dataclass(frozen=True, kw_only=True)
class Hopf(Game):
    """Gradient descent of both players at once is ẋ = μx - ωy - x(x² + y²), ẏ = ωx + μy - y(x² + y²).

    loss_x = -μx²/2 + ωxy + x⁴/4 + x²y²/2 and loss_y = -μy²/2 - ωxy + y⁴/4 + x²y²/2, summed over coordinates: each
    coordinate of a sample is a game of its own. For μ < 0 the origin is stable; for μ > 0 both players circle on the
    radius √μ with the period 2π/ω, so `+ simultaneous` never converges and never diverges. With a learning rate the
    cycle moves; bench/theory/hopf.py has it exactly. It is the normal form of the bifurcation (Kuznetsov 2004,
    section 3.4) written as a game; the values of the data are not looked at. A sample is x itself.
    """

    players: ClassVar[tuple[str, ...]] = ("x", "y")
    Inputs: ClassVar[type] = WeightInputs

    lr: float = 0.1
    optimizer: Literal["adam", "sgd", "rmsprop"] = "sgd"
    mu: float = 0.5
    omega: float = 1.0
    spread: float = 1.0  # standard deviation of the starting points

    def make_nets(self, data: Data) -> dict[str, Net]:
        return positions(self.players, data, self.spread)

    def loss_inputs(self, player: str, params: Params, batch: Batch, rng: Rng) -> WeightInputs:
        return WeightInputs(params)

    def objective(self, player: str, inputs: WeightInputs) -> Tensor:
        x, y = inputs.params["x"], inputs.params["y"]
        own, turn = (x, 1.0) if player == "x" else (y, -1.0)
        both = 0.5 * x.square() * y.square()
        return (-0.5 * self.mu * own.square() + turn * self.omega * x * y + 0.25 * own**4 + both).sum()

    def sample(self, params: Params, n: int, rng: Rng) -> Tensor:
        return params["x"].reshape(1, *self.shape).expand(n, *self.shape)
