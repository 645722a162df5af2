"""Feature spaces: what is absent is named, what is wrong is refused, what is there is what it says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from bench.data.base import Data
from bench.features._weights import to_bytes
from bench.features.base import FeaturesError, extract, open_space
from bench.features.dinov2 import Dinov2
from bench.features.inception import FILE, Inception
from bench.plugins import UnknownName

IMAGES = torch.rand(3, 1, 8, 8) * 2 - 1
POINTS = Data(x=torch.zeros(4, 2), held_out=torch.zeros(4, 2))
PICTURES = Data(x=IMAGES, held_out=IMAGES)


def shrink() -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Dropout(0.5))


def nothing() -> int:
    return 3


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BENCH_WEIGHTS", str(tmp_path))
    return tmp_path


def test_raw_coordinates() -> None:
    assert torch.equal(extract("data", IMAGES), IMAGES.flatten(1))
    assert open_space("data").sha256() == ""


def test_blocks_make_no_difference() -> None:
    x = torch.rand(100, 2)
    assert torch.equal(extract("data", x, block=7), x)


def test_any_module_in_evaluation_mode() -> None:
    space = f"module:{__name__}:shrink"
    assert torch.equal(extract(space, IMAGES), IMAGES.flatten(1))
    assert open_space(space).label == "shrink"
    assert len(open_space(space).sha256()) == 64


@pytest.mark.parametrize(
    ("space", "says"),
    [
        ("module", "write module:<what>"),
        ("data:x", "write data"),
        ("module:no.such.package:f", "No module named"),
        (f"module:{__name__}:absent", "absent"),
        (f"module:{__name__}:nothing", "returned a int, not an nn.Module"),
    ],
)
def test_a_wrong_space_is_one_clear_line(space: str, says: str) -> None:
    with pytest.raises(FeaturesError, match=says) as error:
        extract(space, IMAGES)
    assert "\n" not in str(error.value)


def test_a_misspelt_space_names_the_nearest() -> None:
    with pytest.raises(UnknownName, match="did you mean 'inception'"):
        open_space("incepton")


@pytest.mark.parametrize("word", ["inception", "dinov2"])
def test_absent_weights_are_named_with_their_place(weights: Path, word: str) -> None:
    with pytest.raises(FeaturesError, match="is missing: put it there") as error:
        extract(word, IMAGES)
    assert str(weights) in str(error.value)
    assert "https://" in str(error.value)


def test_only_the_published_inception_is_taken(weights: Path) -> None:
    (weights / FILE).write_bytes(b"something else")
    with pytest.raises(FeaturesError, match="not the published file"):
        open_space("inception").sha256()
    assert len(Inception(published="").sha256()) == 64


def test_a_changed_file_has_another_hash(weights: Path) -> None:
    (weights / FILE).write_bytes(b"one")
    first = Inception(published="").sha256()
    (weights / FILE).write_bytes(b"three")
    assert Inception(published="").sha256() != first


@pytest.mark.parametrize("space", ["inception", "dinov2"])
def test_points_and_odd_channels_are_refused(space: str) -> None:
    assert "points" in str(open_space(space).refuses(POINTS))
    assert open_space(space).refuses(PICTURES) is None
    assert "5" in str(open_space(space).refuses(replace(PICTURES, x=torch.zeros(2, 5, 8, 8))))


def test_bytes_come_back() -> None:
    levels = torch.arange(256).view(1, 1, 16, 16).expand(2, 3, 16, 16)
    assert torch.equal(to_bytes(levels / 127.5 - 1).long(), levels)


def test_bytes_are_clamped_and_grey_is_tripled() -> None:
    found = to_bytes(torch.tensor([-9.0, -1.0, 0.0, 1.0, 9.0]).view(1, 1, 1, 5))
    assert found.shape == (1, 3, 1, 5)
    assert found[0, 2, 0].tolist() == [0, 0, 128, 255, 255]


HUB = """
import torch
dependencies = ["torch"]
class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.w = torch.nn.Parameter(torch.zeros(3))
    def forward(self, x):
        assert x.shape[1:] == (3, 224, 224)
        return x.mean((2, 3)) * self.w
def dinov2_vits14(pretrained=True):
    assert not pretrained
    return Net()
"""


def test_dinov2_meets_local_files(weights: Path) -> None:
    """With torch-fidelity's own preprocessing: a grey 128 becomes (128 - 255 m)/(255 s) in each channel."""
    (weights / "dinov2").mkdir()
    (weights / "dinov2" / "hubconf.py").write_text(HUB)
    torch.save({"w": torch.tensor([1.0, 2.0, 3.0])}, weights / "dinov2_vits14_pretrain.pth")
    space = Dinov2(of="vits14")
    found: Tensor = space(torch.zeros(2, 1, 8, 8))
    mean, spread = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    expected = (128 / 255 - mean) / spread * torch.tensor([1.0, 2.0, 3.0])
    assert torch.allclose(found, expected.expand(2, 3), atol=1e-5)
    assert space.label == "dinov2_vits14"
