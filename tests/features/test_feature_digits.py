"""The digits classifier: what it sees, and how its weights are kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from bench.data.digits import Digits as DigitImages
from bench.data.photo_patches import PhotoPatches
from bench.data.ring import Ring
from bench.data.stacked_digits import DigitModes, StackedDigits
from bench.features import digits
from bench.features.digits import Digits


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("weights")


@pytest.fixture(autouse=True)
def cache(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("BENCH_CACHE", str(folder))
    yield
    digits._weights.cache_clear()


def kept(folder: Path) -> Path:
    (path,) = folder.iterdir()
    return path


def test_it_names_held_out_digits() -> None:
    data = DigitImages().load()
    assert Digits().accuracy() > 0.98
    own = (Digits().logits(data.held_out)[:, 0].argmax(-1) == data.held_out_labels).double().mean()
    assert Digits().accuracy() == float(own)


def test_training_is_the_same_bit_for_bit_and_leaves_no_trace(folder: Path) -> None:
    sha = Digits().sha256()
    torch.manual_seed(3)
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    again = digits._train()
    assert torch.equal(before, torch.get_rng_state())
    assert torch.get_num_threads() == threads
    assert digits.hashlib.sha256(digits._bytes(again)).hexdigest() == sha


def test_kept_weights_are_read_and_not_trained_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sha = Digits().sha256()
    digits._weights.cache_clear()
    monkeypatch.setattr(digits, "_train", lambda: pytest.fail("trained again"))
    assert Digits().sha256() == sha


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "foreign", "longer"])
def test_a_damaged_or_foreign_file_is_replaced(folder: Path, monkeypatch: pytest.MonkeyPatch, damage: str) -> None:
    sha = Digits().sha256()
    path = kept(folder)
    content = path.read_bytes()
    header, payload = content.split(b"\n", 1)
    path.write_bytes(
        {
            "flip": header + b"\n" + payload[:100] + bytes([payload[100] ^ 1]) + payload[101:],
            "cut": content[:-4],
            "empty": b"",
            "foreign": b"0" * 64 + header[64:] + b"\n" + payload,
            "longer": content + b"\0\0\0\0",
        }[damage]
    )
    weights = digits._read(path)
    assert weights is None
    digits._weights.cache_clear()
    good = {name: piece.clone() for name, piece in _split(payload).items()}
    monkeypatch.setattr(digits, "_train", lambda: good)
    assert Digits().sha256() == sha
    assert kept(folder).read_bytes() == content


def _split(payload: bytes) -> dict[str, torch.Tensor]:
    flat = torch.frombuffer(bytearray(payload), dtype=torch.float32)
    sizes = [int(torch.tensor(shape).prod()) for shape in digits.SHAPES.values()]
    pieces = zip(digits.SHAPES.items(), flat.split(sizes), strict=True)
    return {name: piece.reshape(shape) for (name, shape), piece in pieces}


def test_a_folder_that_cannot_be_written_costs_time_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = digits._weights(digits._folder())
    monkeypatch.setattr(digits, "_train", lambda: weights)
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "file"))
    assert Digits()(torch.zeros(2, 1, 8, 8)).shape == (2, 64)


def test_channels_lie_side_by_side_and_samples_do_not_meet() -> None:
    x = torch.rand(7, 3, 8, 8, generator=torch.Generator().manual_seed(0)) * 2 - 1
    whole = Digits()(x)
    assert whole.shape == (7, 192)
    assert whole.dtype == torch.float32
    for channel in range(3):
        torch.testing.assert_close(whole[:, 64 * channel : 64 * channel + 64], Digits()(x[:, channel : channel + 1]))
    torch.testing.assert_close(Digits()(x.flip(0)).flip(0), whole)
    assert Digits().logits(x).shape == (7, 3, 10)


def test_what_is_not_finite_stays_so() -> None:
    x = torch.zeros(2, 1, 8, 8)
    x[0, 0, 3, 3] = torch.nan
    h = Digits()(x)
    assert not h[0].isfinite().all()
    assert h[1].isfinite().all()


def test_it_refuses_other_shapes() -> None:
    assert Digits().refuses(DigitImages().load()) is None
    assert Digits().refuses(StackedDigits(n=10, held_out=10).load()) is None
    for other in (Ring(n=10, held_out=10), PhotoPatches(n=2, held_out=2)):
        assert "8" in str(Digits().refuses(other.load()))


def test_stacked_modes_have_a_ceiling_and_a_floor() -> None:
    """Held-out images pass, noise and blends mostly do not; the literature's rule counts everything finite."""
    data = StackedDigits(n=3000, held_out=3000).load()
    mode, inside = data.modes.assign(data.held_out)
    assert inside.double().mean() > 0.88
    assert (mode == data.held_out_labels).double().mean() > 0.95
    noise = torch.rand(2000, 3, 8, 8, generator=torch.Generator().manual_seed(0)) * 2 - 1
    assert data.modes.assign(noise)[1].double().mean() < 0.05
    assert data.modes.assign((data.x + data.x.roll(1, 0)) / 2)[1].double().mean() < 0.3
    assert DigitModes(confidence=0.0).assign(noise)[1].all()
    assert not DigitModes(confidence=0.0).assign(torch.full((2, 3, 8, 8), torch.nan))[1].any()
    for bad in (torch.nan, torch.inf, -torch.inf):
        one = data.held_out[:4].clone()
        one[:, 1, 4, 4] = bad
        assert not data.modes.assign(one)[1].any()
    assert data.modes.assign(data.held_out[:12].reshape(3, 4, 3, 8, 8))[0].shape == (3, 4)
