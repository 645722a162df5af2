"""Products with the Jacobian J of a game's field v, without ever forming it. Written for one seed."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.func import grad

from bench.models.base import Params

Vectors = Callable[[Params], Params]  # all weights -> a vector for every player


def dot(a: Params, b: Params) -> Tensor:
    """⟨a, b⟩ over all players, a number."""
    return torch.stack([(a[p] * b[p]).sum() for p in a]).sum()


def plus(a: Params, scale: float | Tensor, b: Params) -> Params:
    """a + scale · b."""
    return {p: a[p] + scale * b[p] for p in a}


def pull(field: Vectors, params: Params, w: Params) -> Params:
    """Jᵀ w, one reverse pass through the gradients."""
    return grad(lambda at: dot(field(at), w))(params)


def push(field: Vectors, params: Params, w: Params) -> Params:
    """J w, as the derivative of ⟨Jᵀ u, w⟩ in u: reverse mode only, so it needs nothing of an operation but its gradient."""
    return grad(lambda u: dot(pull(field, params, u), w))(w)
