"""A two-player polynomial game with a Hopf bifurcation: a stable point that opens into a limit cycle."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from bench.models._positions import PlaneGame
from bench.plugins.ranges import Signed
from bench.training.loss_inputs import WeightInputs


@dataclass(frozen=True, kw_only=True)
class Hopf(PlaneGame):
    """Gradient descent of both players at once is ẋ = μx - ωy - x(x² + y²), ẏ = ωx + μy - y(x² + y²).

    loss_x = -μx²/2 + ωxy + x⁴/4 + x²y²/2 and loss_y = -μy²/2 - ωxy + y⁴/4 + x²y²/2, summed over coordinates: each
    coordinate of a sample is a game of its own. For μ < 0 the origin is stable; for μ > 0 both players circle on the
    radius √μ with the period 2π/ω, so `+ simultaneous` never converges and never diverges. With a learning rate the
    cycle moves; bench/theory/hopf.py has it exactly. It is the normal form of the bifurcation (Kuznetsov 2004,
    section 3.4) written as a game; the values of the data are not looked at. A sample is x itself.
    """

    mu: Signed = 0.5
    omega: Signed = 1.0

    def objective(self, player: str, inputs: WeightInputs) -> Tensor:
        x, y = inputs.params["x"], inputs.params["y"]
        own, turn = (x, 1.0) if player == "x" else (y, -1.0)
        both = 0.5 * x.square() * y.square()
        return (-0.5 * self.mu * own.square() + turn * self.omega * x * y + 0.25 * own**4 + both).sum()
