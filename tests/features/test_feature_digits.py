"""The digits classifier: what it sees, and how its weights are kept."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from bench.data import _digit_classifier as classifier
from bench.data.base import DataError
from bench.data.digits import Digits as DigitImages
from bench.data.photo_patches import PhotoPatches
from bench.data.ring import Ring
from bench.data.stacked_digits import DigitModes, StackedDigits
from bench.features.digits import Digits


def test_it_names_held_out_digits() -> None:
    data = DigitImages().load()
    assert classifier.accuracy(classifier.weights()) > 0.98
    own = (classifier.logits(data.held_out)[:, 0].argmax(-1) == data.held_out_labels).double().mean()
    assert classifier.accuracy(classifier.weights()) == float(own)


def test_the_recipe_yields_the_weights_that_come_with_the_package() -> None:
    """On other processors up to rounding, which training amplifies: as able, and alike in what it sees."""
    torch.manual_seed(3)
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    again = classifier.train()
    assert torch.equal(before, torch.get_rng_state())
    assert torch.get_num_threads() == threads
    assert abs(classifier.accuracy(again) - classifier.accuracy(classifier.weights())) < 0.01
    data, kept = DigitImages().load(), classifier.weights()
    named = [classifier.last(w, classifier.hidden(w, data.held_out)).argmax(-1) for w in (again, kept)]
    assert (named[0] == named[1]).double().mean() > 0.98


@pytest.mark.parametrize("damage", ["flip", "cut", "absent"])
def test_a_damaged_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str) -> None:
    content, path = classifier.FILE.read_bytes(), tmp_path / "digits.npz"
    flipped = content[:5000] + bytes([content[5000] ^ 1]) + content[5001:]
    if damage != "absent":
        path.write_bytes({"flip": flipped, "cut": content[:-4]}[damage])
    monkeypatch.setattr(classifier, "FILE", path)
    classifier.weights.cache_clear()
    with pytest.raises(DataError, match=r"digits\.npz"):
        Digits()(torch.zeros(1, 1, 8, 8))
    classifier.weights.cache_clear()


def test_weights_are_plain_numbers_of_the_shapes_that_are_named() -> None:
    weights = classifier.weights()
    assert {name: tuple(w.shape) for name, w in weights.items()} == classifier.SHAPES
    assert all(w.dtype == torch.float32 for w in weights.values())


def test_channels_lie_side_by_side_and_samples_do_not_meet() -> None:
    x = torch.rand(7, 3, 8, 8, generator=torch.Generator().manual_seed(0)) * 2 - 1
    whole = Digits()(x)
    assert whole.shape == (7, 192)
    assert whole.dtype == torch.float32
    for channel in range(3):
        torch.testing.assert_close(whole[:, 64 * channel : 64 * channel + 64], Digits()(x[:, channel : channel + 1]))
    torch.testing.assert_close(Digits()(x.flip(0)).flip(0), whole)
    assert classifier.logits(x).shape == (7, 3, 10)


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
