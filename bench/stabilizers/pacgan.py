"""PacGAN: the critic sees several samples at once, so that it sees a lack of variety."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from torch import Tensor

from bench.plugins.ranges import Count
from bench.stabilizers._critics import plain
from bench.training.game import Game
from bench.training.hooks import Stabilizer, StepContext
from bench.training.loss_inputs import AdversarialInputs
from bench.training.nets import Net


@dataclass(frozen=True)
class PacGAN(Stabilizer):
    """D(x₁, …, x_m) on m samples joined along their first axis (channels, coordinates): a batch gives B/m logits.

    Raises ValueError where a batch is no multiple of `pack`, and for a critic that sees more than a sample.
    Source: Lin et al. 2018 (PacGAN).
    """

    pack: Count = 2

    inputs_type: ClassVar[type] = AdversarialInputs

    def __post_init__(self) -> None:
        if self.pack < 1:
            raise ValueError(f"pack={self.pack}: the critic judges at least one sample at once")

    def nets(self, nets: dict[str, Net], game: Game) -> dict[str, Net]:
        critic = plain(nets["D"], "pacgan")
        first, *rest = critic.options["shape"]
        return nets | {"D": critic.rebuild(shape=(self.pack * first, *rest))}

    def loss_inputs(self, inputs: AdversarialInputs, at: StepContext) -> AdversarialInputs:
        return replace(inputs, real=self._packed(inputs.real), fake=self._packed(inputs.fake))

    def refuses_batch(self, batch: int) -> str | None:
        if batch % self.pack == 0:
            return None
        return f"pacgan: a batch of {batch} is no multiple of pack={self.pack}; choose another of both"

    def _packed(self, x: Tensor) -> Tensor:
        """x [B, n, ...] -> [B/m, m·n, ...]."""
        return x.reshape(-1, self.pack * x.shape[1], *x.shape[2:])
