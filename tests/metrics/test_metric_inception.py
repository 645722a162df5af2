"""`fd_inception`, `kid_inception` and their kin against torch-fidelity's own run over the same images.

The published weights are not needed for that: the file is made here, with random numbers in it.
"""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset
from torch_fidelity import calculate_metrics
from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

from bench.data.base import Data
from bench.evaluation.evaluator import Evaluator
from bench.features import base as features
from bench.features._weights import to_bytes
from bench.features.inception import FILE, Inception
from bench.metrics.frechet import Frechet
from bench.metrics.kid import Kid
from bench.metrics.precision import Precision
from bench.metrics.recall import Recall

N = 16


class Images(Dataset[Tensor]):
    def __init__(self, images: Tensor) -> None:
        self.images = images

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> Tensor:
        return self.images[index]


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weights")
    source = torch.Generator().manual_seed(0)
    with patch("torch_fidelity.feature_extractor_inceptionv3.load_state_dict_from_url") as fetch:
        fetch.side_effect = RuntimeError  # never online
        with patch.object(nn.Module, "load_state_dict"), patch("torch.load"):
            blank = FeatureExtractorInceptionV3("inception-v3-compat", ["2048"], feature_extractor_weights_path="none")
    state = blank.state_dict()
    for name, value in state.items():
        if name.endswith("conv.weight"):
            value.copy_(torch.randn(value.shape, generator=source) * (2 / value[0].numel()) ** 0.5)
    torch.save(state, folder / FILE)
    return folder


@pytest.mark.long
def test_equal_to_torch_fidelity(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_WEIGHTS", str(weights))
    monkeypatch.setattr(features, "find", lambda category, word: lambda: Inception(published=""))
    monkeypatch.setattr(features, "options", lambda plugin: [])
    features._opened.cache_clear()
    source = torch.Generator().manual_seed(1)
    real = torch.rand(N, 3, 32, 32, generator=source) * 2 - 1
    fake = (torch.rand(N, 3, 32, 32, generator=source) * 2 - 1) * 0.8 + 0.1
    try:
        scores = [Frechet(n=N, space="inception"), Kid(n=N, space="inception")]
        scores += [Precision(n=N, space="inception"), Recall(n=N, space="inception")]
        ours = {n: v for _, n, v in Evaluator(Data(x=real, held_out=real), scores)(fake[None], torch.tensor([True]))}
    finally:
        features._opened.cache_clear()
    theirs = calculate_metrics(
        input1=Images(to_bytes(fake)), input2=Images(to_bytes(real)), fid=True, kid=True, prc=True,
        kid_subsets=1, kid_subset_size=N, feature_extractor="inception-v3-compat",
        feature_extractor_weights_path=str(weights / FILE), cache=False, cuda=False, verbose=False, save_cpu_ram=True,
    )  # fmt: skip
    assert ours["fd_inception"] == pytest.approx(theirs["frechet_inception_distance"], rel=1e-4)
    assert ours["kid_inception"] == pytest.approx(theirs["kernel_inception_distance_mean"], rel=1e-3)
    assert ours["precision_inception"] == pytest.approx(theirs["precision"], abs=1e-6)
    assert ours["recall_inception"] == pytest.approx(theirs["recall"], abs=1e-6)
