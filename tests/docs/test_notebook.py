"""The notebook works from its first cell to its last, holds no outputs, and is no longer than it says."""

from __future__ import annotations

import json
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

from bench.running import run as running
from tests.running.tuned_suite import Here
from tests.unruly import ROOT

NOTEBOOK = json.loads((ROOT / "examples" / "first_look.ipynb").read_text(encoding="utf-8"))


def test_it_is_a_notebook_without_outputs() -> None:
    assert (NOTEBOOK["nbformat"], NOTEBOOK["nbformat_minor"]) == (4, 5)
    assert len({cell["id"] for cell in NOTEBOOK["cells"]}) == len(NOTEBOOK["cells"])
    for cell in NOTEBOOK["cells"]:
        assert cell["cell_type"] in ("markdown", "code")
        if cell["cell_type"] == "code":
            assert (cell["outputs"], cell["execution_count"]) == ([], None)


def test_its_cells_run_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(running, "find", lambda word: lambda slots: Here())
    names: dict[str, object] = {"__name__": "__main__"}
    try:
        for cell in NOTEBOOK["cells"]:
            if cell["cell_type"] == "code":
                text = "".join(cell["source"]).replace("steps = 600", "steps = 12")
                text = text.replace("seeds: 6", "seeds: 2").replace("n=1000", "n=100")
                exec(compile(text, cell["id"], "exec"), names)
    finally:
        plt.close("all")
    assert names["steps"] == 12
    panel, samples = names["panel"], names["samples"]
    assert list(panel["method"]) == ["GAN", "GAN + R1", "EDM"]  # type: ignore[index]
    assert {drawn.shape for drawn in samples.values()} == {(500, 2)}  # type: ignore[attr-defined]
