"""The key of a cell moves with whatever could move its numbers, and with nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bench.hashing import code
from bench.running.cells import Cell, cells
from bench.suite.load import load_suite
from bench.suite.suite import slug
from bench.suite.yaml_lines import SuiteError

TEXT = """
suite: toy
seeds: 2
train: {steps: 10, batch: 8}
datasets: {ring8: ring(modes=8)}
methods:
  GAN: gan(width=8) + ema(decay=0.9)
metrics: [modes_covered]
"""
Write = Callable[[str], Path]


@pytest.fixture
def cell(write: Write) -> Callable[..., Cell]:
    def one(old: str = "", new: str = "", device: str = "cpu") -> Cell:
        assert old in TEXT
        (found,) = cells(load_suite(write(TEXT.replace(old, new) if old else TEXT)), device)
        return found

    return one


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("seeds: 2", "seeds: 20"),
        ("batch: 8", "batch: 8, lanes: 4, checkpoint_minutes: 1"),
        ("suite: toy", "suite: toy\nasks: Why?\ntimeout: 3"),
        ("GAN:", "Another label:"),
        ("ring8", "another_label"),
        ("decay=0.9", "0.9"),
        ("ring(modes=8)", "ring"),
        ("gan(width=8)", "gan(width=8, lr=0.001, loss=non_saturating)"),
    ],
)
def test_what_does_not_change_a_number_does_not_move_the_key(cell: Callable[..., Cell], old: str, new: str) -> None:
    assert cell(old, new).key == cell().key


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("steps: 10", "steps: 11"),
        ("batch: 8", "batch: 9"),
        ("batch: 8", "batch: 8, precision: float64"),
        ("batch: 8", "batch: 8, mapping: loop"),
        ("batch: 8", "batch: 8, evaluate_every: 5"),
        ("modes=8", "modes=7"),
        ("width=8", "width=9"),
        ("width=8", "width=8, loss=hinge"),
        ("decay=0.9", "decay=0.91"),
        (" + ema(decay=0.9)", ""),
        ("modes_covered]", "modes_covered]\nprobes: [losses(every=3)]"),
    ],
)
def test_what_changes_a_number_moves_the_key(cell: Callable[..., Cell], old: str, new: str) -> None:
    assert cell(old, new).key != cell().key


@pytest.mark.parametrize("metrics", ["modes_covered(n=500)", "modes_covered, energy"])
def test_metrics_look_at_what_was_trained_and_move_no_key(cell: Callable[..., Cell], metrics: str) -> None:
    other = cell("modes_covered]", f"{metrics}]")
    assert other.key == cell().key
    assert other.wanted != cell().wanted


def test_the_kind_of_device_moves_the_key(cell: Callable[..., Cell]) -> None:
    assert cell(device="cuda").key != cell().key


def test_architecture_counts(cell: Callable[..., Cell], monkeypatch: pytest.MonkeyPatch) -> None:
    before = cell().key
    true = code._digest
    monkeypatch.setattr(code, "_whole", code._whole.__wrapped__)  # which remembers
    monkeypatch.setattr(code, "_digest", lambda m: "other" if m == "bench.architectures.mlp" else true(m))
    assert cell().key != before
    monkeypatch.setattr(code, "_digest", lambda m: "other" if m == "bench.stabilizers.gradient_penalty" else true(m))
    assert cell().key == before  # a stabilizer that this cell does not use


def test_a_feature_space_counts_with_what_follows_its_colon(
    cell: Callable[..., Cell], monkeypatch: pytest.MonkeyPatch
) -> None:
    space = ("modes_covered]", "modes_covered, frechet(space=module:torch.nn:Flatten)]")
    before = cell(*space).wanted
    true = code._digest
    monkeypatch.setattr(code, "_whole", code._whole.__wrapped__)  # which remembers
    monkeypatch.setattr(code, "_digest", lambda m: "other" if m == "bench.features.module" else true(m))
    after = cell(*space).wanted
    assert {name for name in before if before[name] != after[name]} == {"fd_flatten"}


@pytest.mark.usefixtures("unruly")
def test_data_that_is_not_there_names_its_line(write: Write) -> None:
    text = TEXT.replace(
        "ring8: ring(modes=8)", "ring8: ring, lost: absent(folder=/no/such)".replace("/no/such", "'/no/such'")
    )
    with pytest.raises(
        SuiteError, match=r"toy.yaml:5: datasets.lost: /no/such: there is no such folder; put the images there"
    ):
        cells(load_suite(write(text)))


def test_a_model_that_cannot_be_built_for_the_data_names_its_line(write: Write) -> None:
    path = write(TEXT.replace("width=8", "arch=nothing"))
    with pytest.raises(
        SuiteError, match=r"toy.yaml:7: methods.GAN: no architecture is called 'nothing' \(known: dcgan, mlp"
    ):
        cells(load_suite(path))


def test_a_skipped_cell_keeps_its_reason(write: Write) -> None:
    text = TEXT.replace("metrics:", "  VAE: vae(width=8)\nmetrics:")
    one, other = cells(load_suite(write(text + "skip: [{dataset: ring8, method: GAN, reason: too dear}]")))
    assert (one.skip, other.skip) == ("too dear", None)


@pytest.mark.parametrize(
    ("label", "folder"),
    [
        ("GAN + R1", "gan-r1"),
        ("A/../B", "a-..-b"),
        ("x [lr=0.1]", "x-lr=0.1"),
        ("+", "x"),
        ("a" * 200, "a" * 200),
        ("é", "x-4a9955"),
    ],
)
def test_slugs_name_one_folder(label: str, folder: str) -> None:
    assert slug(label) == folder
    assert len(Path(slug(label)).parts) == 1


def test_labels_in_any_script_have_folders_of_their_own(write: Write) -> None:
    labels = [
        "α=0.5",
        "β=0.5",
        "日本",
        "中国",
        "متحول",
        "é",
        "e\u0301",
        "🙂",
        "\u212a",
        "k",
        "Ω" * 100,
        f"{'Ω' * 99}α",
        "a" * 201,
        "a" * 202,
    ]
    names = [slug(label) for label in labels]
    assert len(set(names)) == len(names)
    assert all(name.isascii() and len(name) <= 200 for name in names)
    other = TEXT.replace("GAN: gan(width=8) + ema(decay=0.9)", "α=0.5: gan(width=8)\n  β=0.5: gan(width=9)")
    assert len({cell.folder.parent / cell.folder.name[:-9] for cell in cells(load_suite(write(other)))}) == 2
