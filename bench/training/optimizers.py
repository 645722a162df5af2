"""Optimizers as (init, update) pairs over one flat weight vector. Written for one seed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

Tree = Any


class Optimizer(NamedTuple):
    """An optimizer: two functions, and the same optimizer at another rate."""

    init: Callable[[Tensor], Tree]  # theta [P] -> memory
    update: Callable[[Tensor, Tree, Tensor], tuple[Tensor, Tree]]  # grad [P], memory, theta [P] -> delta [P], memory
    scale_rate: Callable[[float], Optimizer] | None = None  # c -> the same with lr · c and each decay rate β as βᶜ


def adam(lr: float, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8) -> Optimizer:
    """Adam. Source: Kingma & Ba 2015, algorithm 1.

    m ← β₁m + (1-β₁)g; v ← β₂v + (1-β₂)g²; δ = -lr · m̂ / (√v̂ + eps), with m̂ = m/(1-β₁ᵗ), v̂ = v/(1-β₂ᵗ).
    """
    b1, b2 = betas

    def init(theta: Tensor) -> Tree:
        return {"t": theta.new_zeros(()), "m": torch.zeros_like(theta), "v": torch.zeros_like(theta)}

    def update(grad: Tensor, memory: Tree, theta: Tensor) -> tuple[Tensor, Tree]:
        t = memory["t"] + 1
        m = torch.lerp(grad, memory["m"], b1)
        v = torch.addcmul(memory["v"] * b2, grad, grad, value=1 - b2)
        root = (v / (1 - b2**t)).sqrt_().add_(eps)
        return (m * (-lr / (1 - b1**t))).div_(root), {"t": t, "m": m, "v": v}

    return Optimizer(init, update, lambda c: adam(c * lr, (b1**c, b2**c), eps))


def sgd(lr: float, momentum: float = 0.0) -> Optimizer:
    """Heavy ball: buf ← momentum · buf + g; δ = -lr · buf. A negative momentum is allowed (Gidel et al. 2019)."""

    def init(theta: Tensor) -> Tree:
        return torch.zeros_like(theta) if momentum else ()

    def update(grad: Tensor, memory: Tree, theta: Tensor) -> tuple[Tensor, Tree]:
        if not momentum:
            return -lr * grad, memory
        buf = momentum * memory + grad
        return -lr * buf, buf

    return Optimizer(init, update, (lambda c: sgd(c * lr, momentum**c)) if momentum >= 0 else None)


def rmsprop(lr: float, decay: float = 0.99, eps: float = 1e-8) -> Optimizer:
    """RMSProp (Tieleman & Hinton 2012), the optimizer of Arjovsky et al. 2017: v ← decay·v + (1-decay)g²; δ = -lr·g/(√v+eps)."""

    def init(theta: Tensor) -> Tree:
        return torch.zeros_like(theta)

    def update(grad: Tensor, memory: Tree, theta: Tensor) -> tuple[Tensor, Tree]:
        v = torch.addcmul(memory * decay, grad, grad, value=1 - decay)
        return -lr * grad / (v.sqrt() + eps), v

    return Optimizer(init, update, lambda c: rmsprop(c * lr, decay**c, eps))


def of_word(word: str, lr: float, betas: tuple[float, float]) -> Optimizer:
    """The optimizer that an option names: adam, sgd or rmsprop; `betas` are Adam's alone."""
    made = {"adam": lambda: adam(lr, betas), "sgd": lambda: sgd(lr), "rmsprop": lambda: rmsprop(lr)}
    return made[word]()
