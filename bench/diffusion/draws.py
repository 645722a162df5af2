"""Which noise levels a batch is trained at: functions (n, rng) -> u [n] in [0, 1). The word of a draw is its name."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from bench.training.rng import Rng

Draw = Callable[[int, Rng], Tensor]


def below_one(u: Tensor) -> Tensor:
    """What was rounded up to 1, where a path may have no noise and a weight no value, as the largest number below."""
    return u.clamp(max=1 - torch.finfo(u.dtype).eps / 2)


def uniform(n: int, rng: Rng) -> Tensor:
    """Independent, uniform. Source: Ho et al. 2020, algorithm 1."""
    return rng.uniform(n)


def stratified(n: int, rng: Rng) -> Tensor:
    """u_i = (i + U_i)/n: one draw in each of n equal strata, so that no batch misses a noise level."""
    u = rng.uniform(n)
    return below_one((torch.arange(n, device=u.device, dtype=u.dtype) + u) / n)


def low_discrepancy(n: int, rng: Rng) -> Tensor:
    """u_i = (U + i/n) mod 1, one U for the batch. Source: Kingma et al. 2021, appendix I.1."""
    u = rng.uniform(1)
    return below_one((u + torch.arange(n, device=u.device, dtype=u.dtype) / n) % 1)


def antithetic(n: int, rng: Rng) -> Tensor:
    """Half of the draws are uniform and the other half their mirror 1 - u (antithetic variates)."""
    u = rng.uniform((n + 1) // 2)
    return below_one(torch.cat([u, 1 - u])[:n])


def logit_normal(n: int, rng: Rng) -> Tensor:
    """sigmoid(N(0, 1)): more often in the middle. Source: Esser et al. 2024, section 3.1."""
    return below_one(rng.normal(n).sigmoid())


DRAWS: dict[str, Draw] = {
    draw.__name__: draw for draw in (uniform, stratified, low_discrepancy, antithetic, logit_normal)
}


def normal(draw: Draw, n: int, rng: Rng) -> Tensor:
    """N(0, 1) through the quantile function, from any draw that is uniform as a whole: [n], finite."""
    u = draw(n, rng)
    edge = torch.finfo(u.dtype).eps / 2
    quantile: Tensor = torch.special.ndtri(u.clamp(edge, 1 - edge))
    return quantile
