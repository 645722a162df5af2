"""Differentiable augmentations of images x [B, C, H, W], a draw of its own for every image."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from bench.data.base import Data
from bench.training.rng import Rng


def needs_images(data: Data, word: str) -> str | None:
    """Why a stabilizer of images does not fit this data; None where it does."""
    return None if data.is_image else f"{word} augments images and the data set has samples of shape {data.shape}"


def each(values: Tensor) -> Tensor:
    """[B] -> [B, 1, 1, 1]."""
    return values[:, None, None, None]


def flip(x: Tensor, rng: Rng) -> Tensor:
    """Left and right exchanged in half of the images."""
    return torch.where(each(rng.uniform(len(x)) < 0.5), x.flip(3), x)


def turn(x: Tensor, rng: Rng) -> Tensor:
    """A multiple of 90 degrees (of 180, where the image is not square)."""
    quarter = 1 if x.shape[2] == x.shape[3] else 2
    turned = torch.stack([x.rot90(k, (2, 3)) for k in range(0, 4, quarter)])  # [choices, B, C, H, W]
    return turned[rng.integers(len(turned), len(x)), torch.arange(len(x), device=x.device)]


def shift(x: Tensor, rng: Rng, share: float = 0.125) -> Tensor:
    """Up to a share of the side in whole pixels, either way on both axes; what comes in is 0."""
    n, _, height, width = x.shape
    down, right = round(height * share), round(width * share)
    padded = F.pad(x, (right, right, down, down)).movedim(1, 3)  # [B, H + 2 down, W + 2 right, C]
    rows = rng.integers(2 * down + 1, n)[:, None] + torch.arange(height, device=x.device)
    columns = rng.integers(2 * right + 1, n)[:, None] + torch.arange(width, device=x.device)
    image = torch.arange(n, device=x.device)[:, None, None]
    return padded[image, rows[:, :, None], columns[:, None, :]].movedim(3, 1)


def cutout(x: Tensor, rng: Rng, share: float = 0.5) -> Tensor:
    """A rectangle of this share of both sides, centred anywhere in the image, becomes 0."""
    inside = torch.ones((), dtype=torch.bool, device=x.device)
    for axis in (2, 3):
        side = x.shape[axis]
        place = torch.arange(side, device=x.device)
        gap = place - rng.integers(side, len(x))[:, None]  # [B, side]
        length = round(side * share)
        hit = (gap >= -(length // 2)) & (gap < length - length // 2)
        inside = inside & (hit[:, None, :, None] if axis == 2 else hit[:, None, None, :])
    return torch.where(inside, torch.zeros_like(x), x)


def brightness(x: Tensor, rng: Rng) -> Tensor:
    """x + b, b ~ U(-.5, .5)."""
    return x + each(rng.uniform(len(x)) - 0.5)


def saturation(x: Tensor, rng: Rng) -> Tensor:
    """The distance from each pixel's grey is multiplied by U(0, 2); an image of one channel stays."""
    grey = x.mean(1, keepdim=True)
    return (x - grey) * each(2 * rng.uniform(len(x))) + grey


def contrast(x: Tensor, rng: Rng) -> Tensor:
    """The distance from the image's mean is multiplied by U(.5, 1.5)."""
    mean = x.mean((1, 2, 3), keepdim=True)
    return (x - mean) * each(rng.uniform(len(x)) + 0.5) + mean


def invert(x: Tensor, rng: Rng) -> Tensor:
    """Brightness turned upside down in half of the images."""
    grey = x.mean(1, keepdim=True)
    return torch.where(each(rng.uniform(len(x)) < 0.5), x - 2 * grey, x)
