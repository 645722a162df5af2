"""Whitening: training sees data of identity covariance; samples are mapped back before they are evaluated."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import torch
from torch import Tensor

from bench.data.base import Data
from bench.plugins.ranges import NonNegative
from bench.training.hooks import Stabilizer

FLAT = 1e-10  # below this share of the largest variance a direction counts as constant
ROWS = 4096  # samples that are taken at once


@dataclass(frozen=True)
class Whitening(Stabilizer):
    """z = s · (x - μ) Q Λ^{-1/2} Qᵀ (zca) or s · (x - μ) Q Λ^{-1/2} (pca), with the data's covariance QΛQᵀ.

    `eps` is added to Λ, so that directions of little variance (the fine detail of images) are not blown up. Directions
    in which the data is constant keep their scale, so that all is undone exactly. s = 1 for points; for images s puts
    the largest number at 1, where a bounded generator can reach it. The closed forms of a data set (density, modes)
    are those of the original space and are not passed on to training.
    Source: Bell & Sejnowski 1997 (ZCA); Krizhevsky 2009, appendix A.
    """

    kind: Literal["zca", "pca"] = "zca"
    eps: NonNegative = 0.0

    replaces: ClassVar[frozenset[str]] = frozenset({"axes of the data"})

    def data(self, data: Data) -> Data:
        shape, flat = data.shape, data.x.flatten(1)
        mean = flat.double().mean(0)
        second = sum((rows.double() - mean).T @ (rows.double() - mean) for rows in _rows(flat))
        values, q = torch.linalg.eigh(torch.as_tensor(second) / len(flat))
        root = torch.where(values > FLAT * values[-1], values.clamp(min=0) + self.eps, 1.0).sqrt()
        turned = q.T if self.kind == "zca" else torch.eye(len(q), dtype=q.dtype)
        there, back = q / root @ turned, turned.T * root @ q.T
        if data.is_image:
            largest = max(float(((rows.double() - mean) @ there).abs().max()) for rows in _rows(flat))
            there, back = there / largest, back * largest

        def whiten(x: Tensor) -> Tensor:
            rows = [((rows.double() - mean) @ there).to(x.dtype) for rows in _rows(x.flatten(1))]
            return torch.cat(rows).reshape(-1, *shape)

        def undo(z: Tensor) -> Tensor:
            rows = z.flatten(1).double() @ back.to(z.device) + mean.to(z.device)
            return data.undo(rows.to(z.dtype).reshape(-1, *shape))

        return replace(
            data, x=whiten(data.x), held_out=whiten(data.held_out), modes=None, manifold=None, law=None, undo=undo
        )


def _rows(x: Tensor) -> tuple[Tensor, ...]:
    """x [N, n] in pieces, so that double precision never holds all of it."""
    return torch.tensor_split(x, tuple(range(ROWS, len(x), ROWS)))
