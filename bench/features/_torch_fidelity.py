"""Feature spaces of bench as feature extractors of torch-fidelity, under its own registry of names."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch_fidelity import register_feature_extractor as register
from torch_fidelity.feature_extractor_base import FeatureExtractorBase
from torch_fidelity.registry import FEATURE_EXTRACTORS_REGISTRY

from bench.features.base import open_space


def register_feature_extractor(space: str, *, channels: int = 3) -> str:
    """Make a feature space known to torch-fidelity; the name that `calculate_metrics(feature_extractor=…)` takes.

    `register_feature_extractor("digits", channels=1)` is `bench-digits-1`. torch-fidelity shows images [B, 3, H, W] of
    uint8, of which the space sees the first `channels`, x/127.5 - 1: 1 where the data are grey. The number is that of bench
    on the same images: its Fréchet distance, called FID there, is `fd_digits`. Again it is the same name.
    """
    if channels not in (1, 3):
        raise ValueError(f"channels={channels}: the space sees 1 of an image's channels, or all 3")
    name, extractor = f"bench-{space.replace(':', '-')}-{channels}", _extractor(space, channels)
    if name not in FEATURE_EXTRACTORS_REGISTRY:
        register(name, extractor)
    return name


def _extractor(space: str, channels: int) -> type[FeatureExtractorBase]:
    layer = open_space(space).label

    class Extractor(FeatureExtractorBase):  # type: ignore[misc]
        """One feature space; its one layer is called as the space is."""

        def __init__(self, name: str, features_list: Any, **options: Any) -> None:
            super().__init__(name, features_list)
            self.to_features = open_space(space)

        @staticmethod
        def get_provided_features_list() -> tuple[str, ...]:
            return (layer,)

        @staticmethod
        def get_default_feature_layer_for_metric(metric: str) -> str:
            return layer

        @staticmethod
        def can_be_compiled() -> bool:
            return False

        @staticmethod
        def get_dummy_input_for_compile() -> Tensor:
            raise NotImplementedError("it is not compiled")

        def forward(self, images: Tensor) -> tuple[Tensor, ...]:
            return (self.to_features(images[:, :channels].to(torch.float32) / 127.5 - 1),)

    return Extractor
