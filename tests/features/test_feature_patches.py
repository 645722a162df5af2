"""The features of photo patches: deterministic, and sensitive to what they promise."""

from __future__ import annotations

from functools import cache

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from bench.data.digits import Digits
from bench.data.photo_patches import PhotoPatches
from bench.data.ring import Ring
from bench.features.patches import OCTAVES, Patches

N = 200


@cache
def real() -> Tensor:
    return PhotoPatches(n=2 * N, held_out=1).load().x


@cache
def spread() -> Tensor:
    return Patches()(real()).std(0)


def gap(a: Tensor, b: Tensor) -> float:
    """Distance between mean features, in the spread of each feature over photographs."""
    return float(((Patches()(a).mean(0) - Patches()(b).mean(0)) / spread()).norm())


def blur(x: Tensor) -> Tensor:
    return F.avg_pool2d(F.pad(x, [1] * 4, mode="replicate"), 3, 1)


ALTERED = {
    "noise": lambda x: x + 0.05 * torch.randn(x.shape, generator=torch.Generator().manual_seed(0)),
    "blur": blur,
    "contrast": lambda x: x.mean((2, 3), keepdim=True) + 0.6 * (x - x.mean((2, 3), keepdim=True)),
    "grey": lambda x: x.mean(1, keepdim=True).expand_as(x),
    "cast": lambda x: x + torch.tensor([0.3, 0.0, -0.3]).view(1, 3, 1, 1),
    "flat": lambda x: x.mean((2, 3), keepdim=True).expand_as(x),
    "scrambled": lambda x: x.flatten(2)[..., torch.randperm(1024, generator=torch.Generator().manual_seed(0))].view_as(
        x
    ),
}


@pytest.mark.parametrize("name", ALTERED)
def test_what_alters_a_photograph_is_seen(name: str) -> None:
    a, b = real()[:N], real()[N:]
    assert gap(ALTERED[name](a), b) > 2 * gap(a, b)


def test_shape_type_bits_and_name() -> None:
    x = real()[:40]
    f = Patches()(x)
    assert f.shape == (40, 132)
    assert f.dtype == torch.float32
    assert torch.equal(Patches()(x), f)
    torch.testing.assert_close(Patches()(x[7:9]), f[7:9], rtol=1e-5, atol=1e-5)
    assert Patches.name == "patches"
    assert len(Patches().sha256()) == 64


def test_texture_answers_scale_with_contrast_and_ignore_brightness() -> None:
    x = real()[:20]
    f, doubled, lifted = (Patches()(y)[:, 12:] for y in (x, 2 * x, x + 0.5))
    torch.testing.assert_close(doubled, 2 * f, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(lifted, f, rtol=1e-3, atol=2e-3)


@pytest.mark.parametrize("octave", range(OCTAVES))
def test_a_wave_is_loudest_in_its_own_octave_and_orientation(octave: int) -> None:
    place = torch.arange(32.0)
    wave = torch.sin(2 * torch.pi * place / (4 * 2**octave)).expand(1, 3, 32, 32)  # along the columns: orientation 0
    rows = [Patches()(wave)[0, 24 + 36 * k + 24 : 24 + 36 * k + 36].reshape(3, 4)[0] for k in range(OCTAVES)]
    loudness = torch.stack(rows)  # [octave, orientation], root mean square of brightness
    assert divmod(int(loudness.argmax()), 4) == (octave, 0)


def test_what_is_not_finite_stays_so() -> None:
    x = torch.zeros(2, 3, 32, 32)
    x[0, 1, 9, 9] = torch.nan
    f = Patches()(x)
    assert f[0].isnan().any()
    assert f[1].isfinite().all()


def test_it_refuses_what_it_cannot_see() -> None:
    assert Patches().refuses(PhotoPatches(n=1, held_out=1, size=16).load()) is None
    for other in (Ring(n=1, held_out=1), Digits(), PhotoPatches(n=1, held_out=1, size=8)):
        assert "16" in str(Patches().refuses(other.load()))
