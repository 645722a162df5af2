"""What the probes saw: every quantity has a panel, dead seeds end where they died, and the axis follows from the values."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from bench.reporting import build
from bench.reporting.figure_style import strokes, tag
from bench.reporting.probe_figures import MOST_METHODS, _lines, probe_figures
from bench.reporting.probe_traces import probed, scale_of, traces_of
from bench.reporting.results import read


def probe(
    record: Path, values: Mapping[str, float], *, steps: int = 5, seeds: range = range(3), **entries: object
) -> None:
    """Write traces into a record: seed s has value · (1 + s) at every look, until it dies."""
    path = record / "record.json"
    content = json.loads(path.read_text(encoding="utf-8")) | entries
    path.write_text(json.dumps(content), encoding="utf-8")
    died = {entry["seed"]: entry["step"] for entry in content["seeds"] if entry["outcome"] == "diverged"}
    rows = [
        (seed, step, name, value * (1 + seed) if step < died.get(seed, 1 << 30) else float("nan"))
        for name, value in values.items()
        for seed in seeds
        for step in range(100, 100 * steps + 1, 100)
    ]
    pd.DataFrame(rows, columns=["seed", "step", "name", "value"]).to_parquet(record / "traces.parquet")


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1.0, 2.0, 20.0], "linear"),
        ([1e-3, 1e-2, 1.0, 40.0], "log"),
        ([0.0, 1e-4, 1.0], "linear"),  # a share
        ([-1.0, 1e-4, 0.9], "linear"),  # a cosine
        ([-1e6, -1.0, 0.0, 1.0, 2.0, 1.0, 1.0, 1.0], "symlog"),
        ([np.nan, np.inf], "linear"),
        ([0.0, 0.0], "linear"),
    ],
)
def test_the_axis_follows_from_the_values(values: list[float], kind: str) -> None:
    scale = scale_of(np.array(values))
    assert scale.kind == kind
    assert scale.low < scale.high
    assert scale.kind != "log" or scale.low > 0


def test_a_value_in_a_hundred_decides_no_axis() -> None:
    many = np.concatenate([np.linspace(1, 2, 999), [1e9]])
    assert scale_of(many).kind == "linear"
    assert scale_of(many).high < 3


def test_every_quantity_of_every_probe_has_a_panel(fake: ModuleType, tmp_path: Path) -> None:
    said = {"gradients": ["grad_norm_G", "grad_ratio"], "losses": ["loss_G"]}
    values = {"grad_norm_G": 1.0, "grad_ratio": 0.5, "loss_G": 1.0, "path_angle_0.5": 3.0}
    probe(fake.write(tmp_path, "ring8", "GAN", seeds=range(3)), values, probes=said)
    probe(fake.write(tmp_path, "ring8", "EDM", seeds=range(3)), {"path_angle_0.5": 300.0})
    results = read(tmp_path)
    assert probed(results, "ring8") == {"gradients": ["grad_norm_G", "grad_ratio"], "path": ["path_angle_0.5"]}
    gradients, path = probe_figures(results, "ring8", strokes(results.methods))
    assert [gradients.key, path.key] == ["probe-ring8-gradients", "probe-ring8-path"]
    assert "path_angle_0.5 (logarithmic axis): last medians from 6 (GAN) to 600 (EDM)." in path.caption
    assert set(re.findall(r'class="mark" data-m="([0-9a-f]+)"', path.svg)) == {tag("GAN"), tag("EDM")}
    assert tag("EDM") not in gradients.svg


def test_the_median_is_of_the_seeds_alive_and_a_dead_one_ends_where_it_died(fake: ModuleType, tmp_path: Path) -> None:
    probe(fake.write(tmp_path, "ring8", "GAN", seeds=range(3), died={2: 250}), {"grad_norm_G": 1.0})
    trace = traces_of(read(tmp_path), "ring8")["grad_norm_G"]["GAN"]
    assert trace.median.tolist() == [2.0, 2.0, 1.5, 1.5, 1.5]
    assert np.isfinite(trace.rows[2]).tolist() == [True, True, False, False, False]


def test_methods_stand_in_the_suites_order_in_rows_of_six(fake: ModuleType, tmp_path: Path) -> None:
    names = [f"GAN {k:02}" for k in reversed(range(MOST_METHODS + 1))]
    for name in names:
        probe(fake.write(tmp_path, "ring8", name, seeds=range(2), losses=False), {"grad_ratio": 1.0}, seeds=range(2))
    methods = ", ".join(f"{name}: gan" for name in names)
    (tmp_path / "suite.yaml").write_text(f"suite: toys\ndatasets: {{ring8: ring()}}\nmethods: {{{methods}}}\n")
    results = read(tmp_path)
    lines = _lines(traces_of(results, "ring8"))
    assert [method for line in lines for method in line.methods] == names[:MOST_METHODS]
    assert [len(line.methods) for line in lines] == [6, 6, 6]
    (figure,) = probe_figures(results, "ring8", strokes(results.methods))
    assert f"Left out, of {MOST_METHODS} methods in a figure: {names[-1]};" in figure.caption


def test_the_section_is_folded_and_the_same_twice(fake: ModuleType, tmp_path: Path) -> None:
    results = tmp_path / "r"
    probe(fake.write(results, "ring8", "GAN", seeds=range(3)), {"step_radius": 0.9}, predictions={"step_radius": 0.9})
    pages = [build(results, tmp_path / name).read_text(encoding="utf-8") for name in ("a", "b")]
    assert pages[0] == pages[1]
    section = re.search(r'<section id="probes">.*?</section>', pages[0], re.DOTALL)
    assert section
    assert re.search(r"<details><summary>Show</summary>.*probe-ring8-step.*</details>", section[0], re.DOTALL)
    assert pages[0].count("<details>") == 1
    assert (tmp_path / "a" / "figures" / "probe-ring8-step.pdf").exists()


def test_a_path_on_a_page_has_two_decimals(report: Path) -> None:
    page = (report / "index.html").read_text(encoding="utf-8")
    drawn = re.findall(r' d="([^"]*)"', page)
    assert drawn
    assert not any(re.search(r"\.\d{3}", path) for path in drawn)
