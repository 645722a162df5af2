"""Samples that were made elsewhere: which seeds lie where, and what can't be judged is a line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from bench.data._samples import seeds_at
from bench.data.base import Data, DataError
from bench.data.digits import Digits
from bench.data.ring import Ring

DIGITS, RING = Digits().load(), Ring(n=500, held_out=50).load()
PIXELS = ((DIGITS.x[:60] + 1) * 127.5).round().to(torch.uint8).numpy()  # [60, 1, 8, 8]


def read(path: Path, data: Data = DIGITS) -> list[torch.Tensor]:
    found = seeds_at(path, data)
    assert all(one.misfit(data, 1) is None for one in found), [one.misfit(data, 1) for one in found]
    return [one.read(data) for one in found]


def refused(path: Path, data: Data = DIGITS, n: int = 20) -> str:
    """The line, without the folder."""
    try:
        (why,) = {one.misfit(data, n) for one in seeds_at(path, data)}
    except DataError as error:
        why = str(error)
    assert why is not None
    assert "\n" not in why
    return why.replace(f"{path.parent}/", "")


def test_arrays_are_seeds_in_the_natural_order_of_their_names(tmp_path: Path) -> None:
    parts = {f"run{k}": DIGITS.x[20 * j : 20 * (j + 1)] for j, k in enumerate((2, 10, 1))}
    np.savez(tmp_path / "run2.npz", samples=parts["run2"], labels=np.arange(20))
    np.savez(tmp_path / "run10.npz", parts["run10"].double().numpy())
    np.save(tmp_path / "run1.npy", parts["run1"].numpy())
    for found in (read(tmp_path), read(tmp_path / "run*.np[yz]")):
        assert [torch.equal(a, parts[f"run{k}"]) for a, k in zip(found, (1, 2, 10), strict=True)] == [True] * 3


def test_one_array_may_hold_several_seeds(tmp_path: Path) -> None:
    np.save(tmp_path / "all.npy", RING.x[:300].view(3, 100, 2).numpy())
    assert torch.equal(torch.stack(read(tmp_path / "all.npy", RING)), RING.x[:300].view(3, 100, 2))
    np.save(tmp_path / "more.npy", RING.x[300:400].numpy())
    assert refused(tmp_path, RING).endswith(
        "all.npy: holds several seeds, and stands beside others: give each seed a file"
    )


@pytest.mark.parametrize("layout", ["pictures", "channels last", "channels first"])
def test_pixels_of_8_bits_become_the_space_of_the_data(tmp_path: Path, layout: str) -> None:
    place = tmp_path / "them"
    if layout == "pictures":
        place.mkdir()
        for k, one in enumerate(PIXELS):
            Image.fromarray(one[0]).save(place / f"{k}.png")
    else:
        place = tmp_path / "them.npz"
        np.savez(place, PIXELS.transpose(0, 2, 3, 1) if layout == "channels last" else PIXELS)
    (found,) = read(place)
    assert torch.equal(found, torch.from_numpy(PIXELS).float() / 127.5 - 1)


def test_folders_of_pictures_are_a_seed_each(tmp_path: Path) -> None:
    for seed in range(2):
        (tmp_path / f"seed{seed}").mkdir()
        for k, one in enumerate(PIXELS[30 * seed : 30 * seed + 30]):
            Image.fromarray(one[0]).convert("RGB").save(tmp_path / f"seed{seed}" / f"{k}.png")
    first, second = read(tmp_path)
    assert torch.equal(torch.cat([first, second]), torch.from_numpy(PIXELS).float() / 127.5 - 1)
    np.save(tmp_path / "x.npy", PIXELS)
    assert "holds arrays and folders of pictures: say by a pattern which are meant" in refused(tmp_path)


def test_a_file_that_changes_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    np.save(path, DIGITS.x[:30].numpy())
    (held,) = seeds_at(path, DIGITS)
    np.save(path, DIGITS.x[30:60].numpy())
    with pytest.raises(DataError, match="was changed since the run began"):
        held.read(DIGITS)
    assert seeds_at(path, DIGITS)[0].content != held.content


def test_what_is_not_finite_is_counted_and_left_as_it_is(tmp_path: Path) -> None:
    x = RING.x[:100].numpy().copy()
    x[3, 0], x[8] = np.nan, np.inf
    np.save(tmp_path / "a.npy", x)
    (found,) = seeds_at(tmp_path / "a.npy", RING)
    sound = x[np.isfinite(x)]
    assert (found.bad, found.low, found.high) == (2, sound.min(), sound.max())
    assert torch.equal(found.read(RING).nan_to_num(7), torch.from_numpy(x).nan_to_num(7))


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"samples": DIGITS.x[:30, 0]}, "a.npz: its samples are [n, 8, 8], and those of the data [n, 1, 8, 8]"),
        ({"samples": DIGITS.x[:30].long()}, "a.npz: its numbers are int64: give float32, or pictures of uint8"),
        (
            {"samples": DIGITS.x[:10]},
            "a.npz: holds 10 samples, and 20 are judged: give more, or the metrics a smaller n",
        ),
        ({"samples": 255 * DIGITS.x[:30]}, "a.npz: its pixels reach from -255 to 255: scale them to [-1, 1]"),
        (
            {"samples": (DIGITS.x[:30] + 1) / 2},
            "a.npz: its pixels lie between 0 and 1, those of the data between -1 and 1",
        ),
        (
            {"images": DIGITS.x[:30], "y": DIGITS.x},
            "a.npz: has the arrays images, y: call the one of samples 'samples'",
        ),
    ],
)
def test_what_does_not_fit_is_a_line_with_a_remedy(tmp_path: Path, arrays: dict[str, torch.Tensor], said: str) -> None:
    np.savez(tmp_path / "a.npz", **{name: x.numpy() for name, x in arrays.items()})
    assert refused(tmp_path / "a.npz").startswith(said)


def test_bytes_are_no_points(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((30, 2), np.uint8))
    assert refused(tmp_path / "a.npy", RING) == "a.npy: its numbers are uint8: give float32"


def test_places_without_samples_are_a_line(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a.npz").write_bytes(b"PK nothing")
    (tmp_path / "a.txt").write_text("")
    assert refused(tmp_path / "a").startswith("a: holds no samples: put .npz or .npy files there")
    assert refused(tmp_path / "b").startswith("b: is not there: give an .npz or .npy file")
    assert refused(tmp_path / "*.npy").startswith("*.npy: nothing is called so")
    assert refused(tmp_path / "a.npz").startswith("a.npz: can't be read as an array")
    assert refused(tmp_path / "a.txt") == "a.txt: is no .npz or .npy file, nor a folder of pictures"


def test_one_training_is_not_counted_twice(tmp_path: Path) -> None:
    for name in ("a", "b"):
        np.savez(tmp_path / f"{name}.npz", RING.x[:100])
    assert refused(tmp_path, RING).replace(f"{tmp_path.name}/", "") == (
        "b.npz: is the same as a.npz: every seed is another training; remove one of them"
    )


def test_pictures_of_several_sizes_and_colours_are_refused(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    Image.new("RGB", (8, 8), (200, 10, 10)).save(tmp_path / "p" / "1.png")
    assert "its samples are [n, 8, 8, 3], and those of the data [n, 1, 8, 8]" in refused(tmp_path / "p")
    Image.new("RGB", (9, 8)).save(tmp_path / "p" / "2.png")
    assert refused(tmp_path / "p") == "p: holds pictures of 8 × 8 and 8 × 9 pixels: save all samples in one size"
