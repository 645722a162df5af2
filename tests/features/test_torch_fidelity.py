"""A feature space of bench under a name of torch-fidelity's: its metrics are those of bench on the same images."""

from __future__ import annotations

import pytest
import torch
import torch_fidelity
from torch.utils.data import Dataset

from bench.data.digits import Digits
from bench.features import register_feature_extractor
from bench.features.base import extract
from bench.metrics.frechet import frechet
from bench.metrics.kid import kid

PIXELS = ((Digits().load().x[:600] + 1) * 127.5).round().to(torch.uint8)  # [600, 1, 8, 8]


class Images(Dataset[torch.Tensor]):
    """Grey images as torch-fidelity has them: three equal channels."""

    def __init__(self, pixels: torch.Tensor) -> None:
        self.pixels = pixels.expand(-1, 3, -1, -1)

    def __len__(self) -> int:
        return len(self.pixels)

    def __getitem__(self, k: int) -> torch.Tensor:
        return self.pixels[k]


def test_its_metrics_are_those_of_bench() -> None:
    name = register_feature_extractor("digits", channels=1)
    assert name == "bench-digits-1"
    fake, real = PIXELS[:300], PIXELS[300:]
    found = torch_fidelity.calculate_metrics(
        input1=Images(fake), input2=Images(real), feature_extractor=name, fid=True, kid=True, kid_subsets=1,
        kid_subset_size=300, save_cpu_ram=True, cuda=False, cache=False, verbose=False,
    )  # fmt: skip
    features = [extract("digits", part.float() / 127.5 - 1) for part in (fake, real)]
    assert found["frechet_inception_distance"] == pytest.approx(float(frechet(*features)), rel=1e-4)
    assert found["kernel_inception_distance_mean"] == pytest.approx(float(kid(*features)), rel=1e-3, abs=1e-4)


def test_a_name_is_registered_once_and_channels_are_1_or_3() -> None:
    assert register_feature_extractor("digits", channels=3) == register_feature_extractor("digits", channels=3)
    assert register_feature_extractor("digits") == "bench-digits-3"
    with pytest.raises(ValueError, match="channels=2: the space sees 1"):
        register_feature_extractor("digits", channels=2)
    with pytest.raises(LookupError, match="no feature space is called 'digitz'; did you mean 'digits'"):
        register_feature_extractor("digitz")
