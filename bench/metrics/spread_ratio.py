"""Spread ratio: how wide modes are, of those of real data; on a manifold, how far samples stray from it.

1 is right, .1 a generator that has collapsed within every mode, more than 1 one that blurs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from bench.data.base import Data, Manifold, Modes
from bench.metrics._arrays import finite
from bench.metrics._torchmetrics import TwoSample
from bench.metrics.base import Metric


def spread_ratio(fake: Tensor, real: Tensor, modes: Modes | None = None, manifold: Manifold | None = None) -> Tensor:
    """Median over modes of (rms distance from the mode's centre, fake) / (the same, real); [..., N, *D], [M, *D] -> [...].

    Of samples that count as the mode's (within 3 standard deviations, where blur is cut off); the centre is the mean of
    the real ones. NaN where no mode has a sample. Without `modes`: the rms distance from `manifold`, fake over real.
    Our convention. Raises NonFinite.
    """
    return spread_to(fake, spread_side(real, modes, manifold))


def spread_side(real: Tensor, modes: Modes | None, manifold: Manifold | None) -> dict[str, Any]:
    """What the real samples [M, *D] say: the centres [K, F] and widths [K] of modes, or the width of the manifold."""
    x = finite(real, "real samples").double()
    if modes is None:
        assert manifold is not None, "modes or a manifold"
        return {"manifold": manifold, "width": _strayed(x, manifold)}
    mode, inside = modes.assign(x[None])
    flat, count = x.flatten(1), len(modes.weights)
    ones = inside.double()
    shares = torch.zeros(count, len(flat), dtype=torch.float64, device=x.device)
    shares.scatter_(0, mode, ones)  # [K, M], 1 where a sample counts as the mode's
    centres = shares @ flat / shares.sum(1, keepdim=True).clamp(min=1)
    return {"modes": modes, "centres": centres, "width": _widths(x[None], modes, centres)[0]}


def spread_to(fake: Tensor, real: Mapping[str, Any]) -> Tensor:
    """The same, to a real side that was summed up by `spread_side`."""
    x = finite(fake, "samples").double()
    if "manifold" in real:
        width: Tensor = real["width"]
        return _strayed(x, real["manifold"]) / width
    alone = x.ndim == 2
    found = (_widths(x[None] if alone else x, real["modes"], real["centres"]) / real["width"]).nanmedian(1).values
    ratio: Tensor = found[0] if alone else found
    return ratio


def _strayed(x: Tensor, manifold: Manifold) -> Tensor:
    """Root mean squared distance from the manifold, [..., N, *D] -> [...]."""
    return manifold.distance(x).square().mean(-1).sqrt()


def _widths(x: Tensor, modes: Modes, centres: Tensor) -> Tensor:
    """Root mean squared distance from the centre of the samples that count, x [S, N, *D] -> [S, K]; NaN where none does."""
    mode, inside = modes.assign(x)  # [S, N] each
    gaps = (x.flatten(2) - centres[mode]).square().sum(-1)
    total, count = (torch.zeros(len(x), len(centres), dtype=torch.float64, device=x.device) for _ in range(2))
    total.scatter_add_(1, mode, torch.where(inside, gaps, 0.0))
    count.scatter_add_(1, mode, inside.double())
    return (total / count).sqrt()  # 0/0 is NaN


class SpreadRatioMetric(TwoSample):
    """`spread_ratio` as a torchmetrics metric."""

    higher_is_better = True

    def __init__(self, modes: Modes | None = None, manifold: Manifold | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.modes, self.manifold = modes, manifold

    def value(self, fake: Tensor, real: Tensor) -> Tensor:
        return spread_ratio(fake, real, self.modes, self.manifold)


@dataclass(frozen=True, kw_only=True)
class SpreadRatio(Metric):
    """Width of the modes, of that of real data's: `spread_ratio`."""

    higher_is_better: ClassVar[bool] = True
    two_sided: ClassVar[bool] = True  # above 1 is blur
    bounds: ClassVar[tuple[float, float]] = (0.0, float("inf"))

    def refuses(self, data: Data) -> str | None:
        if data.modes is not None:
            return None
        if data.manifold is None:
            return "its modes and its manifold are not known"
        exact = float(_strayed(data.held_out.double(), data.manifold)) < 1e-9 * float(data.held_out.double().std())
        return "its samples lie on their manifold exactly: there is no width to compare with" if exact else None

    def names(self) -> tuple[str, ...]:
        return ("spread_ratio",)

    def reference(self, data: Data) -> Any:
        return spread_side(data.held_out, data.modes, data.manifold)

    def measure(self, fake: Tensor, real: Any) -> Mapping[str, Tensor]:
        return {"spread_ratio": spread_to(fake, real)}
