"""The only file with a seed axis: maps what is written for ONE seed over S seeds.

Every other file is written as if there were one seed, so one seed cannot see another. `Vmap` trains all seeds in one
batched pass; `Loop` takes them in turn (better for convolutions on a CPU). No other file can tell which is in use.

A mapped function gets its lane first (a 0-d tensor under vmap, an int in the loop) and then one seed's slice of each tree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import reduce
from typing import Any, ClassVar, NamedTuple, Protocol

import torch
from torch import Tensor
from torch.func import vmap
from torch.utils import _pytree as pytree

Tree = Any


class SeedMapping(Protocol):
    """How S seeds are computed; S and the device are given once, when it is made."""

    name: ClassVar[str]

    def map_seeds(self, fn: Callable[..., Tree], *trees: Tree) -> Tree:
        """fn(lane, *slices) for every seed; leaves [S, ...] in, leaves [S, ...] out."""
        ...

    def gradient(self, fn: Callable[..., tuple[Tensor, Tree]], theta: Tensor, *trees: Tree) -> Gradient:
        """The gradient of fn(lane, theta, *slices) -> (loss, seen) with respect to theta [S, P]."""
        ...


class Gradient(NamedTuple):
    losses: Tensor  # [S]
    grads: Tensor  # d loss / d theta [S, P]
    collected: Tree  # leaves [S, ...]


class Vmap:
    """All seeds in one batched pass. A lone seed is padded to two lanes: one lane runs other matrix kernels than many.

    Only the loss is mapped; its gradient is ordinary reverse mode over the stacked weights, a third less dispatch than
    mapping the gradient. Seeds share nothing, so the gradient of the sum of losses is each seed's own.
    """

    name: ClassVar[str] = "vmap"

    def __init__(self, count: int, device: torch.device) -> None:
        self.count, self.lanes = count, torch.arange(count, device=device)

    def map_seeds(self, fn: Callable[..., Tree], *trees: Tree) -> Tree:
        if self.count > 1:
            return vmap(fn, randomness="error")(self.lanes, *trees)
        doubled = pytree.tree_map(lambda x: torch.cat([x, x]), (self.lanes, *trees))
        return pytree.tree_map(lambda x: x[:1], vmap(fn, randomness="error")(*doubled))

    def gradient(self, fn: Callable[..., tuple[Tensor, Tree]], theta: Tensor, *trees: Tree) -> Gradient:
        leaf = theta.detach().requires_grad_()
        with torch.enable_grad():
            losses, collected = self.map_seeds(fn, leaf, *trees)
            (grads,) = torch.autograd.grad(losses.sum(), leaf)
        return Gradient(losses.detach(), grads, _detach(collected))


class Loop:
    """One seed after another, each on its own copy (where a slice begins in memory decides which kernel runs)."""

    name: ClassVar[str] = "loop"

    def __init__(self, count: int, device: torch.device) -> None:
        self.count = count

    def map_seeds(self, fn: Callable[..., Tree], *trees: Tree) -> Tree:
        return stack(
            [fn(k, *(pytree.tree_map(lambda x, k=k: x[k].clone(), t) for t in trees)) for k in range(self.count)]
        )

    def gradient(self, fn: Callable[..., tuple[Tensor, Tree]], theta: Tensor, *trees: Tree) -> Gradient:
        def one(lane: int, theta: Tensor, *slices: Tree) -> Tree:
            leaf = theta.detach().requires_grad_()
            with torch.enable_grad():
                loss, collected = fn(lane, leaf, *slices)
                (grad,) = torch.autograd.grad(loss, leaf)
            return loss.detach(), grad, _detach(collected)

        return Gradient(*self.map_seeds(one, theta, *trees))


MAPPINGS: dict[str, Callable[[int, torch.device], SeedMapping]] = {m.name: m for m in (Vmap, Loop)}


def _detach(tree: Tree) -> Tree:
    return pytree.tree_map(Tensor.detach, tree)


def stack(trees: list[Tree]) -> Tree:
    """Trees of one seed each -> one tree with a leading seed axis."""
    return pytree.tree_map(lambda *leaves: torch.stack(leaves), *trees)


def pick(tree: Tree, lanes: list[int]) -> Tree:
    """Some lanes of a stacked tree, in the order given."""
    return pytree.tree_map(lambda x: x[lanes], tree)


_HOST = ContextVar("host", default=True)


@contextmanager
def no_host() -> Iterator[None]:
    """Within, nobody looks at a number on the way: what is computed is the same, whatever the numbers are."""
    token = _HOST.set(False)
    try:
        yield
    finally:
        _HOST.reset(token)


def _seen(values: Tensor) -> bool:
    """Whether numbers can be looked at for nothing."""
    return values.device.type == "cpu" and _HOST.get()


def freeze(alive: Tensor, new: Tree, old: Tree) -> Tree:
    """`new` where a seed is alive, `old` where it has diverged; by selection, since 0 × NaN is NaN."""
    if _seen(alive) and bool(alive.all()):
        return new
    return pytree.tree_map(lambda n, o: torch.where(alive.view(-1, *[1] * (n.ndim - 1)), n, o), new, old)


def finite(*values: Tensor) -> Tensor:
    """Which seeds hold finite numbers only, in all of these; each [S, ...] -> [S] bool.

    A finite sum proves it in one fast pass; only where a sum is not finite (a large one may overflow) is each number looked at.
    """
    flat = [v.reshape(len(v), -1) for v in values]
    if _seen(flat[0]):
        sound = reduce(torch.add, [v.sum(1) for v in flat]).isfinite()
        if bool(sound.all()):
            return sound
    return torch.stack([v.isfinite().all(1) for v in flat]).all(0)
