"""A GAN's draft, refined by a diffusion model: noised to an intermediate level and denoised again."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from types import UnionType
from typing import Any, ClassVar

from torch import Tensor

from bench.data.base import Data
from bench.diffusion.base import Diffusion
from bench.models.edm import EDM
from bench.models.gan import GAN
from bench.plugins.ranges import SomeShare
from bench.training.game import Batch, Game, Params
from bench.training.loss_inputs import AdversarialInputs, DenoisingInputs
from bench.training.nets import Net
from bench.training.optimizers import Optimizer
from bench.training.rng import Rng


@dataclass(frozen=True, kw_only=True)
class RefinedGAN(GAN):
    """G and D play a GAN, `net` is a diffusion model of its own; samples are G(z), noised and walked down the last steps.

    `start` is the share of the refiner's sampling steps that is walked: 1 forgets the draft. `refiner` is any diffusion
    or flow model with its options, its own optimizer among them: `refined_gan(refiner=edm(lr=2e-3), start=0.4)`.
    The two learn side by side and meet in sampling only. Stabilizers of a GAN alter the GAN, those of denoising the
    refiner. Source: Meng et al. 2022 (SDEdit), algorithm 1, with a generator's draft in place of a guide.
    """

    players: ClassVar[tuple[str, ...]] = ("G", "D", "net")
    Inputs: ClassVar[type | UnionType] = AdversarialInputs | DenoisingInputs

    refiner: Game = field(default_factory=EDM)
    start: SomeShare = 0.5

    def __post_init__(self) -> None:
        if not isinstance(self.refiner, Diffusion):
            raise ValueError(
                f"refiner={type(self.refiner).__name__.lower()} does not denoise: choose edm, ddpm or flow"
            )
        if self.refiner.conditional:
            raise ValueError("the refiner of refined_gan is told no labels: leave its conditional=True out")
        if not 0 < self.start <= 1 or not self.walked:
            raise ValueError(f"start={self.start:g} walks none of the refiner's {self.refiner.sample_steps} steps")

    @property
    def walked(self) -> int:
        """How many of the refiner's steps are walked."""
        return round(self.start * self._unbuilt.sample_steps)

    @property
    def _unbuilt(self) -> Diffusion:
        assert isinstance(self.refiner, Diffusion), "__post_init__ first"
        return self.refiner

    @cached_property
    def denoiser(self) -> Diffusion:
        """The refiner with the network that this game trains."""
        return replace(self._unbuilt, nets=self.nets, data=self.data)

    @property
    def nfe(self) -> int:
        return 1 + self.denoiser.walker.nfe(self.walked)

    @property
    def drafts(self) -> int:
        return 1

    def make_nets(self, data: Data) -> dict[str, Net]:
        return super().make_nets(data) | self._unbuilt.make_nets(data)

    def make_optimizer(self, player: str) -> Optimizer:
        return self.denoiser.make_optimizer(player) if player == "net" else super().make_optimizer(player)

    def loss_inputs(self, player: str, params: Params, batch: Batch, rng: Rng) -> Any:
        if player == "net":
            return self.denoiser.loss_inputs(player, params, batch, rng)
        return super().loss_inputs(player, params, batch, rng)

    def objective(self, player: str, inputs: Any) -> Tensor:
        return self.denoiser.objective(player, inputs) if player == "net" else super().objective(player, inputs)

    def sample(self, params: Params, n: int, rng: Rng) -> Tensor:
        return self.denoiser.refine(params, super().sample(params, n, rng), self.start, rng)
