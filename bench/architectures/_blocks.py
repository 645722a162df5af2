"""Parts of the image architectures: no buffers, no running statistics, nothing that mixes samples but BatchNorm."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bench.architectures.base import one_hot
from bench.architectures.mlp import FREQUENCIES, embed

CONDITION = 1 + 2 * FREQUENCIES  # length of the noise level's embedding


def halvings(shape: tuple[int, ...], depth: int) -> int:
    """How often an image is halved: `depth` times, or, for depth 0, until its shorter side is 4 to 7 pixels."""
    if depth:
        return depth
    return max(0, (min(shape[1:]) // 4).bit_length() - 1)


def refuses_size(shape: tuple[int, ...], depth: int) -> str | None:
    """Why images of this shape can't be halved that often, odd sides rounded up; None where they can."""
    if len(shape) != 3:
        return "it needs images [channels, height, width]"
    times = halvings(shape, depth)
    if times == 0:
        return "the shorter side has fewer than 8 pixels, nothing to halve"
    if min(shape[1:]) <= 2 ** (times - 1):
        return f"a side of {min(shape[1:])} pixels can't be halved {times} times: choose a smaller depth"
    return None


def refuses_shape(shape: tuple[int, ...], depth: int) -> str | None:
    """Why images of this shape can't be halved that often without a remainder; None where they can."""
    if why := refuses_size(shape, depth):
        return why
    times = halvings(shape, depth)
    if odd := [side for side in shape[1:] if side % 2**times]:
        return f"a side of {odd[0]} pixels can't be halved {times} times: choose a smaller depth or crop the images"
    return None


def sides(shape: tuple[int, ...], depth: int) -> list[tuple[int, int]]:
    """Height and width before and after each halving, odd ones rounded up: 28 -> 14 -> 7 -> 4 -> 2."""
    _, height, width = shape
    return [(-(-height // 2**k), -(-width // 2**k)) for k in range(halvings(shape, depth) + 1)]


def smallest(shape: tuple[int, ...], depth: int) -> tuple[int, int]:
    """Height and width after all halvings."""
    return sides(shape, depth)[-1]


class Reshape(nn.Module):
    """[B, n] -> [B, *shape]."""

    def __init__(self, *shape: int) -> None:
        super().__init__()
        self.shape = shape

    def forward(self, x: Tensor) -> Tensor:
        return x.reshape(-1, *self.shape)


def planes(x: Tensor, t: Tensor | None, y: Tensor | None, classes: int) -> Tensor:
    """x [B, C, H, W] with noise level and label as further constant channels: [B, C + condition, H, W]."""
    parts = []
    if t is not None:
        parts.append(embed(t))
    if classes and y is not None:
        parts.append(one_hot(y, classes, x))
    if not parts:
        return x
    condition = torch.cat(parts, 1)[:, :, None, None].expand(-1, -1, *x.shape[2:])
    return torch.cat([x, condition], 1)


def condition(t: Tensor, y: Tensor | None, z: Tensor | None, classes: int) -> Tensor:
    """Noise level, label (zeros where there is none) and latent noise side by side [B, condition]."""
    parts = [embed(t)]
    if classes:
        parts.append(one_hot(y, classes, t) if y is not None else t.new_zeros(len(t), classes))
    if z is not None:
        parts.append(z)
    return torch.cat(parts, 1)


class ResBlock(nn.Module):
    """x + conv(act(norm(conv(resample(act(norm(x))))))), with a condition vector added between the convolutions.

    `bias=False` is for blocks under batch norm, which removes every channel's constant: such a bias would have no
    gradient but rounding errors. `resample` changes the resolution on both branches; a 1x1 convolution matches channels
    where they differ.
    Source: He et al. 2016 (pre-activation); Miyato et al. 2018, appendix B; Ho et al. 2020, appendix B.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        norm: Callable[[int], nn.Module],
        activation: Callable[[Tensor], Tensor],
        resample: Callable[[Tensor], Tensor] | None = None,
        condition: int = 0,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.norm1, self.norm2 = norm(inputs), norm(outputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1, bias=bias)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=bias)
        self.skip = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()
        self.embed = nn.Linear(condition, outputs) if condition else None
        self.activation, self.resample = activation, resample or _same

    def forward(self, x: Tensor, c: Tensor | None = None) -> Tensor:
        h = self.conv1(self.resample(self.activation(self.norm1(x))))
        if self.embed is not None and c is not None:
            h = h + self.embed(c)[:, :, None, None]
        h = self.conv2(self.activation(self.norm2(h)))
        joined: Tensor = h + self.skip(self.resample(x))
        return joined


def _same(x: Tensor) -> Tensor:
    return x


def unnormed(channels: int) -> nn.Module:
    """No normalisation, as in a critic whose samples must not see one another."""
    return nn.Identity()


def group_norm(channels: int) -> nn.Module:
    """Groups of 8 channels or, where 8 does not divide them, one group (Wu & He 2018); no sample sees another."""
    return nn.GroupNorm(channels // 8 if channels % 8 == 0 else 1, channels)


def up(x: Tensor) -> Tensor:
    """Twice the resolution, nearest neighbour."""
    return F.interpolate(x, scale_factor=2.0, mode="nearest")


def down(x: Tensor) -> Tensor:
    """Half the resolution, average."""
    return F.avg_pool2d(x, 2)


def quiet(layer: nn.Conv2d, scale: float = 1e-2) -> nn.Conv2d:
    """The same layer starting near zero (Ho et al. 2020 start such layers at zero)."""
    with torch.no_grad():
        layer.weight.mul_(scale)
        if layer.bias is not None:
            layer.bias.zero_()
    return layer
