"""Adaptive clipping: a gradient is shortened when its norm is an outlier among the norms before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from bench.plugins.ranges import AtLeastTwo, Decay, Positive
from bench.training.hooks import Stabilizer
from bench.training.optimizers import Optimizer, Tree


@dataclass(frozen=True)
class AdaptiveClip(Stabilizer):
    """With n = ‖g‖₂ and z = (n - μ)/σ: where z > limit, g is shortened to the norm μ + σ · limit²/z.

    μ and σ² are exponential averages of the norms that passed and of their squared distance from μ. The first `warmup`
    norms are not clipped; their mean and variance are the first μ and σ². Each seed and each player on its own.
    The authors' code has, beside it, a cap of 1 on the norm whatever came before: that is `grad_clip(norm=1)`.
    Source: Kumar et al. 2025 (ZClip; limit 2.5, decay .97, 25 steps of warm-up).
    """

    limit: Positive = 2.5
    decay: Decay = 0.97
    warmup: AtLeastTwo = 25

    replaces: ClassVar[frozenset[str]] = frozenset({"limit of a gradient's outliers"})

    def __post_init__(self) -> None:
        if self.limit <= 0 or self.warmup < 2:
            raise ValueError(f"limit={self.limit} must be above 0 and warmup={self.warmup} at least 2")

    def optimizer(self, optimizer: Optimizer, player: str) -> Optimizer:
        def init(theta: Tensor) -> Tree:
            zero = theta.new_zeros(())
            return {"inner": optimizer.init(theta), "t": zero, "mean": zero.clone(), "var": zero.clone()}

        def update(grad: Tensor, memory: Tree, theta: Tensor) -> tuple[Tensor, Tree]:
            t, mean, var, norm = memory["t"] + 1, memory["mean"], memory["var"], grad.norm()
            learning = t <= self.warmup
            std = var.sqrt()
            far = ~learning & (norm > mean + self.limit * std)
            # σ · limit²/z = (limit σ)²/(n - μ), which has no 0/0 where σ = 0
            bound = mean + (self.limit * std).square() / torch.where(far, norm - mean, 1.0)
            passed = torch.where(far, bound, norm)
            clipped = grad * torch.where(far, bound / torch.where(far, norm, 1.0), 1.0)
            keep = torch.where(learning, 1 - 1 / t, torch.full_like(t, self.decay))  # 1 - 1/t: the mean of all so far
            new = torch.lerp(passed, mean, keep)
            # Welford's update while learning, the paper's afterwards
            spread = torch.where(learning, (passed - mean) * (passed - new) / t, (1 - keep) * (passed - new).square())
            delta, inner = optimizer.update(clipped, memory["inner"], theta)
            return delta, {"inner": inner, "t": t, "mean": new, "var": keep * var + spread}

        return Optimizer(init, update)
