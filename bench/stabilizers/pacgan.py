"""PacGAN: the critic sees several samples at once, so that it sees a lack of variety."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

from torch import Tensor

from bench.plugins.ranges import Count
from bench.stabilizers._critics import plain
from bench.stabilizers.diffusion_gan import DiffusionGAN
from bench.training.game import Game
from bench.training.hooks import Stabilizer, StepContext
from bench.training.loss_inputs import AdversarialInputs
from bench.training.nets import Net


@dataclass(frozen=True)
class PacGAN(Stabilizer):
    """D(x₁, …, x_m) on m samples joined along their first axis (channels, coordinates): a batch gives B/m logits.

    Or, with `batch_of=packs` as in the authors' code, B logits: m·B samples are drawn, of the data as of the generator.
    Whatever alters samples does so before they are joined, on whichever side it is written.
    Raises ValueError where a batch is no multiple of `pack`, and for a critic that sees more than a sample.
    Source: Lin et al. 2018 (PacGAN).
    """

    pack: Count = 2
    batch_of: Literal["samples", "packs"] = "samples"

    inputs_type: ClassVar[type] = AdversarialInputs
    packs: ClassVar[bool] = True
    replaces: ClassVar[frozenset[str]] = frozenset({"samples that a critic sees at once"})

    def __post_init__(self) -> None:
        if self.pack < 1:
            raise ValueError(f"pack={self.pack}: the critic judges at least one sample at once")

    def nets(self, nets: dict[str, Net], game: Game) -> dict[str, Net]:
        critic = plain(nets["D"], "pacgan")
        first, *rest = critic.options["shape"]
        return nets | {"D": critic.rebuild(shape=(self.pack * first, *rest))}

    def refuses_beside(self, other: Stabilizer) -> str | None:
        return "it shows each sample at a noise level of its own" if isinstance(other, DiffusionGAN) else None

    def loss_inputs(self, inputs: AdversarialInputs, at: StepContext) -> AdversarialInputs:
        shape = inputs.real.shape[1:]

        def packing(judge: Callable[..., Tensor]) -> Callable[..., Tensor]:
            return lambda x, **told: judge(self._packed(x) if x.shape[1:] == shape else x, **told)

        return replace(
            inputs,
            real=self._packed(inputs.real),
            fake=self._packed(inputs.fake),
            critic=packing(inputs.critic),  # of packs, and of samples that a stabilizer has generated
            features=packing(inputs.features),
        )

    def refuses_batch(self, batch: int) -> str | None:
        if self.batch_of == "packs" or batch % self.pack == 0:
            return None
        return (
            f"pacgan: a batch of {batch} is no multiple of pack={self.pack}; choose another of both, or batch_of=packs"
        )

    def batch(self, batch: int) -> int:
        return batch * self.pack if self.batch_of == "packs" else batch

    def _packed(self, x: Tensor) -> Tensor:
        """x [B, n, ...] -> [B/m, m·n, ...]."""
        return x.reshape(-1, self.pack * x.shape[1], *x.shape[2:])
