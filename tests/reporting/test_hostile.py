"""Whatever a folder of results holds, a report comes out of it."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import bench.reporting
from bench.reporting.figure_style import strokes
from bench.reporting.lines import MOST_POINTS, thinned

LABELS = ["$x_1^2$", "<script>alert(1)</script>", "a|b", "名前 σ", "\\frac{1}{2} %&#", "x" * 200, "a\nb", "../up", "$"]


def build(folder: Path) -> str:
    return bench.reporting.build(folder / "results", folder / "report").read_text(encoding="utf-8")


@pytest.mark.filterwarnings("ignore:Glyph:UserWarning")  # fonts on this machine may lack some scripts
def test_unusual_labels(fake: ModuleType, tmp_path: Path) -> None:
    for k, label in enumerate(LABELS):
        fake.write(
            tmp_path / "results", "da$ta <i>", label, seeds=range(2), key=f"{k:08x}{k:08x}", metrics=("modes_covered",)
        )
    page = build(tmp_path)
    assert "<script>" not in page
    assert "<i>" not in page
    files = [path for path in tmp_path.rglob("*") if path.is_file() and "results" not in path.parts]
    assert all(path.is_relative_to(tmp_path / "report") for path in files)


CASES = {
    "one seed": {"seeds": range(1)},
    "one dead seed": {"seeds": range(1), "died": {0: 100}},
    "all seeds dead": {"seeds": range(3), "died": {0: 0, 1: 0, 2: 5000}, "status": "diverged"},
    "no metrics": {"seeds": range(3), "metrics": ()},
    "NaN everywhere": {"seeds": range(3), "nan": True},
    "no floors": {"seeds": range(3), "floors": False},
    "skipped": {"status": "skipped", "reason": "no\nreason"},
    "out of memory": {"seeds": range(3), "status": "oom"},
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_lone_cell(fake: ModuleType, tmp_path: Path, case: dict[str, object]) -> None:
    fake.write(tmp_path / "results", "ring8", "GAN", **case)
    page = build(tmp_path)
    assert 'class="best' not in page  # nothing to be better than
    assert ">nan" not in page.lower()


def test_a_record_without_files(fake: ModuleType, tmp_path: Path) -> None:
    fake.write(tmp_path / "results", "ring8", "GAN", seeds=range(3))
    for path in tmp_path.rglob("samples.npz"):
        path.unlink()
    assert 'id="samples"' not in build(tmp_path)


def test_thirty_methods_are_told_apart() -> None:
    found = strokes([f"method {k}" for k in range(30)])
    assert len(set(found.values())) == 30


def test_thirty_methods(fake: ModuleType, tmp_path: Path) -> None:
    made = {"seeds": range(2), "metrics": ("sliced_wasserstein",), "losses": False}
    for k in range(30):
        fake.write(tmp_path / "results", "ring8", f"method {k}", key=f"{k:08x}{k:08x}", **made)
    assert "method 29" in build(tmp_path)


def test_thinning_keeps_spikes() -> None:
    row = np.zeros(10_000)
    row[7_777], row[1_234] = 50.0, -50.0
    row[9_000:] = np.nan
    steps, kept = thinned(np.arange(10_000.0), row)
    assert len(kept) <= MOST_POINTS
    assert (np.nanmax(kept), np.nanmin(kept)) == (50.0, -50.0)
    assert np.isnan(kept[steps >= 9_000]).all()
