"""DINOv2: features that track human judgement more closely than Inception's (Stein et al. 2023).

torch-fidelity's extractor fetches the network over the wire; here the same preprocessing meets local files.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor, nn

from bench.data.base import Data
from bench.features._weights import locate, needs_images, sha256_of, to_bytes
from bench.features.base import Features, FeaturesError

REPOSITORY = "dinov2"
SIZES = ("vits14", "vitb14", "vitl14", "vitg14")
CODE = "https://github.com/facebookresearch/dinov2"


@dataclass(frozen=True, kw_only=True)
class Dinov2(Features):
    """Images [N, 1 or 3, H, W] in [-1, 1] -> class token [N, F], resized to 224. `space=dinov2`, or `dinov2:vits14`.

    Needs two things in $BENCH_WEIGHTS (else ~/.cache/gan-diffusion-bench/weights): `dinov2_<of>_pretrain.pth` and
    `dinov2`, a checkout of the network's code. Source: Oquab et al. 2023; Stein et al. 2023 use vitl14.
    """

    name: ClassVar[str] = "dinov2"

    of: str = "vitl14"  # vits14 [384], vitb14 [768], vitl14 [1024], vitg14 [1536]

    def __post_init__(self) -> None:
        if self.of not in SIZES:
            raise FeaturesError(f"feature space 'dinov2:{self.of}': its networks are {', '.join(SIZES)}")

    @property
    def label(self) -> str:
        return self.name if self.of == "vitl14" else f"{self.name}_{self.of}"

    def refuses(self, data: Data) -> str | None:
        return needs_images(data)

    def __call__(self, x: Tensor) -> Tensor:
        network = _network(locate(REPOSITORY, CODE), self._weights(), self.sha256(), self.of, x.device)
        with torch.no_grad():
            return torch.cat([network(part)[0] for part in torch.split(to_bytes(x), 64)])

    def sha256(self) -> str:
        return sha256_of(self._weights())

    def _weights(self) -> Path:
        return locate(f"dinov2_{self.of}_pretrain.pth", f"{CODE}#pretrained-models")


@cache
def _network(code: Path, weights: Path, sha256: str, of: str, device: torch.device) -> nn.Module:
    from torch_fidelity.feature_extractor_base import FeatureExtractorBase
    from torch_fidelity.feature_extractor_dinov2 import FeatureExtractorDinoV2

    class Local(FeatureExtractorDinoV2):  # type: ignore[misc]
        def __init__(self, model: nn.Module) -> None:
            FeatureExtractorBase.__init__(self, f"dinov2-{of}", ["dinov2"])  # the parent's own would go online
            self.feature_extractor_internal_dtype = torch.float32
            self.model = model

    model = torch.hub.load(str(code), f"dinov2_{of}", source="local", pretrained=False)  # type: ignore[no-untyped-call]
    model.load_state_dict(torch.load(weights, weights_only=True))
    network: nn.Module = Local(model).requires_grad_(False).eval().to(device)
    return network
