"""An untrained space for photographs: colour, contrast and texture by fixed filters."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from bench.data.base import Data
from bench.features.base import Features

DEVIATION, AMPLITUDE = 4.0, 12.0
SMALLEST = 16  # pixels: the third octave still has 4 × 4 places
OCTAVES, ORIENTATIONS, WAVELENGTH, RADIUS, SLAB = 3, 4, 4.0, 4, 512
OPPONENT = ((1, 1, 1), (1, 0, -1), (1, -2, 1))  # brightness, red against blue, green against both; rows made unit below


@dataclass(frozen=True, kw_only=True)
class Patches(Features):
    """132 numbers a patch:

    - mean and standard deviation of brightness and two opponent colours in the four quarters (24);
    - amplitudes of quadrature Gabor pairs, 3 octaves × 4 orientations: their mean in each quarter for brightness (48),
      over the patch for the colours (24), and their root mean square for all three (36).

    Why these: two photographs have no labels to train a classifier with, and a network trained elsewhere would have to
    be fetched. Energies by band and orientation are what tells textures apart (Heeger & Bergen 1995; Portilla &
    Simoncelli 2000); mean against root mean square says how sparse a band is, as natural images are and noise is not
    (Field 1987). Deviations are multiplied by 4 and amplitudes by 12, so that the three kinds spread alike over
    photographs. A Fréchet distance between such features sees colour casts, contrast, blur, noise and lost texture. It
    knows no objects.
    x [N, 3, H, W] in [-1, 1], at least 16 pixels high and wide -> [N, 132].
    """

    name: ClassVar[str] = "patches"

    def refuses(self, data: Data) -> str | None:
        if len(data.shape) == 3 and data.shape[0] == 3 and min(data.shape[1:]) >= SMALLEST:
            return None
        return f"it sees colour images of at least {SMALLEST} × {SMALLEST} pixels, not {data.shape}"

    @torch.no_grad()
    def __call__(self, x: Tensor) -> Tensor:
        return torch.cat([_describe(slab.float()) for slab in torch.split(x, SLAB)])

    def sha256(self) -> str:
        """Of the filters (to 1e-6, so that all machines agree) and of how they are pooled."""
        weights = torch.cat([_colours().flatten(), _pairs().flatten()]).double().mul(1e6).round().long()
        pooled = f"mean, {DEVIATION} std, {AMPLITUDE} amplitude mean and rms; quarters; {OCTAVES} octaves; replicate"
        return hashlib.sha256(pooled.encode() + weights.numpy().astype("<i8").tobytes()).hexdigest()


def _describe(x: Tensor) -> Tensor:
    """Patches [N, 3, H, W] -> [N, 132]."""
    y = torch.einsum("oc,nchw->nohw", _colours().to(x.device), x)
    mean = F.adaptive_avg_pool2d(y, 2)
    y = y - y.mean((2, 3), keepdim=True)  # squaring a bright patch would lose its contrast to rounding
    square = F.adaptive_avg_pool2d(y.square(), 2)
    deviation = (square - F.adaptive_avg_pool2d(y, 2).square()).clamp(min=0).sqrt()
    found = [mean, DEVIATION * deviation]
    for octave in range(OCTAVES):
        amplitude = AMPLITUDE * _amplitude(F.avg_pool2d(y, 2**octave))  # [N, 3, 4, h, w]
        found += [
            F.adaptive_avg_pool2d(amplitude[:, 0], 2),
            amplitude[:, 1:].mean((-2, -1)),
            amplitude.square().mean((-2, -1)).sqrt(),
        ]
    return torch.cat([part.flatten(1) for part in found], 1)


def _amplitude(y: Tensor) -> Tensor:
    """Local amplitude of each band: y [N, 3, h, w] -> [N, 3, orientations, h, w]."""
    n, _, h, w = y.shape
    single = F.pad(y.reshape(-1, 1, h, w), [RADIUS] * 4, mode="replicate")
    even, odd = F.conv2d(single, _pairs().to(y.device)).reshape(n, 3, ORIENTATIONS, 2, h, w).unbind(3)
    return torch.hypot(even, odd)


@cache
def _colours() -> Tensor:
    """Orthonormal opponent colours [3, 3]."""
    rows = torch.tensor(OPPONENT, dtype=torch.float64)
    unit: Tensor = rows / torch.linalg.vector_norm(rows, dim=1, keepdim=True)
    return unit.float()


@cache
def _pairs() -> Tensor:
    """Even and odd Gabor filters [orientations · 2, 1, k, k]: 0 on a constant, the amplitude on their own wave."""
    line = torch.arange(-RADIUS, RADIUS + 1, dtype=torch.float64)
    row, column = torch.meshgrid(line, line, indexing="ij")
    window = torch.exp(-(row.square() + column.square()) / (2 * (WAVELENGTH / 2) ** 2))
    filters = []
    for k in range(ORIENTATIONS):
        angle = math.pi * k / ORIENTATIONS
        phase = 2 * math.pi / WAVELENGTH * (math.cos(angle) * column + math.sin(angle) * row)
        even = window * (phase.cos() - (window * phase.cos()).sum() / window.sum())
        odd = window * phase.sin()
        filters += [even / (even * phase.cos()).sum(), odd / (odd * phase.sin()).sum()]
    return torch.stack(filters)[:, None].float()
