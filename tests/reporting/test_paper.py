"""The paper kit: chosen methods under their own names, in their order, at the width of a column."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from bench.reporting import ReportError, build_paper
from bench.reporting.paper import chosen
from bench.reporting.paper_config import Paper, read_paper
from bench.reporting.results import read
from bench.reporting.summary import columns
from bench.suite.yaml_lines import SuiteError

PAPER = """methods: {EDM: diffusion, GAN: plain 50%_GAN}
datasets: [grid25, ring8]
metrics: [modes_covered, sliced_wasserstein]
decimals: 1
serif: true
colors: {diffusion: '#112233'}
"""


@pytest.fixture(scope="module")
def kit(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    here = tmp_path_factory.mktemp("kit")
    (here / "paper.yaml").write_text(PAPER, encoding="utf-8")
    return build_paper(tree, here / "out", here / "paper.yaml").parent


def test_names_and_order_are_the_authors(tree: Path) -> None:
    results = read(tree)
    own = chosen(results, Paper(methods={"EDM": "diffusion", "GAN": "plain"}, datasets={"ring8": "rings"}))
    assert (own.methods, own.datasets) == (["diffusion", "plain"], ["rings"])
    before = columns(results, "ring8")[0].curves["EDM"].summary("last")
    assert columns(own, "rings")[0].curves["diffusion"].summary("last") == before


def test_the_kit_is_whole(kit: Path) -> None:
    names = {
        "figure.pdf",
        "figure.png",
        "figure-wide.pdf",
        "figure-wide.png",
        "stability.tex",
        "sources.bib",
        "example.tex",
    }
    assert {path.name for path in kit.iterdir()} == names | {"table-modes_covered.tex", "table-sliced_wasserstein.tex"}
    table = (kit / "table-modes_covered.tex").read_text(encoding="utf-8")
    rows = [line.strip() for line in table.splitlines() if " & " in line]
    assert rows[0].startswith("& grid25 & ring8") or rows[0].startswith(" & grid25 & ring8")
    assert [row.split(" & ")[0] for row in rows[1:]] == ["diffusion", r"plain 50\%\_GAN"]
    assert re.search(r"\\textbf\{25\.0\} \[25\.0, 25\.0\]", rows[1])


def test_the_figure_has_the_columns_width(kit: Path) -> None:
    content = (kit / "figure.pdf").read_bytes()
    box = re.search(rb"/MediaBox \[ ?0 0 ([\d.]+) ([\d.]+) ?\]", content)
    assert box is not None
    assert float(box[1]) == pytest.approx(3.3 * 72, abs=0.5)
    assert b"/Type3" not in content


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("width: 50\n", ":1: width: give inches between 1.5 and 20"),
        ("metrics: [q]\nmethod: {}\n", ":2: method: is not known; there are methods, datasets"),
        ("decimals: two\n", ":1: decimals: give a whole number from 0 to 6"),
        ("colors: {GAN: red}\n", ":1: colors: give a colour like '#0173b2' for each name"),
    ],
)
def test_a_mistake_is_a_line_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "paper.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(SuiteError) as caught:
        read_paper(tmp_path / "paper.yaml")
    assert str(caught.value).startswith(f"{tmp_path / 'paper.yaml'}{said}")


@pytest.mark.parametrize(
    ("paper", "said"),
    [
        (Paper(methods={"EMD": "x"}), "methods: 'EMD' has no result; there are GAN, "),
        (Paper(methods={"EDM": "x", "GAN": "x"}), "methods: two are called 'x'"),
    ],
)
def test_what_is_not_there_is_one_line(tree: Path, paper: Paper, said: str) -> None:
    with pytest.raises(ReportError, match=re.escape(said)):
        chosen(read(tree), paper)


def test_foreign_files_are_left_alone(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.tex").write_text("years of work", encoding="utf-8")
    (tmp_path / "paper.yaml").write_text(PAPER, encoding="utf-8")
    with pytest.raises(ReportError, match=r"thesis\.tex"):
        build_paper(tree, tmp_path / "out", tmp_path / "paper.yaml")
    assert (tmp_path / "out" / "thesis.tex").exists()


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_it_compiles_in_two_columns_without_an_overfull_box(kit: Path, tmp_path: Path) -> None:
    shutil.copytree(kit, tmp_path / "kit")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "example.tex"]
    done = subprocess.run(command, cwd=tmp_path / "kit", capture_output=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    assert "Overfull" not in (tmp_path / "kit" / "example.log").read_text(encoding="latin-1")
