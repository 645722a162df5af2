"""Lazy regularization: a penalty every k steps, k times as strong, has the same mean gradient.

The penalty joins the loss of that one step, so the optimizer takes as many steps as without it. (StyleGAN2 makes a
separate optimizer step of it, k + 1 steps where there were k, and corrects learning rate and betas by k/(k + 1) for
that reason; here there is nothing to correct.) The step number is a tensor, so the penalty is computed every step and
used every k-th: this is lazy regularization's effect on training, without its saving of time.
Source: Karras et al. 2020 (StyleGAN2), appendix B.
"""

from __future__ import annotations

import torch
from torch import Tensor

from bench.stabilizers.base import Moment


def lazily(every: int, at: Moment, penalty: Tensor) -> Tensor:
    """every · penalty at steps 0, every, 2·every, …; 0 at the others."""
    if every == 1:
        return penalty
    return torch.where(at.step % every == 0, every * penalty, torch.zeros_like(penalty))


def positive(every: int) -> None:
    """Raises ValueError unless a penalty comes every step or more rarely."""
    if every < 1:
        raise ValueError(f"every={every}: a penalty comes every step (1) or more rarely")
