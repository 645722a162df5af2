"""What every diffusion and flow model shares: one denoiser, one kind of inputs, one loss, one sampling loop."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from bench.architectures.base import Architecture, architecture
from bench.data.base import Data
from bench.diffusion.labels import Network, dropped, guided
from bench.diffusion.paths import GaussianPath, Level
from bench.diffusion.samplers import Look, Sampler, Step
from bench.plugins.ranges import NonNegative, Repeats, Share, Whole
from bench.training.game import Batch, Game, Params
from bench.training.loss_inputs import DenoisingInputs
from bench.training.nets import Net
from bench.training.rng import Rng


@dataclass(frozen=True, kw_only=True)
class Diffusion(Game):
    """A one-player game: a network guesses a target from a noised sample.

    `conditional` shows it the labels, dropped with probability `drop`; sampling then draws labels uniformly.
    `guidance` is w of classifier-free guidance, 0 for none.
    """

    players: ClassVar[tuple[str, ...]] = ("net",)
    Inputs: ClassVar[type] = DenoisingInputs

    arch: str | Architecture = "auto"
    width: Whole = 0
    depth: Whole = 0
    sample_steps: Repeats = 50
    conditional: bool = False
    guidance: NonNegative = 0.0
    drop: Share = 0.1

    def __post_init__(self) -> None:
        if self.guidance and not self.conditional:
            raise ValueError("guidance needs labels to guide by: set conditional=True")
        if self.sample_steps < 1:
            raise ValueError(f"sample_steps={self.sample_steps}: at least one step leads from noise to data")
        self.check()

    def check(self) -> None:
        """Raise ValueError, with the remedy, where a model's own options contradict each other."""

    @property
    @abstractmethod
    def path(self) -> GaussianPath:
        """From data to noise."""

    @property
    @abstractmethod
    def walker(self) -> Sampler:
        """The sampler."""

    @property
    @abstractmethod
    def prior(self) -> float:
        """The standard deviation of the noise that sampling starts from."""

    @abstractmethod
    def steps(self) -> Sequence[Step]:
        """The sampler's steps, from pure noise to σ = 0."""

    @abstractmethod
    def times(self, n: int, rng: Rng) -> Tensor:
        """The noise levels t [n] of a training batch."""

    @abstractmethod
    def weight(self, t: Tensor) -> Tensor:
        """The weight of the target's squared error at t [B]: [B]."""

    @property
    def bounds(self) -> tuple[float, float] | None:
        """Where guesses of the clean sample are kept while sampling; None leaves them alone."""
        return None

    def network(self, params: Params) -> Network:
        """(x_t [B, *D], t [B], labels [B] or None) -> guess of the target [B, *D]."""
        return self.nets["net"].at(params["net"])

    def unlabelled(self, params: Params) -> Callable[[Tensor, Tensor], Tensor]:
        """The network without a label (x_t [B, *D], t [B]) -> [B, *D]: with the null label, where it is shown labels."""
        network = self.network(params)
        if not self.conditional:
            return lambda x, t: network(x, t, None)
        return lambda x, t: network(x, t, torch.full_like(t, self.classes, dtype=torch.int64))

    def make_nets(self, data: Data) -> dict[str, Net]:
        chosen = architecture(self.arch, data.shape, "unet", self.width, self.depth)
        return {"net": Net(chosen.denoiser, shape=data.shape, classes=self.told(data, self.conditional))}

    def loss_inputs(self, player: str, params: Params, batch: Batch, rng: Rng) -> DenoisingInputs:
        n = len(batch.x)
        t, noise = self.times(n, rng), rng.normal(*batch.x.shape)
        y = dropped(batch.y, self.drop, self.classes, rng) if isinstance(batch.y, Tensor) and self.conditional else None
        return DenoisingInputs(
            x0=batch.x,
            noise=noise,
            t=t,
            path=self.path,
            network=guided(self.network(params), y, self.classes, 0.0),
            weight=self.weight,
        )

    def objective(self, player: str, inputs: DenoisingInputs) -> Tensor:
        return (inputs.weight(inputs.t) * inputs.error).mean()

    def look(self, params: Params, y: Tensor | None = None) -> Look:
        """The denoiser that a sampler calls: x_t [n, *D] at a level -> the clean sample and the noise in it."""
        network, path = guided(self.network(params), y, self.classes, self.guidance), self.path
        bounds = self.bounds

        def look(x: Tensor, level: Level) -> tuple[Tensor, Tensor]:
            t = torch.full((len(x),), level.t, dtype=x.dtype, device=x.device)
            x0, noise = path.split(network(x, t), x, level)
            if bounds is None:
                return x0, noise
            x0 = x0.clamp(*bounds)
            return x0, (x - level.alpha * x0) / level.sigma

        return look

    def sample(self, params: Params, n: int, rng: Rng) -> Tensor:
        y = rng.integers(self.classes, n) if self.conditional else None
        return self.walker.walk(self.look(params, y), self.prior * rng.normal(n, *self.shape), self.steps(), rng)

    def refine(self, params: Params, draft: Tensor, start: float, rng: Rng) -> Tensor:
        """Drafts x [n, *D] noised to a level on the way and denoised again.

        `start` is the share of the sampler's steps that is walked: 1 forgets the draft, 0 leaves it as it is.
        Source: Meng et al. 2022 (SDEdit), algorithm 1.
        """
        steps = self.steps()
        left = steps[len(steps) - round(start * len(steps)) :]
        if not left:
            return draft
        (_, alpha, sigma) = left[0].start
        return self.walker.walk(self.look(params), alpha * draft + sigma * rng.normal(*draft.shape), left, rng)

    @property
    def nfe(self) -> int:
        """Network evaluations per sample; guidance doubles them."""
        return self.walker.nfe(self.sample_steps) * (2 if self.guidance else 1)
