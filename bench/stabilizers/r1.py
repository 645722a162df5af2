"""R1: the critic's squared slope at real samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from bench.stabilizers._lazy import lazily, paced, positive
from bench.training.hooks import Moment, Stabilizer
from bench.training.optimizers import Transform
from bench.training.scenes import Duel, steepness


@dataclass(frozen=True)
class R1(Stabilizer):
    """loss_D + weight/2 · E‖∇D(x)‖² on real samples x; weight is the paper's γ.

    `every` asks for it every so many steps only, that much stronger (lazy regularization; see `_lazy.py`), `paced` for
    the slower optimizer that the paper has beside it.
    Source: Mescheder et al. 2018, eq. 9 (γ = 10 on images, 1 is ours); Karras et al. 2020 (StyleGAN2), appendix B.
    """

    weight: float = 1.0
    every: int = 1
    paced: bool = False

    scene_type: ClassVar[type] = Duel

    def __post_init__(self) -> None:
        positive(self.every)

    def optimizer(self, transform: Transform, player: str) -> Transform:
        return paced(self.every, transform) if self.paced and player == "D" else transform

    def loss(self, loss: Tensor, scene: Duel, at: Moment) -> Tensor:
        if at.player != "D":
            return loss
        return loss + lazily(self.every, at, lambda: self.weight / 2 * steepness(scene.critic, scene.real).mean())
