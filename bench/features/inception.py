"""The Inception network of the FID papers, by torch-fidelity: only its Fréchet distance may be called FID."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor, nn

from bench.data.base import Data
from bench.features._weights import locate, needs_images, sha256_of, to_bytes
from bench.features.base import Features

FILE = "weights-inception-2015-12-05-6726825d.pth"
ORIGIN = f"https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/{FILE}"


@dataclass(frozen=True, kw_only=True)
class Inception(Features):
    """Images [N, 1 or 3, H, W] in [-1, 1] -> the pooled layer [N, 2048]; resized by TensorFlow's bilinear rule to 299.

    The weights file is looked for in $BENCH_WEIGHTS (else ~/.cache/gan-diffusion-bench/weights).
    Source: Heusel et al. 2017; weights converted by torch-fidelity (Obukhov et al. 2020).
    """

    name: ClassVar[str] = "inception"

    published: str = field(default="6726825d", metadata={"hidden": True})  # how the sha256 begins

    def refuses(self, data: Data) -> str | None:
        return needs_images(data)

    def __call__(self, x: Tensor) -> Tensor:
        network = _network(locate(FILE, ORIGIN, self.published), self.sha256(), x.device)
        with torch.no_grad():
            return torch.cat([network(part)[0] for part in torch.split(to_bytes(x), 64)])

    def sha256(self) -> str:
        return sha256_of(locate(FILE, ORIGIN, self.published))


@cache
def _network(path: Path, sha256: str, device: torch.device) -> nn.Module:
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

    network: nn.Module = FeatureExtractorInceptionV3(
        "inception-v3-compat", ["2048"], feature_extractor_weights_path=str(path)
    )
    return network.to(device)
