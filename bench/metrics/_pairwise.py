"""One pass over all pairs of two sets of features, from which kernel distance, precision, recall, density, coverage follow.

Each product of two features is taken once, however many words ask; what lies among the real samples is summed up once
per data set. In few dimensions a tree finds the neighbours instead.
"""

from __future__ import annotations

import weakref
from abc import abstractmethod
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from bench.data.base import Data
from bench.metrics._arrays import finite
from bench.metrics._tiled_products import across, among, clouds
from bench.metrics.base import FeatureMetric


class Want(NamedTuple):
    """Something that a survey can find."""

    what: str
    k: int = 0  # neighbours that make a ball


KERNEL = Want("kernel")  # -> (mean kernel among fakes, mean kernel between fakes and real samples)


def within(k: int) -> Want:
    """Fakes in balls of real samples -> (share of fakes in one, pairs over k N, share of balls that hold one)."""
    return Want("within", k)


def reached(k: int) -> Want:
    """Real samples in balls of fakes -> (share of real samples in one,)."""
    return Want("reached", k)


Found = dict[Want, Tensor]
USUAL = 5  # neighbours that a real side holds, so that words of smaller balls share it
KEPT = 8  # surveys that are remembered: each is a few numbers a seed
_known: OrderedDict[tuple[int, ...], tuple[tuple[weakref.ref[Tensor], ...], Found]] = OrderedDict()


@dataclass(frozen=True, kw_only=True)
class PairMetric(FeatureMetric):
    """A metric that a survey of all pairs finds; those of one space share its real side and its pass."""

    @abstractmethod
    def wants(self) -> Want:
        """What it reads from a survey."""

    def refuses(self, data: Data) -> str | None:
        m, k = len(data.held_out), self.wants().k
        return super().refuses(data) if m > k else f"{m} held-out samples have no {k}-th neighbour"

    def recipe(self) -> tuple[object, ...]:
        return ("pairs", self.space, max(self.wants().k, USUAL))

    def summarise(self, real: Tensor) -> dict[str, Tensor]:
        return side(real, k=min(max(self.wants().k, USUAL), len(real) - 1))


def side(real: Tensor, *, kernel: bool = True, k: int = 5) -> dict[str, Tensor]:
    """What a survey needs of real features [M, F]: themselves, `own`, the mean kernel among them, and their balls.

    balls [M, k]: squared distances to the k nearest other samples. Raises NonFinite; ValueError with fewer than k + 1.
    """
    (x,) = clouds(finite(real, "real features"), on=real)
    own, balls = among(x, kernel=kernel, k=k)
    return {"features": real, "own": own, "balls": balls}


def survey(fake: Tensor, real: Mapping[str, Tensor], wants: Iterable[Want]) -> Found:
    """fake [..., N, F] and a `side` -> what each of `wants` asks for, [..., numbers] float64.

    What an earlier call found for the same two tensors is not computed again; they are told apart by identity and
    version, so that an equal copy is a new one, and an altered tensor too. Raises NonFinite.
    """
    known = _remembered(fake, real["features"])
    if wanted := set(wants) - set(known):
        finite(fake, "fakes")
        seeds = [_one(x, real, wanted) for x in fake.reshape(-1, *fake.shape[-2:])]
        for want in wanted:
            known[want] = torch.stack([found[want] for found in seeds]).view(*fake.shape[:-2], -1)
    return known


def _remembered(*tensors: Tensor) -> Found:
    if any(t.is_inference() for t in tensors):  # they count no versions
        return {}
    key = tuple(number for t in tensors for number in (id(t), t._version))
    refs, found = _known.pop(key, ((), {}))
    if not refs or any(ref() is not t for ref, t in zip(refs, tensors, strict=True)):
        refs, found = tuple(weakref.ref(t) for t in tensors), {}
    _known[key] = refs, found
    while len(_known) > KEPT:
        _known.popitem(last=False)
    return found


def _one(fake: Tensor, real: Mapping[str, Tensor], wants: set[Want]) -> Found:
    x, y = clouds(fake, real["features"], on=real["features"])
    kernel, ks = KERNEL in wants, [w.k for w in wants if w.what == "reached"]
    limits = {w.k: real["balls"][:, w.k - 1] for w in wants if w.what == "within"}
    own, near = among(x, kernel=kernel, k=max(ks, default=0)) if kernel or ks else (y.norms.sum(), x.points)
    seen = across(x, y, kernel=kernel, of_y=limits, of_x={k: near[:, k - 1] for k in ks})
    found: Found = {}
    if kernel:
        found[KERNEL] = torch.stack([own, seen.kernel])
    for k in limits:
        shares = [seen.hit[k].double().mean(), seen.count[k] / (k * len(fake)), seen.filled[k].double().mean()]
        found[within(k)] = torch.stack(shares)
    return found | {reached(k): seen.reached[k].double().mean()[None] for k in ks}
