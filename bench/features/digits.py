"""What a small classifier of 8 by 8 digits sees: the layer before its last."""

from __future__ import annotations

import contextlib
import hashlib
import math
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from bench.data.base import Data, keyed
from bench.data.digits import Digits as DigitImages
from bench.features.base import Features

SHAPES = {
    "conv1": (16, 1, 3, 3), "bias1": (16,),
    "conv2": (32, 16, 3, 3), "bias2": (32,),
    "dense": (64, 512), "bias3": (64,),
    "last": (10, 64), "bias4": (10,),
}  # fmt: skip
EPOCHS, BATCH, SLAB = 40, 48, 4096

Weights = dict[str, Tensor]


def hidden(w: Weights, x: Tensor) -> Tensor:
    """Digits x [N, 1, 8, 8] -> the layer before the last [N, 64]."""
    x = F.silu(F.conv2d(x, w["conv1"], w["bias1"], padding=1))
    x = F.max_pool2d(F.silu(F.conv2d(x, w["conv2"], w["bias2"], padding=1)), 2)
    return F.silu(F.linear(x.flatten(1), w["dense"], w["bias3"]))


def last(w: Weights, h: Tensor) -> Tensor:
    """[N, 64] -> logits [N, 10]."""
    return F.linear(h, w["last"], w["bias4"])


@dataclass(frozen=True, kw_only=True)
class Digits(Features):
    """A classifier trained on the 1200 training digits of the data set `digits`, and on nothing else.

    Two convolutions and two dense layers (in the manner of LeNet-5: LeCun et al. 1998), cross-entropy, Adam, 40 epochs
    at a rate that falls to 0 by a cosine. It is trained where it is first needed, from a fixed seed on one thread, in
    seconds, and kept in `$BENCH_CACHE` (else ~/.cache/gan-diffusion-bench). A kept file that is damaged or of another
    recipe is replaced. Rounding differs between kinds of processors, so two machines may hold different weights;
    `sha256` then tells their numbers apart. It is smooth (SiLU): of ReLU's 64 features 28 were 0 on every digit.

    Images of C channels (`stacked_digits`) yield the C channels' features side by side [N, 64·C].
    """

    name: ClassVar[str] = "digits"

    def refuses(self, data: Data) -> str | None:
        if len(data.shape) == 3 and data.shape[1:] == (8, 8):
            return None
        return f"it sees images of 8 × 8 pixels, not {data.shape}"

    def __call__(self, x: Tensor) -> Tensor:
        return self._each(x, hidden).reshape(len(x), -1)

    def logits(self, x: Tensor) -> Tensor:
        """Images x [N, C, 8, 8] -> each channel's ten logits [N, C, 10]."""
        return self._each(x, lambda w, channel: last(w, hidden(w, channel)))

    def accuracy(self) -> float:
        """Share of the held-out digits that it names rightly."""
        data = DigitImages().load()
        assert data.held_out_labels is not None
        return float((self.logits(data.held_out)[:, 0].argmax(-1) == data.held_out_labels).double().mean())

    def sha256(self) -> str:
        return hashlib.sha256(_bytes(_weights(_folder()))).hexdigest()

    @torch.no_grad()
    def _each(self, x: Tensor, see: Callable[[Weights, Tensor], Tensor]) -> Tensor:
        w = {name: value.to(x.device) for name, value in _weights(_folder()).items()}
        channels = x.reshape(-1, 1, 8, 8).float()
        seen = torch.cat([see(w, slab) for slab in torch.split(channels, SLAB)])
        return seen.reshape(*x.shape[:2], -1)


def _folder() -> Path:
    return Path(os.environ.get("BENCH_CACHE") or Path.home() / ".cache" / "gan-diffusion-bench")


@cache
def _weights(folder: Path) -> Weights:
    """The kept weights, or new ones, kept for the next time."""
    path = folder / "digits-classifier.f32"
    if (kept := _read(path)) is None:
        kept = _train()
        with contextlib.suppress(OSError):  # a folder that can't be written costs the next process seconds
            _write(path, kept)
    return kept


def _recipe() -> str:
    """Of this file: weights made by other code are another classifier."""
    return hashlib.sha256(Path(__file__).read_bytes()).hexdigest()


def _bytes(w: Weights) -> bytes:
    return b"".join(w[name].numpy().astype("<f4").tobytes() for name in SHAPES)


def _header(payload: bytes) -> bytes:
    return f"{_recipe()} {hashlib.sha256(payload).hexdigest()}\n".encode()


def _read(path: Path) -> Weights | None:
    """The weights of a kept file; None where it is absent, damaged or of another recipe."""
    try:
        header, _, payload = path.read_bytes().partition(b"\n")
    except OSError:
        return None
    sizes = [math.prod(shape) for shape in SHAPES.values()]
    if header + b"\n" != _header(payload) or len(payload) != 4 * sum(sizes):
        return None
    flat = torch.from_numpy(np.frombuffer(payload, "<f4").astype(np.float32))
    split = zip(SHAPES.items(), torch.split(flat, sizes), strict=True)
    return {name: piece.reshape(shape) for (name, shape), piece in split}


def _write(path: Path, w: Weights) -> None:
    """Whole or not at all: another process may be reading."""
    path.parent.mkdir(parents=True, exist_ok=True)
    payload = _bytes(w)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(_header(payload) + payload)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # the order of sums, and with it the last bits, follows the threads
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _train() -> Weights:
    data, source = DigitImages().load(), keyed("digits classifier")
    assert data.labels is not None
    w = {}
    for name, shape in SHAPES.items():
        gain = math.sqrt(2 / math.prod(shape[1:])) if len(shape) > 1 else 0.0  # He et al. 2015, eq. 10
        w[name] = torch.from_numpy(gain * source.standard_normal(shape, dtype=np.float32)).float().requires_grad_()
    optimizer = torch.optim.Adam(w.values(), lr=2e-3)
    with _one_thread(), torch.enable_grad():
        for epoch in range(EPOCHS):
            optimizer.param_groups[0]["lr"] = 1e-3 * (1 + math.cos(math.pi * epoch / EPOCHS))
            for rows in torch.split(torch.from_numpy(source.permutation(len(data.x))), BATCH):
                loss = F.cross_entropy(last(w, hidden(w, data.x[rows])), data.labels[rows])
                optimizer.zero_grad()
                torch.autograd.backward(loss)
                optimizer.step()
    return {name: value.detach() for name, value in w.items()}
