"""From a folder of results to a report: `build(results, out)` writes a page, Markdown, figures and tables.

May import: claims, diagnostics, records, stats, suite.
"""

from __future__ import annotations

from pathlib import Path

from bench.reporting.results import ReportError

__all__ = ["ReportError", "build"]


def build(results: Path, out: Path) -> Path:
    """Write the report of one suite's results folder into `out` and return the path of its page, `out/index.html`.

    Beside the page: `report.md`, `figures/` (PNG and PDF) and `tables/` (CSV and LaTeX). Equal results give equal
    bytes. An earlier report in `out` is replaced as a whole or not at all. Raises ReportError, one line, when there is
    nothing to report or when `out` holds anything else.
    """
    from bench.reporting.write_report import write

    return write(Path(results), Path(out))
