"""Loaders of the user's files, on small files of the same format; nothing here is downloaded."""

from __future__ import annotations

import os
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from bench.data.base import DataError
from bench.data.cifar10 import Cifar10
from bench.data.image_folder import ImageFolder
from bench.data.mnist import Mnist
from tests.data.idx_files import idx, write

NUMBERS = np.random.default_rng(0)


def refused(load: object, *mentions: str) -> str:
    """Loading raises DataError with one line that names the place and the remedy."""
    with pytest.raises(DataError) as error:
        load.load()  # type: ignore[attr-defined]
    message = str(error.value)
    assert "\n" not in message
    for mention in mentions:
        assert mention in message
    return message


# CIFAR-10


def cifar(root: Path, count: int = 4) -> dict[str, tuple[np.ndarray, list[int]]]:
    folder = root / "cifar-10-batches-py"
    folder.mkdir(parents=True)
    made = {}
    for name in [*(f"data_batch_{k}" for k in range(1, 6)), "test_batch"]:
        images = NUMBERS.integers(256, size=(count, 3072), dtype=np.uint8)
        labels = NUMBERS.integers(10, size=count).tolist()
        made[name] = images, labels
        (folder / name).write_bytes(
            pickle.dumps({b"data": images, b"labels": labels, b"batch_label": b"x"}, protocol=2)
        )
    return made


def test_cifar10_pixels_and_labels(tmp_path: Path) -> None:
    made = cifar(tmp_path)
    data = Cifar10(root=str(tmp_path)).load()
    assert data.x.shape == (20, 3, 32, 32)
    images, labels = made["data_batch_2"]
    assert data.labels[4:8].tolist() == labels
    blue = images[0, 2048:].reshape(32, 32)  # the file's order: 1024 red, 1024 green, 1024 blue, row by row
    torch.testing.assert_close(data.x[4, 2], torch.from_numpy(blue / 127.5 - 1).float())
    assert data.held_out_labels.tolist() == made["test_batch"][1]
    assert len(Cifar10(root=str(tmp_path / "cifar-10-batches-py")).load().x) == 20


def test_cifar10_reads_batches_as_python_2_pickled_them(tmp_path: Path) -> None:
    """The published files name `numpy.core.multiarray` and keep their array's bytes as a Python 2 string."""
    cifar(tmp_path)
    images = NUMBERS.integers(256, size=(1, 3072), dtype=np.uint8)
    raw = images.tobytes()
    content = (
        b"\x80\x02}q\x01(U\x04datacnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
        b"(K\x01K\x01M\x00\x0c\x86cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89T"
        + struct.pack("<I", len(raw)) + raw + b"tbU\x06labels]K\x07au."
    )  # fmt: skip
    (tmp_path / "cifar-10-batches-py" / "test_batch").write_bytes(content)
    data = Cifar10(root=str(tmp_path)).load()
    assert data.held_out_labels.tolist() == [7]
    torch.testing.assert_close(data.held_out.flatten(), torch.from_numpy(images / 127.5 - 1).float().flatten())


def test_cifar10_absent(tmp_path: Path) -> None:
    refused(Cifar10(root=str(tmp_path)), str(tmp_path / "cifar-10-batches-py"), "cifar-10-python.tar.gz", "root=")
    cifar(tmp_path)
    (tmp_path / "cifar-10-batches-py" / "data_batch_3").unlink()
    refused(Cifar10(root=str(tmp_path)), "data_batch_3")


class Intruder:
    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (os.environ["INTRUDER"],)


@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_cifar10_runs_no_code_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, protocol: int) -> None:
    cifar(tmp_path)
    monkeypatch.setenv("INTRUDER", str(tmp_path / "was here"))
    batch = {b"data": Intruder(), b"labels": []}
    (tmp_path / "cifar-10-batches-py" / "data_batch_1").write_bytes(pickle.dumps(batch, protocol=protocol))
    refused(Cifar10(root=str(tmp_path)), "data_batch_1", "mkdir")
    assert not (tmp_path / "was here").exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a pickle",
        pickle.dumps([1, 2]),
        pickle.dumps({b"labels": []}),
        pickle.dumps({b"data": np.zeros((2, 3072), np.float64), b"labels": [0, 1]}, protocol=2),
        pickle.dumps({b"data": np.zeros((2, 3000), np.uint8), b"labels": [0, 1]}, protocol=2),
        pickle.dumps({b"data": np.zeros((2, 3072), np.uint8), b"labels": [0]}, protocol=2),
        pickle.dumps({b"data": np.zeros((2, 3072), np.uint8), b"labels": [0, 10]}, protocol=2),
        pickle.dumps({b"data": np.zeros((2, 3072), np.uint8), b"labels": [0, 1]}, protocol=2)[:-3000],
    ],
)
def test_cifar10_malformed(tmp_path: Path, content: bytes) -> None:
    cifar(tmp_path)
    (tmp_path / "cifar-10-batches-py" / "test_batch").write_bytes(content)
    refused(Cifar10(root=str(tmp_path)), "test_batch")


# MNIST


def mnist(folder: Path, zipped: bool = False) -> tuple[np.ndarray, np.ndarray]:
    for part, count in (("t10k", 3), ("train", 5)):
        images = NUMBERS.integers(256, size=(count, 28, 28), dtype=np.uint8)
        labels = NUMBERS.integers(10, size=count, dtype=np.uint8)
        write(folder, part, images, labels, zipped)
    return images, labels


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("below", ["", "mnist", "MNIST/raw", "package/data", "data"])
def test_mnist_pixels_and_labels(tmp_path: Path, zipped: bool, below: str) -> None:
    images, labels = mnist(tmp_path / below, zipped)
    data = Mnist(root=str(tmp_path)).load()
    assert data.x.shape == (5, 1, 28, 28)
    assert data.held_out.shape == (3, 1, 28, 28)
    assert data.labels.tolist() == labels.tolist()
    torch.testing.assert_close(data.x[:, 0], torch.from_numpy(images / 127.5 - 1).float())


def test_mnist_pads_with_background(tmp_path: Path) -> None:
    mnist(tmp_path)
    small, large = (Mnist(root=str(tmp_path), size=size).load().x for size in (28, 32))
    assert torch.equal(large[:, :, 2:-2, 2:-2], small)
    assert (large[:, :, :2] == -1).all()
    for size in (7, 26, 29):
        with pytest.raises(DataError, match=f"size={size}"):
            Mnist(size=size)


def test_mnist_at_half_size_has_the_means_of_four_pixels(tmp_path: Path) -> None:
    images, _ = mnist(tmp_path)
    small = Mnist(root=str(tmp_path), size=14).load()
    assert small.x.shape == (5, 1, 14, 14)
    assert small.held_out.shape == (3, 1, 14, 14)
    for row, column in ((0, 0), (3, 9), (13, 13)):
        four = images[:, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2].reshape(5, 4).mean(1)
        torch.testing.assert_close(small.x[:, 0, row, column], torch.from_numpy(four / 127.5 - 1).float())


def test_mnist_absent(tmp_path: Path) -> None:
    refused(Mnist(root=str(tmp_path)), "train-images-idx3-ubyte", str(tmp_path), "root=")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("train-images-idx3-ubyte", b""),
        ("train-images-idx3-ubyte", idx(np.zeros((5, 28, 28), np.uint8))[:-1]),
        ("train-images-idx3-ubyte", idx(np.zeros((5, 28, 28), np.uint8))[:10]),
        ("train-images-idx3-ubyte", idx(np.zeros((5, 28, 28), np.uint8)) + b"x"),
        ("train-images-idx3-ubyte", idx(np.zeros((5, 28, 28), np.uint8), magic=b"\0\0\x0d\3")),
        ("train-images-idx3-ubyte", idx(np.zeros(5, np.uint8))),
        ("train-images-idx3-ubyte", idx(np.zeros((5, 20, 28), np.uint8))),
        ("train-images-idx3-ubyte", idx(np.zeros((0, 28, 28), np.uint8))),
        ("train-labels-idx1-ubyte", idx(np.zeros(4, np.uint8))),
        ("train-labels-idx1-ubyte", idx(np.full(5, 10, np.uint8))),
    ],
)
def test_mnist_malformed(tmp_path: Path, name: str, content: bytes) -> None:
    mnist(tmp_path)
    (tmp_path / name).write_bytes(content)
    refused(Mnist(root=str(tmp_path)), name)


@pytest.mark.parametrize("cut", [slice(0, 0), slice(0, 40), slice(5, None)])
def test_mnist_damaged_archives(tmp_path: Path, cut: slice) -> None:
    mnist(tmp_path, zipped=True)
    path = tmp_path / "t10k-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[cut])
    refused(Mnist(root=str(tmp_path)), "t10k-images-idx3-ubyte.gz")


# a folder of images


def picture(path: Path, size: tuple[int, int] = (40, 30), mode: str = "RGB") -> np.ndarray:
    path.parent.mkdir(parents=True, exist_ok=True)
    channels = {"RGB": 3, "L": 1, "RGBA": 4}[mode]
    pixels = NUMBERS.integers(256, size=(size[1], size[0], channels), dtype=np.uint8).squeeze()
    Image.fromarray(pixels).save(path)
    return pixels


def test_image_folder_cuts_the_centre(tmp_path: Path) -> None:
    made = [picture(tmp_path / f"{k}.png", (40, 32)) for k in range(2)]
    data = ImageFolder(root=str(tmp_path), size=32, held_out=0.5).load()
    expected = {np.ascontiguousarray(p[:, 4:36]).tobytes() for p in made}
    images = torch.cat([data.x, data.held_out]).add(1).mul(127.5).round().byte().permute(0, 2, 3, 1)
    assert {image.numpy().tobytes() for image in images} == expected


def test_image_folder_reads_every_kind(tmp_path: Path) -> None:
    for k, mode in enumerate(["RGB", "L", "RGBA", "RGB"]):
        picture(tmp_path / f"{k}.PNG", mode=mode)
    picture(tmp_path / "deep" / "er" / "x.jpg")
    picture(tmp_path / "y.jpeg", (3, 50))
    (tmp_path / "notes.txt").write_text("not an image")
    data = ImageFolder(root=str(tmp_path), size=16).load()
    assert data.x.shape == (5, 3, 16, 16)
    assert data.held_out.shape == (1, 3, 16, 16)
    assert data.labels is None
    assert data.classes == 0


def test_image_folder_labels_are_the_subfolders(tmp_path: Path) -> None:
    for k in range(6):
        picture(tmp_path / "cat" / f"{k}.png")
        picture(tmp_path / "ant" / f"{k}.png")
    data = ImageFolder(root=str(tmp_path), held_out=0.25).load()
    assert data.classes == 2
    assert sorted(torch.cat([data.labels, data.held_out_labels]).tolist()) == [0] * 6 + [1] * 6


def test_image_folder_holds_out_the_same_files_wherever_they_lie(tmp_path: Path) -> None:
    for k in range(10):
        picture(tmp_path / "one" / f"{k}.png", (8, 8))
    for k in range(10):
        (tmp_path / "two").mkdir(exist_ok=True)
        (tmp_path / "two" / f"{9 - k}.png").write_bytes((tmp_path / "one" / f"{k}.png").read_bytes())
    one, two = (ImageFolder(root=str(tmp_path / name), size=8, held_out=0.3).load() for name in ("one", "two"))
    assert len(one.held_out) == 3
    assert {x.numpy().tobytes() for x in one.held_out} == {x.numpy().tobytes() for x in two.held_out}
    both = ImageFolder(root=str(tmp_path), size=8, held_out=0.3).load()
    assert not {x.numpy().tobytes() for x in both.held_out} & {x.numpy().tobytes() for x in both.x}
    assert len(both.held_out) == 6


def test_image_folder_absent_or_empty(tmp_path: Path) -> None:
    refused(ImageFolder(root=str(tmp_path / "none")), "none", "root=")
    refused(ImageFolder(root=str(tmp_path)), str(tmp_path), "0 different")
    picture(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes((tmp_path / "a.png").read_bytes())
    refused(ImageFolder(root=str(tmp_path)), "1 different")


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"\x89PNG\r\n\x1a\n broken"])
def test_image_folder_names_what_it_cannot_read(tmp_path: Path, content: bytes) -> None:
    picture(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(content)
    refused(ImageFolder(root=str(tmp_path)), "b.png", "remove")


def test_image_folder_refuses_a_cut_image(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    picture(tmp_path / "b.jpg")
    (tmp_path / "b.jpg").write_bytes((tmp_path / "b.jpg").read_bytes()[:700])
    refused(ImageFolder(root=str(tmp_path)), "b.jpg")


def test_image_folder_options() -> None:
    for options in ({"held_out": 0.0}, {"held_out": 1.0}, {"size": 0}):
        with pytest.raises(DataError, match="image_folder: "):
            ImageFolder(**options)
