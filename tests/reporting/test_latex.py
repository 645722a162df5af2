"""LaTeX and Markdown print user text as it was written."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.reporting import latex
from bench.reporting.table import Entry, Table, anchor, markdown, word

SPECIAL = '%_&#$~^\\{}<>|"σ↑↓−—×\u202f'


@given(st.text(st.sampled_from(SPECIAL + "ab [1]"), max_size=20))
def test_nothing_special_is_left_bare(text: str) -> None:
    out = latex.escape(text)
    assert not re.search(r"(?<!\\)[%&#_]", out)
    assert len(re.findall(r"(?<!\\)\$", out)) % 2 == 0
    bare = re.sub(r"\\[{}]", "", out)
    assert bare.count("{") == bare.count("}")
    assert out.isascii()


def test_what_comes_out() -> None:
    assert latex.escape("50%_σ & $5") == r"50\%\_$\sigma$ \& \$5"


def test_names_are_plain_and_told_apart() -> None:
    keys = ["verdict-ring8", "verdict-a b", "verdict-a-b", "verdict-ü", "verdict-ö", "x" * 300, "x" * 301, "../up"]
    names = [anchor(key) for key in keys]
    assert names[0] == keys[0]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,87}", name) for name in names)


def table() -> Table:
    rows = [[word(f"{SPECIAL} m"), Entry("[1]", 1.0, best=True)], [word("floor", "floor"), word("x", "floor")]]
    return Table("k", f"Title {SPECIAL}", ["method", "fd_data ↓"], rows, "Caption 50 %.", groups=[("", 1), ("a_b", 1)])


def test_a_bracket_after_a_line_end_is_no_length() -> None:
    assert r"\textbf{{}[1]}" in latex.table(table())


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")
def test_latex_compiles(tmp_path: Path) -> None:
    body = latex.table(table())
    head = r"\documentclass{article}\usepackage[T1]{fontenc}\usepackage{booktabs}"
    source = f"{head}\\begin{{document}}{body}\\end{{document}}"
    (tmp_path / "t.tex").write_text(source, encoding="utf-8")
    ran = subprocess.run(
        ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "t.tex"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout.decode(errors="replace")[-2000:]


def test_markdown_cells_stay_cells() -> None:
    lines = table().markdown().splitlines()
    assert len({len(re.findall(r"(?<!\\)\|", line)) for line in lines}) == 1
    assert markdown("a\n# b|c") == r"a \# b\|c"
