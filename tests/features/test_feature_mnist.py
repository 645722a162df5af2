"""The classifier of MNIST's digits, on small files: trained once, kept whole, known by its weights."""

from __future__ import annotations

import time
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
import torch

from bench.data import _mnist_classifier as classifier
from bench.data._mnist_classifier import Classifier
from bench.data.base import Data, DataError
from bench.data.stacked_mnist import StackedMnist
from bench.evaluation.evaluator import Evaluator
from bench.features.base import FeaturesError, extract, open_space
from bench.hashing.content import digest
from bench.metrics.frechet import Frechet
from bench.metrics.modes_covered import ModesCovered
from tests.data import idx_files


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files, and the weights that were trained on them."""
    folder = idx_files.handwritten(tmp_path_factory.mktemp("digits"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BENCH_WEIGHTS", str(folder / "weights"))
        assert Classifier(str(folder)).sha256
    return folder


@pytest.fixture
def root(made: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where the weights are there, and training is an error."""
    monkeypatch.setenv("BENCH_WEIGHTS", str(made / "weights"))
    monkeypatch.setattr(classifier, "train", lambda *a: pytest.fail("it trained again"))
    return str(made)


@pytest.fixture
def fresh(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for weights of one's own, with a copy of those that are there."""
    monkeypatch.setenv("BENCH_WEIGHTS", str(tmp_path))
    (kept,) = (made / "weights").iterdir()
    path = tmp_path / kept.name
    path.write_bytes(kept.read_bytes())
    return path


def test_it_is_trained_once_whatever_the_files_packing(root: str, tmp_path: Path) -> None:
    zipped = idx_files.handwritten(tmp_path / "data", zipped=True).parent
    assert Classifier(root).sha256 == Classifier(str(zipped)).sha256
    assert len(list(Path(root, "weights").iterdir())) == 1


def test_other_training_files_have_another_classifier(root: str, tmp_path: Path, fresh: Path) -> None:
    fewer = idx_files.handwritten(tmp_path / "other", n=299)
    with pytest.raises(pytest.fail.Exception, match="trained again"):
        _ = Classifier(str(fewer)).sha256


def test_training_again_gives_the_same_bits_and_moves_nothing_random(
    made: Path, fresh: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = Classifier(str(made)).sha256
    fresh.unlink()
    torch.manual_seed(3)
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    assert Classifier(str(made)).sha256 == before
    assert torch.equal(state, torch.get_rng_state())
    assert torch.get_num_threads() == threads
    assert [path.name for path in fresh.parent.iterdir()] == [fresh.name]
    said = capsys.readouterr()
    assert said.out == ""
    assert f"training a classifier of the digits in {made}, once: 14 × 14 pixels, epoch 1 of 8" in said.err


def test_two_that_ask_at_once_train_once(made: Path, fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("fcntl")
    nets, calls = classifier.read(fresh), []
    fresh.unlink()

    def slow(*a: object) -> object:
        calls.append(1)
        time.sleep(0.3)
        return nets

    monkeypatch.setattr(classifier, "train", slow)
    found: list[object] = []
    threads = [Thread(target=lambda: found.append(classifier.kept(str(made)))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(calls) == 1
    assert len({digest(one) for one in found}) == 1
    assert len(found) == 3


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "shape", "nan"])
def test_damaged_weights_are_refused(made: Path, fresh: Path, damage: str) -> None:
    content = fresh.read_bytes()
    if damage in ("shape", "nan"):
        with np.load(fresh) as kept:
            arrays = dict(kept)
        arrays["last_14"] = arrays["last_14"][:9] if damage == "shape" else arrays["last_14"] * np.float32(np.nan)
        np.savez(fresh, **arrays)
    else:
        flipped = content[:5000] + bytes([content[5000] ^ 1]) + content[5001:]
        fresh.write_bytes({"flip": flipped, "cut": content[:-40], "empty": b""}[damage])
    with pytest.raises(DataError, match=r"remove it, and it is made again") as error:
        _ = Classifier(str(made)).sha256
    assert str(fresh) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_place_that_cannot_be_written_is_named_before_training(
    root: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("BENCH_WEIGHTS", str(tmp_path / "file" / "weights"))
    with pytest.raises(DataError, match=r"can't be written \(.*\): set \$BENCH_WEIGHTS"):
        _ = Classifier(root).sha256


def test_absent_files_are_one_line_with_the_remedy(tmp_path: Path) -> None:
    space = f"mnist:{tmp_path}"
    for ask in (lambda: extract(space, torch.zeros(1, 1, 28, 28)), open_space(space).sha256):
        with pytest.raises(FeaturesError, match=r"feature space mnist: .*is not there; .*space=mnist:FOLDER") as error:
            ask()
        assert str(tmp_path) in str(error.value)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize("size", [14, 28])
def test_it_has_learned_and_channels_lie_side_by_side(root: str, size: int) -> None:
    data = StackedMnist(root=root, n=100, held_out=100, size=size).load()
    space = open_space(f"mnist:{root}")
    whole = space(data.x)
    assert whole.shape == (100, 192)
    assert whole.dtype == torch.float32
    for channel in range(3):
        one = space(data.x[:, channel : channel + 1])
        torch.testing.assert_close(whole[:, 64 * channel : 64 * channel + 64], one)
    torch.testing.assert_close(space(data.x.flip(0)).flip(0), whole)
    first = classifier.of(root).logits(data.held_out)[:, 0].argmax(-1)
    assert (first == data.held_out_labels // 100).double().mean() > 0.8


@pytest.mark.parametrize("size", [14, 28])
@pytest.mark.parametrize("bad", [torch.nan, torch.inf])
def test_what_is_not_finite_stays_so(root: str, size: int, bad: float) -> None:
    x = torch.zeros(2, 1, size, size)
    x[0, 0, 3, 3] = bad
    h = open_space(f"mnist:{root}")(x)
    assert not h[0].isfinite().all()
    assert h[1].isfinite().all()


def test_it_fits_images_of_its_sizes() -> None:
    for shape, fits in (
        ((1, 28, 28), True),
        ((3, 14, 14), True),
        ((1, 32, 32), False),
        ((3, 28, 14), False),
        ((2,), False),
    ):
        x = torch.zeros(2, *shape)
        assert (open_space("mnist").refuses(Data(x, x)) is None) == fits
    assert Frechet(space="mnist").names() == Frechet(space="mnist:elsewhere").names() == ("fd_mnist",)


def test_what_was_said_is_remembered_by_content(root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read, asked = Classifier(root), []
    logits = Classifier.logits
    monkeypatch.setattr(Classifier, "logits", lambda self, x: (asked.append(len(x)), logits(self, x))[1])
    x = torch.rand(5, 3, 14, 14, generator=torch.Generator().manual_seed(0))
    first = read.name(x)
    again = read.name(x.clone())
    assert asked == [5]
    assert torch.equal(first[0], again[0])
    x[2, 1] = -1  # the same tensor, with other contents
    other = read.name(x)
    assert asked == [5, 5]
    assert not torch.equal(other[1], first[1])
    for k in range(classifier.REMEMBERED + 5):
        read.name(torch.full((1, 3, 14, 14), k / 100))
    assert len(read._read) == classifier.REMEMBERED


def test_other_weights_make_numbers_incomparable(made: Path, fresh: Path) -> None:
    """Of the feature space and of the modes; the same weights, shared as a file, make them comparable."""

    def protocols() -> dict[str, object]:
        classifier._of.cache_clear()
        data = StackedMnist(root=str(made), n=60, held_out=60, size=14).load()
        metrics = [ModesCovered(n=50), Frechet(n=50, space=f"mnist:{made}")]
        told = {name: told["id"] for name, told in Evaluator(data, metrics).protocols().items()}
        return told | {"extractor": open_space(f"mnist:{made}").sha256()}

    one = protocols()
    assert protocols() == one
    with np.load(fresh) as kept:
        arrays = dict(kept)
    arrays["bias4_28"] = np.nextafter(arrays["bias4_28"], np.float32(9))
    np.savez(fresh, **arrays)
    other = protocols()
    classifier._of.cache_clear()
    assert set(other) == set(one) == {"modes_covered", "fd_mnist", "extractor"}
    assert all(other[name] != one[name] for name in one)
