"""Half a cosine from one number to another."""

from __future__ import annotations

import torch
from torch import Tensor


def between(start: float, to: float, step: Tensor, steps: int) -> Tensor:
    """to + (start - to) · ½ (1 + cos(π step/steps)), and `to` from then on; step [] counts from 0.

    Source: Loshchilov & Hutter 2017, eq. 5.
    """
    return to + (start - to) * 0.5 * (1 + (torch.pi * (step / steps).clamp(max=1)).cos())
