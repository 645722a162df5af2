"""Lazy regularization: a penalty every k steps, k times as strong, has the same mean gradient.

At the steps in between it is not computed at all, which is where the time is saved. The branch is an ordinary `if`:
every seed of an ensemble is at the same step, and that step is known as a plain number where the noise comes from. A
step that is captured once and replayed is therefore two programs, one with the penalty and one without.

The penalty joins the loss of that one step, so the optimizer takes as many steps as without it. StyleGAN2 makes a
separate optimizer step of it, k + 1 steps where there were k, and corrects the learning rate to lr · c and Adam's betas
to βᶜ with c = k/(k + 1) for that reason. Here nothing needs the correction; `paced` makes it, to have the paper's pace.
Source: Karras et al. 2020 (StyleGAN2), appendix B.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from bench.training.hooks import StepContext
from bench.training.optimizers import Optimizer


def due(every: int, at: StepContext) -> bool:
    """Whether the penalty is asked for at this step: at 0, every, 2·every, …"""
    return at.rng.step % every == 0


def lazily(every: int, at: StepContext, penalty: Callable[[], Tensor]) -> Tensor | float:
    """every · penalty() where it is due; 0 at the other steps, and nothing is computed."""
    return every * penalty() if due(every, at) else 0.0


def paced(every: int, transform: Optimizer) -> Optimizer:
    """The optimizer with lr · c and βᶜ, c = every/(every + 1). Raises ValueError where it has been wrapped already."""
    if transform.scale_rate is None:
        raise ValueError("paced=True changes the optimizer's own betas: write it left of whatever alters the optimizer")
    return transform.scale_rate(every / (every + 1))


def positive(every: int) -> None:
    """Raises ValueError unless a penalty comes every step or more rarely."""
    if every < 1:
        raise ValueError(f"every={every}: a penalty comes every step (1) or more rarely")
