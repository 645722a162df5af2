"""Optimizers as (init, update) pairs over one flat weight vector. Written for one seed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from bench.training.nets import Net

Tree = Any
Beta2 = Callable[[Tensor], Tensor]  # updates made so far [] -> β₂ [] of the next

WEIGHT_DECAY = 0.01  # of AdamW


class Optimizer(NamedTuple):
    """An optimizer: two functions, and the same optimizer at another rate."""

    init: Callable[[Tensor], Tree]  # theta [P] -> memory
    update: Callable[[Tensor, Tree, Tensor], tuple[Tensor, Tree]]  # grad [P], memory, theta [P] -> delta [P], memory
    scale_rate: Callable[[float], Optimizer] | None = None  # c -> the same with lr · c and each decay rate β as βᶜ
    with_beta2: Callable[[Beta2], Optimizer] | None = None  # the same, with β₂ of each update by its number


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

    def with_beta2(beta2: Beta2) -> Optimizer:
        def scheduled(grad: Tensor, memory: Tree, theta: Tensor) -> tuple[Tensor, Tree]:
            t, b2 = memory["t"] + 1, beta2(memory["t"])
            m, v = torch.lerp(grad, memory["m"], b1), torch.lerp(grad.square(), memory["v"], b2)
            root = (v / (1 - b2**t)).sqrt() + eps
            return m * (-lr / (1 - b1**t)) / root, {"t": t, "m": m, "v": v}

        return Optimizer(init, scheduled)

    return Optimizer(init, update, lambda c: adam(c * lr, (b1**c, b2**c), eps), with_beta2)


def adamw(lr: float, betas: tuple[float, float] = (0.9, 0.999), decay: float = WEIGHT_DECAY) -> Optimizer:
    """AdamW: δ = Adam's δ - lr · decay · θ. Source: Loshchilov & Hutter 2019, algorithm 2 (decay .01 is torch's)."""
    return decayed(adam(lr, betas), lr * decay)


def decayed(inner: Optimizer, rate: float) -> Optimizer:
    """δ - rate · θ with the δ of another optimizer: every update takes away a part of the weights."""

    def update(grad: Tensor, memory: Tree, theta: Tensor) -> tuple[Tensor, Tree]:
        delta, memory = inner.update(grad, memory, theta)
        return torch.add(delta, theta, alpha=-rate), memory

    scale, beta2 = inner.scale_rate, inner.with_beta2
    return Optimizer(
        inner.init,
        update,
        (lambda c: decayed(scale(c), c * rate)) if scale else None,
        (lambda schedule: decayed(beta2(schedule), rate)) if beta2 else None,
    )


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


def of_word(word: str, lr: float, betas: tuple[float, float], net: Net) -> Optimizer:
    """The optimizer that an option names, for a network; `betas` are those of Adam, of AdamW and of the latter's part in Muon.

    Raises ValueError where it does not fit the network.
    """
    made = {
        "adam": lambda: adam(lr, betas),
        "adamw": lambda: adamw(lr, betas),
        "muon": lambda: muon(adamw(lr, betas), net, lr),
        "sgd": lambda: sgd(lr),
        "rmsprop": lambda: rmsprop(lr),
    }
    return made[word]()


def muon(rest: Optimizer, net: Net, lr: float, momentum: float = 0.95, decay: float = WEIGHT_DECAY) -> Optimizer:
    """Muon for the matrices of a network between its first and its last, another optimizer for all else.

    M ← μM + (1-μ)G; δ = -lr (.2 √max(rows, columns) · orthogonal((1-μ)G + μM) + decay · θ): the step's singular values are all
    about one, and with the factor it is as large as a step of Adam, so that both have one rate. Convolutions count as
    matrices [out, in · pixels]. Raises ValueError for a network without such matrices.
    Source: Jordan et al. 2024 (Muon), with its momentum; Liu et al. 2025 (Muon at scale; the factor and the decay).
    """
    names = [name for name, shape in net.shapes.items() if len(shape) > 1]
    if len(names) < 3:
        raise ValueError("optimizer=muon is for matrices between a network's first and its last; this one has none")

    def init(theta: Tensor) -> Tree:
        return {"rest": rest.init(theta), "m": {name: w.clone() for name, w in hidden(torch.zeros_like(theta)).items()}}

    def hidden(theta: Tensor) -> dict[str, Tensor]:
        pieces = net.unravel(theta)
        return {name: pieces[name] for name in names[1:-1]}

    def update(grad: Tensor, memory: Tree, theta: Tensor) -> tuple[Tensor, Tree]:
        delta, others = rest.update(grad, memory["rest"], theta)
        steps, kept = net.unravel(delta), {}
        for name, g in hidden(grad).items():
            kept[name] = torch.lerp(g, memory["m"][name], momentum)
            turned = orthogonal(torch.lerp(g, kept[name], momentum).flatten(1))
            steps[name] = (-0.2 * lr * max(turned.shape) ** 0.5 * turned).view(g.shape)
        for name, w in hidden(theta).items():
            steps[name] = steps[name] - lr * decay * w
        return net.ravel(steps), {"rest": others, "m": kept}

    return Optimizer(init, update)


def orthogonal(matrix: Tensor, rounds: int = 5) -> Tensor:
    """A matrix with the singular vectors of this one [n, m] and singular values near 1: between .5 and 1.5 after five rounds.

    X ← aX + (bA + cA²)X with A = XXᵀ, from X of norm 1. Source: Jordan et al. 2024 (Muon), whose a, b and c these are.
    """
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.t() if tall else matrix
    x = x / (x.square().sum().sqrt() + 1e-7)
    for _ in range(rounds):
        a = x @ x.t()
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
    return x.t() if tall else x
