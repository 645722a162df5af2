"""PresGAN, simplified: the generator adds noise of a learned size to its samples, and is rewarded for its entropy."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from math import log
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from bench.plugins.ranges import NonNegative, Positive
from bench.training.game import Game
from bench.training.hooks import Stabilizer, StepContext
from bench.training.loss_inputs import AdversarialInputs
from bench.training.nets import Net


class Noisy(nn.Module):
    """A generator and the logarithm of its noise's standard deviation, one number for every coordinate."""

    def __init__(self, generator: nn.Module, shape: tuple[int, ...], std: float) -> None:
        super().__init__()
        self.generator, self.log_sigma = generator, nn.Parameter(torch.full(shape, log(std)))

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self.generator(*args, **kwargs)


@dataclass(frozen=True)
class PresGAN(Stabilizer):
    """x̃ = G(z) + σ ∘ ε with learned σ, cut to [least, most], and loss_G - weight · Σ_d log σ_d.

    Σ log σ is, up to a constant, the entropy of x̃ given z, which bounds that of x̃ from below; the paper estimates the
    latter's gradient by Hamiltonian Monte Carlo over z. Samples for evaluation are G(z), without noise.
    Source: Dieng et al. 2019 (PresGAN). Defaults are ours, for images in [-1, 1] and normalised points; the authors' code has
    weight .01 and σ from .01 to .3, and gives real samples noise of the same σ, which this does not.
    """

    weight: NonNegative = 5e-4
    start: Positive = 0.05
    least: Positive = 1e-3
    most: Positive = 0.3

    inputs_type: ClassVar[type] = AdversarialInputs

    def __post_init__(self) -> None:
        if not 0 < self.least <= self.start <= self.most:
            raise ValueError("presgan needs 0 < least ≤ start ≤ most")

    def nets(self, nets: dict[str, Net], game: Game) -> dict[str, Net]:
        return nets | {"G": nets["G"].wrap(partial(Noisy, shape=game.shape, std=self.start))}

    def loss_inputs(self, inputs: AdversarialInputs, at: StepContext) -> AdversarialInputs:
        sigma = self._log_sigma(at).clamp(log(self.least), log(self.most)).exp()
        return replace(inputs, fake=inputs.fake + sigma * at.rng.normal(*inputs.fake.shape))

    def loss(self, loss: Tensor, inputs: AdversarialInputs, at: StepContext) -> Tensor:
        if at.player != "G":
            return loss
        return loss - self.weight * self._log_sigma(at).clamp(log(self.least), log(self.most)).sum()

    def _log_sigma(self, at: StepContext) -> Tensor:
        """log σ [*D], before it is cut."""
        return at.game.nets["G"].unravel(at.params["G"])["log_sigma"]
