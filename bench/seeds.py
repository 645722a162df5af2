"""The only file with a seed axis: maps what is written for ONE seed over S seeds.

Every other file is written as if there were one seed, so one seed cannot see another. `Vmap` trains all seeds in one
batched pass; `Loop` takes them in turn (better for convolutions on a CPU). Nobody else can tell which is in use.

A mapped function gets its lane first (a 0-d tensor under vmap, an int in the loop) and then one seed's slice of each tree.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.func import vmap
from torch.utils import _pytree as pytree

Tree = Any


class Mapping(Protocol):
    name: str

    def each(self, fn: Callable[..., Tree], count: int, *trees: Tree) -> Tree:
        """fn(lane, *slices) for every seed; leaves [S, ...] in, leaves [S, ...] out."""
        ...

    def gradient(
        self, fn: Callable[..., tuple[Tensor, Tree]], count: int, theta: Tensor, *trees: Tree
    ) -> tuple[Tensor, Tensor, Tree]:
        """fn(lane, theta, *slices) -> (loss, seen) of one seed; theta [S, P] -> losses [S], d loss / d theta [S, P], seen."""
        ...


class Vmap:
    """All seeds in one batched pass. A lone seed is padded to two lanes: one lane runs other matrix kernels than many."""

    name = "vmap"

    def each(self, fn: Callable[..., Tree], count: int, *trees: Tree) -> Tree:
        device = next((x.device for x in pytree.tree_leaves(trees)), torch.device("cpu"))
        lanes = torch.arange(count, device=device)
        if count > 1:
            return vmap(fn, randomness="error")(lanes, *trees)
        lanes, *trees = pytree.tree_map(lambda x: torch.cat([x, x]), [lanes, *trees])  # type: ignore[assignment]
        return pytree.tree_map(lambda x: x[:1], vmap(fn, randomness="error")(lanes, *trees))

    def gradient(
        self, fn: Callable[..., tuple[Tensor, Tree]], count: int, theta: Tensor, *trees: Tree
    ) -> tuple[Tensor, Tensor, Tree]:
        leaf = theta.detach().requires_grad_()
        with torch.enable_grad():
            losses, seen = self.each(fn, count, leaf, *trees)  # seeds share nothing: the gradient of the sum is each seed's own
            (grads,) = torch.autograd.grad(losses.sum(), leaf)
        return losses.detach(), grads, pytree.tree_map(Tensor.detach, seen)


class Loop:
    """One seed after another, each on its own copy (where a slice begins in memory decides which kernel runs)."""

    name = "loop"

    def each(self, fn: Callable[..., Tree], count: int, *trees: Tree) -> Tree:
        return stack([fn(k, *_slices(trees, k)) for k in range(count)])

    def gradient(
        self, fn: Callable[..., tuple[Tensor, Tree]], count: int, theta: Tensor, *trees: Tree
    ) -> tuple[Tensor, Tensor, Tree]:
        def one(lane: int, theta: Tensor, *slices: Tree) -> Tree:
            leaf = theta.detach().requires_grad_()
            with torch.enable_grad():
                loss, seen = fn(lane, leaf, *slices)
                (grad,) = torch.autograd.grad(loss, leaf)
            return loss.detach(), grad, pytree.tree_map(Tensor.detach, seen)

        losses, grads, seen = self.each(one, count, theta, *trees)
        return losses, grads, seen


MAPPINGS: dict[str, Mapping] = {"vmap": Vmap(), "loop": Loop()}


def _slices(trees: tuple[Tree, ...], lane: int) -> list[Tree]:
    return [pytree.tree_map(lambda x: x[lane].clone(), tree) for tree in trees]


def stack(trees: list[Tree]) -> Tree:
    """Trees of one seed each -> one tree with a leading seed axis."""
    return pytree.tree_map(lambda *leaves: torch.stack(leaves), *trees)


def pick(tree: Tree, lanes: list[int]) -> Tree:
    """Some lanes of a stacked tree, in the order given."""
    return pytree.tree_map(lambda x: x[lanes], tree)


def freeze(alive: Tensor, new: Tree, old: Tree) -> Tree:
    """`new` where a seed is alive, `old` where it is dead; by selection, since 0 × NaN is NaN."""
    if not alive.is_cuda and bool(alive.all()):
        return new
    return pytree.tree_map(lambda n, o: torch.where(alive.view(-1, *[1] * (n.ndim - 1)), n, o), new, old)


def finite(values: Tensor) -> Tensor:
    """Which seeds hold finite numbers only; [S, ...] -> [S] bool. The largest magnitude carries NaN and infinity."""
    flat = values.reshape(len(values), -1)
    return torch.linalg.vector_norm(flat, torch.inf, dim=1).isfinite()
