"""Products of all pairs of two sets of features, a tile at a time, and what is read off them: kernels and neighbours.

From the products x·y of centred features follow the squared distance ‖x‖² + ‖y‖² - 2 x·y and the kernel's base. In a
symmetric matrix only tiles on and above the diagonal are computed. A squared distance is off by at most
(F + 16) ε (‖x‖² + ‖y‖²), the rounding of the features included; whatever lies within that is taken again, in float64 or
from the difference x - y, so that ties and duplicates count as they must.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isqrt

import torch
from torch import Tensor

from bench.metrics import _arrays, _kdtree
from bench.metrics._exact_distances import SPARE, exact, middle
from bench.metrics._neighbours import near_rows

DOUBTFUL = 1 / 256  # share of a tile: beyond, its distances are taken in float64 before any pair is


@dataclass(frozen=True)
class Cloud:
    """A set of N points, centred."""

    points: Tensor  # [N, F] float64: comparisons are decided on these
    quick: Tensor  # [N, F] the same, in the type in which products are taken
    norms: Tensor  # [N] float64: ‖x‖²
    lift: Tensor  # [N] float64: 1 + x·y/F of the features as they came is lift_x + lift_y + x·y/F of the centred ones

    @property
    def error(self) -> float:
        """Of a squared distance by products, in units of ‖x‖² + ‖y‖²."""
        return (self.quick.shape[1] + 16) * float(torch.finfo(self.quick.dtype).eps)


def clouds(*sets: Tensor, on: Tensor) -> tuple[Cloud, ...]:
    """Sets of features [N, F], centred on the mean of `on`; products in float32 where all are float32 of usual size."""
    mean = middle(on)
    points = [x.double() - mean for x in sets]
    norms = [x.square().sum(1) for x in points]
    largest, single = max(float(n.max()) for n in norms), all(s.dtype == torch.float32 for s in sets)
    usual = 1e-16 < largest < 1e10 and float(mean.square().sum()) < 100 * largest  # else float32 would lose too much
    dtype = torch.float32 if single and usual and torch.get_float32_matmul_precision() == "highest" else torch.float64
    lifts = [(x @ mean + mean.square().sum() / 2) / len(mean) + 0.5 for x in points]
    return tuple(Cloud(x, x.to(dtype), n, up) for x, n, up in zip(points, norms, lifts, strict=True))


@dataclass(frozen=True)
class Tile:
    """The products of some points of x with some of y."""

    x: Cloud
    y: Cloud
    rows: slice
    columns: slice
    products: Tensor  # [b, c]

    @property
    def mirrored(self) -> bool:
        """Whether it stands for its transpose too: off the diagonal of a symmetric matrix."""
        return self.x is self.y and self.rows != self.columns

    def squared(self) -> Tensor:
        """Squared distances [b, c]; of a point from itself, infinite."""
        out = torch.add(self.y.norms[self.columns].to(self.products), self.products, alpha=-2)
        out.add_(self.x.norms[self.rows, None].to(self.products))
        return out.fill_diagonal_(torch.inf) if self.x is self.y and not self.mirrored else out

    def kernel(self) -> Tensor:
        """Σ (x·y/F + 1)³, a scalar float64; a point with itself is left out."""
        base = torch.add(self.y.lift[self.columns].to(self.products), self.products, alpha=1 / self.x.points.shape[1])
        base.add_(self.x.lift[self.rows, None].to(self.products))
        if self.x is self.y and not self.mirrored:
            base.fill_diagonal_(0)
        total = base.square().mul_(base).sum(dtype=torch.float64)
        return 2 * total if self.mirrored else total

    def inside(self, squared: Tensor, limit: Tensor, i: Tensor, j: Tensor) -> Tensor:
        """‖x_i - y_j‖² <= limit of pairs [P] of the tile, exactly; squared and limit [P]."""
        a, b = i + self.rows.start, j + self.columns.start
        size = self.x.norms[a] + self.y.norms[b]
        doubt = (squared - limit).abs() <= self.x.error * size
        if self.products.dtype != torch.float64 and int(doubt.sum()) > DOUBTFUL * self.products.numel():
            x, y = self.x.points[self.rows], self.y.points[self.columns]
            squared = size - 2 * (x @ y.T)[i, j]
            doubt = (squared - limit).abs() <= (x.shape[1] + 16) * torch.finfo(torch.float64).eps * size
        sure = squared <= limit
        if bool(doubt.any()):
            sure[doubt] = exact(self.x.points, self.y.points, a[doubt], b[doubt]) <= limit[doubt]
        return sure


def tiles(x: Cloud, y: Cloud) -> Iterator[Tile]:
    """All pairs of x and y; where y is x, each unordered pair once."""
    edge = max(1, isqrt(_arrays.BLOCK // 4))
    columns = [slice(s, min(s + edge, len(y.points))) for s in range(0, len(y.points), edge)]
    for start in range(0, len(x.points), edge):
        rows = slice(start, min(start + edge, len(x.points)))
        for part in columns:
            if x is not y or part.start >= rows.start:
                yield Tile(x, y, rows, part, x.quick[rows] @ y.quick[part].T)


def among(x: Cloud, *, kernel: bool, k: int) -> tuple[Tensor, Tensor]:
    """Mean kernel over i ≠ j, a scalar (0 where not asked for), and squared distances to the k nearest others [N, k].

    Raises ValueError with fewer than two points, or fewer than k + 1.
    """
    n, planted = len(x.points), k > 0 and _kdtree.suits(x.points)
    if n <= max(k, 1):
        raise ValueError(f"{n} samples have no {k}-th nearest neighbour" if k else "pairs need at least two samples")
    total, look = x.norms.new_zeros(()), 0 if planted or not k else min(k + SPARE, n - 1)
    near = x.quick.new_full((n, look), torch.inf)
    which = torch.zeros(n, look, dtype=torch.long, device=near.device)

    def meet(rows: slice, squared: Tensor, start: int) -> None:
        gaps, others = squared.topk(min(look, squared.shape[1]), largest=False)
        gaps, others = torch.cat([near[rows], gaps], 1), torch.cat([which[rows], others + start], 1)
        near[rows], order = gaps.topk(look, largest=False)
        which[rows] = others.gather(1, order)

    for tile in tiles(x, x) if kernel or look else ():
        if kernel:
            total += tile.kernel()
        if look:
            squared = tile.squared()
            meet(tile.rows, squared, tile.columns.start)
            if tile.mirrored:
                meet(tile.columns, squared.T.contiguous(), tile.rows.start)
    gaps = _kdtree.near_others(x.points, k) if planted else _settle(x, near, which, k) if k else x.norms.new_zeros(n, 0)
    return total / (n * (n - 1)), gaps


def _settle(x: Cloud, near: Tensor, which: Tensor, k: int) -> Tensor:
    """The k smallest squared distances [N, k], exactly, from the rows that seem nearest [N, look]."""
    order = near.argsort(1)
    near, which = near.gather(1, order).double(), which.gather(1, order)
    slack = x.error * (x.norms + x.norms.max())[:, None]
    i, column = (near <= near[:, k - 1 : k] + 2 * slack).nonzero(as_tuple=True)
    gaps = torch.full_like(near, torch.inf)
    gaps[i, column] = exact(x.points, x.points, i, which[i, column])
    gaps = gaps.sort(1).values[:, :k]
    missed = (near[:, -1:] - slack < gaps[:, -1:]) & (gaps[:, -1:] > 0)
    if near.shape[1] < len(x.points) - 1 and bool(missed.any()):
        rows = missed[:, 0].nonzero()[:, 0]
        gaps[rows] = near_rows(x.points, rows, k)
    return gaps


@dataclass(frozen=True)
class Across:
    """What the pairs of x and y show."""

    kernel: Tensor  # scalar float64: the mean kernel (0 where not asked for)
    hit: dict[int, Tensor]  # by k, [N] bool: x_i lies in a ball of y
    filled: dict[int, Tensor]  # by k, [M] bool: the ball of y_j holds a point of x
    count: dict[int, Tensor]  # by k, scalar float64: pairs (x_i, ball of y_j)
    reached: dict[int, Tensor]  # by k, [M] bool: y_j lies in a ball of x


def across(x: Cloud, y: Cloud, *, kernel: bool, of_y: Mapping[int, Tensor], of_x: Mapping[int, Tensor]) -> Across:
    """of_y and of_x: by k, the squared radii [M] and [N] of balls that grow with k."""

    def none(c: Cloud, keys: Mapping[int, Tensor]) -> dict[int, Tensor]:
        return {k: torch.zeros(len(c.points), dtype=torch.bool, device=c.points.device) for k in keys}

    total, counts = x.norms.new_zeros(()), {k: x.norms.new_zeros(()) for k in of_y}
    found = Across(total, none(x, of_y), none(y, of_y), counts, none(y, of_x))
    balls = bool(of_y or of_x) and not (_kdtree.suits(x.points) and _by_trees(x, y, of_y, of_x, found))
    for tile in tiles(x, y) if kernel or balls else ():
        if kernel:
            total += tile.kernel()
        if not balls:
            continue
        squared, rows, columns = tile.squared(), tile.rows, tile.columns
        if of_y:
            widest = of_y[max(of_y)][columns] + x.error * (y.norms[columns] + x.norms[rows].max())
            i, j = (squared <= widest.to(squared)).nonzero(as_tuple=True)
            gaps = squared[i, j].double()
            for k, limit in of_y.items():
                sure = tile.inside(gaps, limit[columns][j], i, j)
                found.hit[k][i[sure] + rows.start] = True
                found.filled[k][j[sure] + columns.start] = True
                found.count[k].add_(sure.sum())
        if of_x:
            widest = of_x[max(of_x)][rows] + x.error * (x.norms[rows] + y.norms[columns].max())
            i, j = (squared <= widest[:, None].to(squared)).nonzero(as_tuple=True)
            gaps = squared[i, j].double()
            for k, limit in of_x.items():
                found.reached[k][j[tile.inside(gaps, limit[rows][i], i, j)] + columns.start] = True
    total /= len(x.points) * len(y.points)
    return found


def _by_trees(x: Cloud, y: Cloud, of_y: Mapping[int, Tensor], of_x: Mapping[int, Tensor], found: Across) -> bool:
    """Fills in what balls show, from lists of pairs; False, and nothing is filled in, where they are too long."""
    there = {k: _kdtree.pairs(x.points, y.points, limit) for k, limit in of_y.items()}
    back = {k: _kdtree.pairs(y.points, x.points, limit) for k, limit in of_x.items()}
    if any(listed is None for listed in (*there.values(), *back.values())):
        return False
    for k, listed in there.items():
        assert listed is not None
        found.hit[k][listed[0]] = True
        found.filled[k][listed[1]] = True
        found.count[k].add_(len(listed[0]))
    for k, listed in back.items():
        assert listed is not None
        found.reached[k][listed[0]] = True
    return True
