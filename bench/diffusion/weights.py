"""Loss weights over noise levels: functions (path, t [B]) -> the weight of the target's squared error [B].

Each is stated as a weight on the error of x0, of ε, or of the target itself, and carried to the target by the path's
`gain` = (d x0 / d target)²; an error of ε is SNR times that of x0. The word of a weight is its name.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from bench.training.loss_inputs import NoisePath

NO_LAST_LEVEL = (
    "its weight of the last level is 0, which zero_snr leaves without signal and where sampling begins: "
    "use the truncated weight"
)

Weight = Callable[[NoisePath, Tensor], Tensor]


def silent_end(game: object) -> bool:
    """Whether a model, or the one that it holds (`refined_gan`, `oracle`), begins to sample at a level without signal."""
    held = (getattr(game, name, None) for name in ("refiner", "of"))
    return bool(getattr(game, "zero_snr", False)) or any(getattr(one, "zero_snr", False) for one in held)


def simple(path: NoisePath, t: Tensor) -> Tensor:
    """1 on the target's own error. Source: Ho et al. 2020, eq. 14."""
    return torch.ones_like(t)


def min_snr(path: NoisePath, t: Tensor, gamma: float = 5.0) -> Tensor:
    """min(SNR, γ) on the error of x0. Source: Hang et al. 2023 (γ = 5)."""
    return path.snr(t).clamp(max=gamma) * path.gain(t)


def truncated(path: NoisePath, t: Tensor) -> Tensor:
    """max(SNR, 1) on the error of x0. Source: Salimans & Ho 2022, section 4."""
    return path.snr(t).clamp(min=1) * path.gain(t)


def p2(path: NoisePath, t: Tensor, gamma: float = 1.0) -> Tensor:
    """1/(1 + SNR)^γ on the error of ε. Source: Choi et al. 2022 (P2; k = 1)."""
    snr = path.snr(t)
    return snr * path.gain(t) / (1 + snr) ** gamma


WEIGHTS: dict[str, Weight] = {weight.__name__: weight for weight in (simple, min_snr, truncated, p2)}
