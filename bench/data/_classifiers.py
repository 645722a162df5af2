"""How small classifiers of digits are trained, always alike, and how they look at images of several channels."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Mapping

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

Weights = dict[str, Tensor]
See = Callable[[Weights, Tensor], Tensor]  # grey images [N, 1, H, W] -> [N, F]
FASTEST = 2e-3  # Adam's rate at first


def last(w: Weights, h: Tensor) -> Tensor:
    """The layer before the last [N, 64] -> logits [N, 10]."""
    return F.linear(h, w["last"], w["bias4"])


def accuracy(w: Weights, hidden: See, x: Tensor, labels: Tensor, slab: int) -> float:
    """Share of the grey images x [N, 1, H, W] that these weights classify as labelled."""
    named = each_channel(w, x, lambda own, part: last(own, hidden(own, part)), slab)[:, 0].argmax(-1)
    return float((named == labels).double().mean())


@torch.no_grad()
def each_channel(weights: Weights, x: Tensor, see: See, slab: int) -> Tensor:
    """Images x [N, C, H, W] -> what is seen in each channel [N, C, F], `slab` channels at a time."""
    w = {name: value.to(x.device) for name, value in weights.items()}
    channels = x.reshape(-1, 1, *x.shape[2:]).float()
    seen = torch.cat([see(w, part) for part in torch.split(channels, slab)])
    return seen.reshape(*x.shape[:2], -1)


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # the order of sums, and with it the last bits, follows the threads
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def fit(
    hidden: See,
    shapes: Mapping[str, tuple[int, ...]],
    x: Tensor,
    labels: Tensor,
    source: np.random.Generator,
    *,
    epochs: int,
    batch: int,
    shift: int = 0,
    said: Callable[[int], None] | None = None,
) -> Weights:
    """Cross-entropy, Adam, a rate that falls to 0 by a cosine; on the CPU and one thread, in float32.

    All that is random comes from `source`: the global random state is left as it was. Every batch is moved by up to
    `shift` pixels each way; what leaves the image comes in on the other side. `said` is told each epoch that begins.
    """
    w = {}
    for name, shape in shapes.items():
        gain = math.sqrt(2 / math.prod(shape[1:])) if len(shape) > 1 else 0.0  # He et al. 2015, eq. 10
        w[name] = torch.from_numpy(gain * source.standard_normal(shape, dtype=np.float32)).float().requires_grad_()
    optimizer = torch.optim.Adam(w.values(), lr=FASTEST)
    with _one_thread(), torch.enable_grad():
        for epoch in range(epochs):
            if said:
                said(epoch)
            optimizer.param_groups[0]["lr"] = FASTEST / 2 * (1 + math.cos(math.pi * epoch / epochs))
            for rows in torch.split(torch.from_numpy(source.permutation(len(x))), batch):
                shown = x[rows]
                if shift:
                    shown = shown.roll(source.integers(-shift, shift + 1, 2).tolist(), (2, 3))
                loss = F.cross_entropy(last(w, hidden(w, shown)), labels[rows])
                optimizer.zero_grad()
                torch.autograd.backward(loss)
                optimizer.step()
    return {name: value.detach() for name, value in w.items()}
