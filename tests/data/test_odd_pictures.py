"""Folders of pictures as they are found: every kind becomes RGB by a stated rule or is refused, and what is left out is said."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from bench.data.base import Data, DataError
from bench.data.image_folder import ImageFolder

NUMBERS = np.random.default_rng(0)
RAMP = np.arange(256, dtype=np.uint8).reshape(16, 16)


def plain(path: Path, side: int = 16) -> np.ndarray:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = NUMBERS.integers(256, size=(side, side, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return pixels


def load(root: Path, **options: Any) -> Data:
    return ImageFolder(root=str(root), **{"size": 16, "held_out": 0.5} | options).load()


def levels(data: Data) -> list[np.ndarray]:
    """Every image of both parts as [16, 16, 3] uint8."""
    both = torch.cat([data.x, data.held_out]).permute(0, 2, 3, 1)
    return list(both.add(1).mul(127.5).round().byte().numpy())


def has(data: Data, expected: np.ndarray) -> bool:
    return any(np.array_equal(image, np.broadcast_to(expected, image.shape)) for image in levels(data))


def mostly(colour: tuple[int, ...], mode: str, corner: tuple[int, ...] | int, **info: Any) -> Image.Image:
    """One colour with another one in the upper left quarter."""
    image = Image.new(mode, (16, 16), colour if len(colour) > 1 else colour[0])
    image.paste(corner, (0, 0, 8, 8))
    image.info.update(info)
    return image


def quarters(rest: tuple[int, int, int], corner: tuple[int, int, int]) -> np.ndarray:
    out = np.empty((16, 16, 3), np.uint8)
    out[:] = rest
    out[:8, :8] = corner
    return out


def palette(*colours: int) -> Image.Image:
    image = mostly((0,), "P", 1)
    image.putpalette(list(colours))
    return image


WHITE, BLACK, RED = (255, 255, 255), (0, 0, 0), (255, 0, 0)
ODD: dict[str, tuple[Callable[[], Image.Image], dict[str, Any], np.ndarray]] = {
    "grey": (lambda: Image.fromarray(RAMP), {}, RAMP[:, :, None]),
    "16 bits": (lambda: Image.fromarray(RAMP.astype(np.uint16) * 257), {}, RAMP[:, :, None]),
    "16 bits between levels": (
        lambda: Image.fromarray((RAMP.astype(np.int32) * 257 + np.where(RAMP < 255, 127, 0)).astype(np.uint16)),
        {},
        RAMP[:, :, None],
    ),
    "one bit": (lambda: mostly((1,), "1", 0), {}, quarters(WHITE, BLACK)),
    "palette": (lambda: palette(*RED, *BLACK), {}, quarters(RED, BLACK)),
    "palette, one colour transparent": (lambda: palette(*RED, *BLACK), {"transparency": 0}, quarters(WHITE, BLACK)),
    "palette, transparent by degrees": (
        lambda: palette(*RED, *BLACK), {"transparency": bytes([255, 0])}, quarters(RED, WHITE),
    ),
    "black on transparent": (lambda: mostly((0, 0, 0, 0), "RGBA", (0, 0, 0, 255)), {}, quarters(WHITE, BLACK)),
    "hidden colours": (lambda: mostly((9, 99, 200, 0), "RGBA", (0, 0, 0, 255)), {}, quarters(WHITE, BLACK)),
    "half transparent": (lambda: mostly((0, 0, 0, 255), "RGBA", (0, 0, 0, 51)), {}, quarters(BLACK, (204, 204, 204))),
    "opaque": (lambda: mostly((255, 0, 0, 255), "RGBA", (0, 0, 0, 255)), {}, quarters(RED, BLACK)),
    "grey with alpha": (lambda: mostly((0, 0), "LA", (0, 255)), {}, quarters(WHITE, BLACK)),
    "a transparent grey": (lambda: mostly((7,), "L", 0), {"transparency": 7}, quarters(WHITE, BLACK)),
    "a transparent colour": (lambda: mostly(RED, "RGB", BLACK), {"transparency": RED}, quarters(WHITE, BLACK)),
}  # fmt: skip


@pytest.mark.parametrize("kind", ODD)
def test_every_kind_of_png_becomes_rgb_by_its_rule(tmp_path: Path, kind: str) -> None:
    make, options, expected = ODD[kind]
    make().save(tmp_path / "odd.png", **options)
    plain(tmp_path / "other.png")
    assert has(load(tmp_path), expected)


def test_cmyk_and_grey_jpegs(tmp_path: Path) -> None:
    mostly((0, 255, 255, 0), "CMYK", (0, 0, 0, 255)).save(tmp_path / "cmyk.jpg", quality=100)
    mostly((200,), "L", 20).save(tmp_path / "grey.jpg", quality=100)
    found = levels(load(tmp_path))
    for expected in (quarters(RED, BLACK), quarters((200, 200, 200), (20, 20, 20))):
        assert any(np.abs(image.astype(int) - expected).max() <= 3 for image in found)


def test_a_transparent_level_of_16_bits_has_no_rule(tmp_path: Path) -> None:
    Image.fromarray(RAMP.astype(np.uint16) * 257).save(tmp_path / "odd.png", transparency=257)
    plain(tmp_path / "other.png")
    with pytest.raises(DataError, match=r"odd.png can't be read as an image \(its pixels are I;16, with a transparent"):
        load(tmp_path)


def test_an_image_lies_upright(tmp_path: Path) -> None:
    marks = Image.Exif()
    marks[0x0112] = 3  # upside down
    image = Image.fromarray(RAMP)
    image.save(tmp_path / "turned.png", exif=marks)
    plain(tmp_path / "other.png")
    assert has(load(tmp_path), RAMP[::-1, ::-1, None])


def test_the_first_picture_of_an_animation_counts(tmp_path: Path) -> None:
    first, second = Image.fromarray(RAMP).convert("RGB"), Image.new("RGB", (16, 16))
    first.save(tmp_path / "moving.png", save_all=True, append_images=[second])
    plain(tmp_path / "other.png")
    assert has(load(tmp_path), RAMP[:, :, None])


def test_a_file_named_as_another_kind_is_read_as_what_it_is(tmp_path: Path) -> None:
    content = io.BytesIO()
    Image.fromarray(RAMP).save(content, "PNG")
    (tmp_path / "really a png.jpg").write_bytes(content.getvalue())
    plain(tmp_path / "other.png")
    assert has(load(tmp_path), RAMP[:, :, None])
    Image.fromarray(RAMP).save(tmp_path / "gif.png", "GIF")
    with pytest.raises(DataError, match=r"gif.png can't be read"):
        load(tmp_path)


def test_hidden_folders_and_files_are_no_classes_and_it_is_said(tmp_path: Path) -> None:
    for k in range(3):
        plain(tmp_path / "cat" / f"{k}.png")
        plain(tmp_path / "ant" / f"{k}.png")
        plain(tmp_path / ".thumbnails" / f"{k}.png")
    plain(tmp_path / "__MACOSX" / "cat" / "x.png")
    (tmp_path / "cat" / "._0.png").write_bytes(b"no picture")
    (tmp_path / "cat" / "notes.TXT").write_text("x")
    (tmp_path / "0.gif").write_bytes(b"GIF89a")
    source = ImageFolder(root=str(tmp_path), size=16)
    data = source.load()
    assert (data.classes, len(data.x) + len(data.held_out)) == (2, 6)
    assert source.remarks() == [f"left out of {tmp_path}: ending '.gif' (1), ending '.txt' (1), hidden (3)"]


def test_links_to_pictures_are_read_and_other_links_are_left_out(tmp_path: Path) -> None:
    shown = tmp_path / "shown"
    for k in range(3):
        plain(tmp_path / "elsewhere" / f"{k}.png")
    plain(shown / "a.png")
    (shown / "linked.png").symlink_to(tmp_path / "elsewhere" / "0.png")
    (shown / "folder").symlink_to(tmp_path / "elsewhere")
    (shown / "gone.png").symlink_to(tmp_path / "nowhere.png")
    (shown / "round").symlink_to(shown)
    source = ImageFolder(root=str(shown), size=16)
    assert len(levels(source.load())) == 2
    assert source.remarks() == [f"left out of {shown}: links that lead nowhere (1), links to folders (2)"]


def test_equal_pixels_are_on_one_side_whatever_the_compression(tmp_path: Path) -> None:
    for k in range(8):
        pixels = plain(tmp_path / f"{k}.png")
        image = Image.fromarray(pixels)
        image.save(tmp_path / f"{k} stored.png", compress_level=0)
        said = PngInfo()
        said.add_text("author", str(k))
        image.convert("RGBA").save(tmp_path / f"{k} said.png", pnginfo=said)
    source = ImageFolder(root=str(tmp_path), size=16, held_out=0.4)
    data = source.load()
    held_out, trained = ({x.numpy().tobytes() for x in part} for part in (data.held_out, data.x))
    assert (len(data.x), len(data.held_out), len(trained), len(held_out)) == (15, 9, 5, 3)
    assert not held_out & trained
    assert source.remarks() == [
        "16 of 24 images are copies of another, pixel by pixel: held out together with it, or not at all"
    ]


def test_copies_of_one_image_are_no_two_images(tmp_path: Path) -> None:
    pixels = plain(tmp_path / "a.png")
    Image.fromarray(pixels).save(tmp_path / "b.png", compress_level=0)
    with pytest.raises(DataError, match="holds 1 different PNG or JPEG files"):
        load(tmp_path)


def test_strays_beside_the_classes_are_told(tmp_path: Path) -> None:
    for k in range(3):
        plain(tmp_path / "cat" / f"{k}.png")
    plain(tmp_path / "stray.png")
    source = ImageFolder(root=str(tmp_path), size=16)
    assert source.load().classes == 0
    assert source.remarks() == ["1 of 4 images lie in no subfolder, so there are no classes"]


def test_a_folder_without_a_picture_says_what_is_there(tmp_path: Path) -> None:
    for k in range(3):
        (tmp_path / f"{k}.webp").write_bytes(b"RIFF")
    with pytest.raises(DataError, match=r"holds 0 different PNG or JPEG files \(left out: ending '.webp' \(3\)\)"):
        load(tmp_path)


def test_the_whole_file_system_is_no_folder_of_images() -> None:
    with pytest.raises(DataError, match="image_folder: / is the whole file system; name the folder of the images"):
        ImageFolder(root="/").load()


def test_a_folder_of_too_many_files_is_not_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.data._pictures.MOST", 3)
    for name in "abcd":
        plain(tmp_path / f"{name}.png")
    with pytest.raises(DataError, match="holds more than 3 files; name the folder of the images"):
        load(tmp_path)


def test_a_name_of_any_bytes_can_be_told(tmp_path: Path) -> None:
    plain(tmp_path / "other.png")
    path = tmp_path / b"caf\xe9.png".decode(errors="surrogateescape")
    try:
        path.write_bytes(b"no picture")
    except OSError:
        pytest.skip("this file system has names of UTF-8 only")
    with pytest.raises(DataError, match="can't be read") as refused:
        load(tmp_path)
    assert str(refused.value).encode()


def test_a_plain_folder_has_nothing_to_be_said(tmp_path: Path) -> None:
    for k in range(3):
        plain(tmp_path / f"{k}.png")
    assert ImageFolder(root=str(tmp_path), size=16).remarks() == []
