"""A small classifier of 8 by 8 digits: it says which digit an image shows, and what it sees is a feature space.

Two convolutions and two dense layers (in the manner of LeNet-5: LeCun et al. 1998), cross-entropy, Adam, 40 epochs at a
rate that falls to 0 by a cosine. The trained weights come with the package and are known by their sha256, so that
everybody measures with the same ones: trained anew (`python -m bench.data._digit_classifier FILE`, seconds) they would
differ in the last bits between kinds of processors. It is smooth (SiLU): of ReLU's 64 features 28 were 0 on every digit.
"""

from __future__ import annotations

import hashlib
import io
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from bench.data._classifiers import Weights, each_channel, fit, last
from bench.data._classifiers import accuracy as accuracy_of
from bench.data.base import DataError, keyed
from bench.data.digits import Digits

SHAPES = {
    "conv1": (16, 1, 3, 3), "bias1": (16,),
    "conv2": (32, 16, 3, 3), "bias2": (32,),
    "dense": (64, 512), "bias3": (64,),
    "last": (10, 64), "bias4": (10,),
}  # fmt: skip
EPOCHS, BATCH, SLAB = 40, 48, 4096
FILE = Path(__file__).with_name("_digit_classifier.npz")
SHA256 = "c71262c55c6dce377a418ac30a07135fb455d7ab0b62ab4cd421c5449ee53579"


def hidden(w: Weights, x: Tensor) -> Tensor:
    """Digits x [N, 1, 8, 8] -> the layer before the last [N, 64]."""
    x = F.silu(F.conv2d(x, w["conv1"], w["bias1"], padding=1))
    x = F.max_pool2d(F.silu(F.conv2d(x, w["conv2"], w["bias2"], padding=1)), 2)
    return F.silu(F.linear(x.flatten(1), w["dense"], w["bias3"]))


def accuracy(w: Weights) -> float:
    """Share of the held-out digits that these weights classify correctly."""
    data = Digits().load()
    assert data.held_out_labels is not None
    return accuracy_of(w, hidden, data.held_out, data.held_out_labels, SLAB)


def features(x: Tensor) -> Tensor:
    """Images x [N, C, 8, 8] -> each channel's layer before the last [N, C, 64]."""
    return each_channel(weights(), x, hidden, SLAB)


def logits(x: Tensor) -> Tensor:
    """Images x [N, C, 8, 8] -> each channel's ten logits [N, C, 10]."""
    return each_channel(weights(), x, lambda w, channel: last(w, hidden(w, channel)), SLAB)


@cache
def weights() -> Weights:
    """The weights that come with the package. Raises DataError where the file is absent or another."""
    try:
        content = FILE.read_bytes()
    except OSError as error:
        raise DataError(f"{FILE} can't be read ({error.strerror}): install the package again") from None
    if (found := hashlib.sha256(content).hexdigest()) != SHA256:
        raise DataError(f"{FILE} is not the classifier of this version (sha256 {found[:12]}…): install it again")
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return {name: torch.from_numpy(arrays[name]) for name in SHAPES}


def train() -> Weights:
    """The recipe, from a fixed key."""
    data = Digits().load()
    assert data.labels is not None
    return fit(hidden, SHAPES, data.x, data.labels, keyed("digits classifier"), epochs=EPOCHS, batch=BATCH)


if __name__ == "__main__":
    made = train()
    path = Path(*sys.argv[1:2] or ["_digit_classifier.npz"])
    arrays: dict[str, Any] = {name: value.numpy() for name, value in made.items()}
    np.savez(path, **arrays)
    print(f"{path}: accuracy {accuracy(made):.4f}, sha256 {hashlib.sha256(path.read_bytes()).hexdigest()}")
