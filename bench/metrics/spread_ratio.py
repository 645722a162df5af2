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
from bench.metrics._modes import SHARE, enough
from bench.metrics.base import Metric, pick

ROUNDING = 1e-6  # of the data's standard deviation: nearer to a manifold is on it, in float32
LOOKED_AT = 1000  # real samples that tell whether data lies on its manifold exactly


def spread_ratio(fake: Tensor, real: Tensor, modes: Modes | None = None, manifold: Manifold | None = None) -> Tensor:
    """rms distance from the manifold, fake over real; or, without one, the median over modes of the rms distance from
    the mode's centre, fake over real; [..., N, *D], [M, *D] -> [...] float64.

    A manifold goes before modes, since a mode may be a curve, whose centre is far from all of it; where real samples lie
    on their manifold exactly, it has no width and modes are asked. Of modes count those that are occupied
    (`modes_occupied`) and the samples of high quality (within 3 standard deviations: blur is cut off there). The
    centre is the mean of m real samples; its own error, 1/m of their variance, is taken off, so that equal laws give 1
    where they are few. NaN where no mode has a sample, or real samples no width. Our convention. Raises NonFinite.
    """
    return spread_to(fake, spread_side(real, modes, manifold))


def spread_side(real: Tensor, modes: Modes | None, manifold: Manifold | None) -> dict[str, Any]:
    """What real samples [M, *D] say: the width of the manifold, or centres [K, F], variances and errors [K] of modes."""
    x = finite(real, "real samples").double()
    if manifold is not None and (modes is None or has_width(x, manifold)):
        return {"manifold": manifold, "square": manifold.distance(x).square().mean()}
    assert modes is not None, "modes or a manifold"
    mode, inside = modes.assign(x)
    flat, kept = x.flatten(1)[inside], mode[inside]
    m = torch.bincount(kept, minlength=len(modes.weights)).double()
    centres = torch.zeros(len(m), flat.shape[1], dtype=torch.float64, device=x.device).index_add_(0, kept, flat)
    centres /= m[:, None]
    square = _squares(flat, kept, centres) * m / (m - 1)
    return {"modes": modes, "centres": centres, "square": square, "error": 1 / m}


def spread_to(fake: Tensor, real: Mapping[str, Any]) -> Tensor:
    """The same, to a real side that was summed up by `spread_side`."""
    x = finite(fake, "samples").double()
    if "manifold" in real:
        ratio: Tensor = (real["manifold"].distance(x).square().mean(-1) / real["square"]).sqrt()
        return ratio
    mode, inside = real["modes"].assign(x)  # [..., N] each
    seeds, n = mode.reshape(-1, mode.shape[-1]), mode.shape[-1]
    flat, count = x.reshape(len(seeds), n, -1), len(real["centres"])
    ratios = []
    for rows, mine, good in zip(flat, seeds, inside.reshape(seeds.shape), strict=True):  # a seed's samples may be large
        wide = _squares(rows[good], mine[good], real["centres"]) / real["square"] - real["error"]
        occupied = enough(torch.bincount(mine, minlength=count).double(), real["modes"], n, SHARE)
        ratios.append(torch.where(occupied & wide.isfinite(), wide.clamp(min=0), torch.nan).sqrt().nanquantile(0.5))
    return torch.stack(ratios).reshape(mode.shape[:-1])


def has_width(real: Tensor, manifold: Manifold) -> bool:
    """Whether real samples stray from their manifold by more than rounding."""
    x = pick(real, LOOKED_AT).double()
    return float(manifold.distance(x).square().mean().sqrt()) > ROUNDING * float(x.std())


def _squares(x: Tensor, mode: Tensor, centres: Tensor) -> Tensor:
    """Mean squared distance of samples x [N, F] from their mode's centre [K]; NaN where there is none."""
    gaps = (x - centres[mode]).square().sum(1)
    total, count = (torch.zeros(len(centres), dtype=torch.float64, device=x.device) for _ in range(2))
    return total.index_add_(0, mode, gaps) / count.index_add_(0, mode, torch.ones_like(gaps))  # 0/0 is NaN


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
        if has_width(data.held_out, data.manifold):
            return None
        return "its samples lie on their manifold exactly: there is no width to compare with"

    def names(self) -> tuple[str, ...]:
        return ("spread_ratio",)

    def reference(self, data: Data) -> Any:
        return spread_side(data.held_out, data.modes, data.manifold)

    def measure(self, fake: Tensor, real: Any) -> Mapping[str, Tensor]:
        return {"spread_ratio": spread_to(fake, real)}
