"""The page stands alone, lets no label in as markup, and is the same twice."""

from __future__ import annotations

import os
import re
import socket
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType

import matplotlib as mpl
import matplotlib.font_manager  # sets what a first figure would set
import pytest

import bench.reporting
from bench.reporting import ReportError, write_report
from tests.running.processes import dead

VOID = {"meta", "br", "link", "img", "input", "hr"}


class Reader(HTMLParser):
    """Notes every tag, address and id, and whether tags are closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        self._note(attrs)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._note(attrs)

    def _note(self, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("src", "href", "xlink:href"):
                self.links.append(value or "")
            if name == "id":
                self.ids.append(value or "")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.fixture(scope="module")
def page(report: Path) -> Reader:
    reader = Reader()
    reader.feed((report / "index.html").read_text(encoding="utf-8"))
    return reader


def test_tags_are_closed_and_ids_are_unique(page: Reader) -> None:
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))


def test_nothing_is_fetched(page: Reader, report: Path) -> None:
    assert all(link.startswith(("#", "data:")) for link in page.links)
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)
    assert page.tags.count("script") == 1  # inline; an address would be among the links
    text = (report / "index.html").read_text(encoding="utf-8")
    assert "@import" not in text
    assert not re.search(r"url\((?!#)", text)


def test_labels_are_text(page: Reader) -> None:
    assert "b" not in page.tags
    assert "WGAN-GP 50%_σ & <b>" in page.text


def test_sections_come_in_the_readers_order(page: Reader) -> None:
    keys = ["verdict", "time", "cost", "oscillation", "failures", "samples", "curves", "losses", "dispersion"]
    places = [page.ids.index(key) for key in [*keys, "provenance", "reading"]]
    assert places == sorted(places)


def test_every_figure_and_table_is_a_file(report: Path) -> None:
    for name in re.findall(r"\(figures/([^)]+)\)", (report / "report.md").read_text(encoding="utf-8")):
        assert (report / "figures" / name).read_bytes().startswith(b"\x89PNG")
        assert (report / "figures" / name).with_suffix(".pdf").exists()
    assert {path.suffix for path in (report / "tables").iterdir()} == {".csv", ".tex"}


def test_pdfs_carry_their_fonts(report: Path) -> None:
    for path in (report / "figures").glob("*.pdf"):
        content = path.read_bytes()
        assert b"/Type3" not in content
        assert b"/FontFile2" in content


def test_the_state_of_the_coverage_is_said(page: Reader) -> None:
    said = "".join(page.text)
    assert "10 seeds 97.9%" in said
    assert "3 seeds 75.0%" in said


def test_equal_results_give_equal_bytes(fake: ModuleType, tmp_path: Path) -> None:
    fake.write(tmp_path / "r", "ring8", "GAN", quality=0.2, died={1: 5000}, seeds=range(4))
    before = dict(mpl.rcParams)
    first = bench.reporting.build(tmp_path / "r", tmp_path / "a").parent
    assert dict(mpl.rcParams) == before
    second = bench.reporting.build(tmp_path / "r", tmp_path / "b").parent
    names = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    assert names == sorted(path.relative_to(second) for path in second.rglob("*") if path.is_file())
    for name in names:
        assert (first / name).read_bytes() == (second / name).read_bytes(), name


def test_a_broken_run_leaves_the_earlier_report(
    fake: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.write(tmp_path / "r", "ring8", "GAN", seeds=range(2), metrics=())
    page = bench.reporting.build(tmp_path / "r", tmp_path / "out" / "toys")
    before = page.read_bytes()

    def broken(*_: object) -> str:
        raise OSError("no space left")

    monkeypatch.setattr(write_report.page, "report_md", broken)
    with pytest.raises(OSError, match="no space"):
        bench.reporting.build(tmp_path / "r", tmp_path / "out" / "toys")
    assert page.read_bytes() == before
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["toys"]


def test_what_a_killed_report_left_goes(fake: ModuleType, tmp_path: Path) -> None:
    fake.write(tmp_path / "r", "ring8", "GAN", seeds=range(2), metrics=())
    host, out = socket.gethostname(), tmp_path / "out"
    kept = [f".toys.{os.getpid()}@{host}.aa", ".toys.5", f".other.{dead()}@{host}.aa", f".toys.{dead()}@elsewhere.aa"]
    for name in (*kept, f".toys.{dead()}@{host}.bb"):
        (out / name / "figures").mkdir(parents=True)
    bench.reporting.build(tmp_path / "r", out / "toys")
    assert sorted(path.name for path in out.iterdir()) == sorted([*kept, "toys"])


def test_foreign_folders_are_left_alone(fake: ModuleType, tmp_path: Path) -> None:
    fake.write(tmp_path / "r", "ring8", "GAN", seeds=range(2), metrics=())
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.tex").write_text("years of work", encoding="utf-8")
    with pytest.raises(ReportError, match=r"thesis\.tex"):
        bench.reporting.build(tmp_path / "r", tmp_path / "out")
    assert (tmp_path / "out" / "thesis.tex").exists()


def test_no_results_is_one_clear_line(tmp_path: Path) -> None:
    for folder, kind, said in (
        (tmp_path, ReportError, "no results"),
        (tmp_path / "absent", FileNotFoundError, "there is no such folder"),
    ):
        with pytest.raises(kind, match=said) as caught:
            bench.reporting.build(folder, tmp_path / "out")
        assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()
