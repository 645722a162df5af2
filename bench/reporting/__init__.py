"""From a folder of results to a report: `build(results, out)` writes a page, Markdown, figures and tables.

May import: claims, data, diagnostics, diffusion, plugins, probes, records, running, stats, suite, theory, training.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from bench.reporting.results import ReportError

if TYPE_CHECKING:
    from bench.reporting.page import Section

__all__ = ["ReportError", "build", "build_paper"]


def build(
    results: Path, out: Path, only: str = "", relative_to: str = "", more: Callable[[Path], list[Section]] | None = None
) -> Path:
    """Write the report of one suite's results folder into `out` and return the path of its page, `out/index.html`.

    Beside the page: `report.md`, `figures/` (PNG and PDF) and `tables/` (CSV and LaTeX); of a suite of many cells a page for each
    data set in `data/`, and figures only of the cells that the pattern `only` names. `relative_to`: a method, relative to which
    a section shows the others. `more`: sections of somebody else's, of the results folder, behind the first. Equal results give
    equal bytes. An earlier report in `out` is replaced as a whole or not at all. Raises ReportError, one line, when there is
    nothing to report or when `out` holds anything else.
    """
    from bench.reporting.write_report import write

    return write(Path(results), Path(out), only, relative_to, more)


def build_paper(results: Path, out: Path, config: Path) -> Path:
    """Write the paper kit that `config` (paper.yaml, see paper_config.py) asks for into `out`; the path of its example.tex.

    An earlier kit in `out` is replaced as a whole or not at all. Raises ReportError and SuiteError, a line a mistake.
    """
    from bench.reporting.paper_config import read_paper
    from bench.reporting.write_report import write_paper

    return write_paper(Path(results), Path(out), read_paper(Path(config)))
