"""Products with the Jacobian J of a game's field v, without ever forming it. Written for one seed."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.func import grad

from bench.training.game import Params
from bench.training.state import Vectors


def dot(a: Params, b: Params) -> Tensor:
    """⟨a, b⟩ over all players, a number."""
    return torch.stack([(a[p] * b[p]).sum() for p in a]).sum()


def plus(a: Params, scale: float | Tensor, b: Params) -> Params:
    """a + scale · b."""
    return {p: a[p] + scale * b[p] for p in a}


def pull(field: Vectors, params: Params, w: Params) -> Params:
    """Jᵀ w, one reverse pass through the gradients."""
    found: Params = grad(lambda at: dot(field(at), w))(params)
    return found


def push(field: Vectors, params: Params, w: Params) -> Params:
    """J w, as the derivative of ⟨Jᵀ u, w⟩ in u: in reverse mode, so an operation needs nothing but its gradient."""
    found: Params = grad(lambda u: dot(pull(field, params, u), w))(w)
    return found
