"""The stability panel and the leaderboard of a report are those of `bench.stability` and `leaderboard`."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from types import ModuleType

import pytest

import bench
from bench.diagnostics.leaderboard import leaderboard
from bench.reporting import build
from bench.reporting.leaderboard import across_data_sets
from bench.reporting.panel import panel
from bench.reporting.results import read
from bench.stats import wilson


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.reporting import fake

    folder = tmp_path_factory.mktemp("q") / "toys"
    for dataset in ("ring8", "grid25"):
        fake.write(folder, dataset, "EDM", quality=0.6, q=True, losses=False)
        fake.write(folder, dataset, "GAN", quality=0.3, q=True, died={3: 9_000}, collapsed={1: 8_000, 7: 14_000})
    fake.write(folder, "ring8", "DDGAN", status="error", reason="RuntimeError: broken")
    (folder / "suite.yaml").write_text(
        "suite: toys\ndatasets: {ring8: ring(), grid25: grid()}\nmethods: {GAN: gan, DDGAN: ddgan, EDM: edm}\n"
    )
    return folder


def test_it_says_what_bench_stability_says(root: Path) -> None:
    rows = bench.stability(bench.load(root)).set_index(["dataset", "method"])
    table = panel(read(root), "ring8")
    assert table is not None
    assert [row[0].text for row in table.rows] == ["GAN", "DDGAN", "EDM"]
    gan = dict(zip(table.columns, table.rows[0], strict=True))
    told = rows.loc[("ring8", "GAN")]
    assert (gan["failed"].text, gan["failed"].low) == ("3/10 [0.11, 0.60]", wilson(3, 10).low)
    assert (gan["collapsed"].value, gan["diverged"].value, gan["unlearned"].value) == (0.2, 0.1, 0)
    for column, name in (("median q", "quality"), ("IQR of q", "quality_iqr"), ("steps to it", "steps_to")):
        assert gan[column].value == told[name]
    assert gan["gradients to it"].value == 2 * gan["steps to it"].value
    assert gan["worst drawdown"].text == "dead"
    assert [entry.text for entry in table.rows[1][1:3]] == ["error", "—"]
    assert gan["loss swing"].value == told["loss_oscillation"]


def test_it_is_the_first_table_of_its_data_set_in_every_form(root: Path, tmp_path: Path) -> None:
    out = build(root, tmp_path / "out").parent
    page, text = ((out / name).read_text(encoding="utf-8") for name in ("index.html", "report.md"))
    for whole in (page, text):
        assert 0 < whole.index("Stability on ring8") < whole.index("Verdict on ring8")
    assert "3/10 [0.11, 0.60]" in page
    header, first, *_ = csv.reader(io.StringIO((out / "tables" / "stability-ring8.csv").read_text(encoding="utf-8")))
    assert dict(zip(header, first, strict=True))["failed high"] == repr(wilson(3, 10).high)
    assert "mode-dropping" in (out / "tables" / "stability-ring8.tex").read_text(encoding="utf-8")
    assert (out / "figures" / "outcomes-ring8.png").exists()
    assert (out / "figures" / "performance-profiles.pdf").exists()


def test_the_leaderboard_is_written_with_its_intervals(root: Path) -> None:
    results = read(root)
    found = leaderboard(bench.load(root))
    assert found is not None
    table, ranks = across_data_sets(results, {m: _stroke() for m in results.methods}).tables
    assert ranks.columns == ["method", "mean rank", *found.datasets]
    assert table.columns[-1] == "P(better than GAN)"
    assert [row[0].text for row in table.rows] == ["GAN", "EDM"]
    edm = table.rows[1]
    assert [entry.value for entry in edm[1:3]] == [0, found.standings[1].quality.value]
    assert edm[4].low is not None
    assert list(results.frame["method"].unique()) == [
        "GAN",
        "EDM",
    ]  # the suite's order, not that in which they were run
    assert "left out: DDGAN" not in table.caption  # it came to no result anywhere
    assert "gradient evaluations" in table.caption


def _stroke() -> object:
    from bench.reporting.figure_style import Stroke

    return Stroke("#000000", "-", "o")


def test_where_quality_can_not_tell_the_panel_says_so(fake: ModuleType, tmp_path: Path) -> None:
    mute = {"mmd_multiscale": {"real": 0.0, "deviation": 1.0, "null": 0.1, "tells": False}}
    folder = fake.write(tmp_path, "ring8", "GAN", references=mute)
    record = folder / "record.json"
    text = record.read_text(encoding="utf-8")
    record.write_text(text.replace('"metrics": {', '"metrics": {"mmd_multiscale": {"higher_is_better": false}, ', 1))
    table = panel(read(tmp_path), "ring8")
    assert table is not None
    line = dict(zip(table.columns, (entry.text for entry in table.rows[0]), strict=True))
    assert (line["median q"], line["steps to it"], line["failed"]) == ("can't tell", "can't tell", "0/10 [0.00, 0.28]")
    assert line["loss swing"] not in ("can't tell", "—")
    assert "mmd_multiscale can't tell" in table.caption
    assert "only divergence is seen" in table.caption


def test_one_data_set_has_no_leaderboard(fake: ModuleType, tmp_path: Path) -> None:
    for method in ("GAN", "EDM"):
        fake.write(tmp_path, "ring8", method, q=True, losses=False)
    assert across_data_sets(read(tmp_path), {}).empty
