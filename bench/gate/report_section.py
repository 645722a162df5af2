"""What the gate said of some results, as a section of their report."""

from __future__ import annotations

from pathlib import Path

from bench.gate.report import Row
from bench.gate.report_file import FILE, Judged, beside
from bench.gate.report_formats import HEADS, columns, reasons, summary
from bench.records import store
from bench.reporting.page import Part, Section
from bench.reporting.table import Table, word


def gate_sections(folder: Path) -> list[Section]:
    """The section of a results folder in which, or in the folder of the night above which, a gate left its JSON; none of any
    other."""
    judged = beside(folder) or beside(folder.resolve().parent)
    if judged is None or (isinstance(judged, Judged) and not _about(judged, folder)):
        return []
    lead = f"What the gate found against its baseline, as it left it in {FILE}."
    return [Section("gate", "Gate", lead, [Part(sentences=[judged]) if isinstance(judged, str) else _part(judged)])]


def _about(judged: Judged, folder: Path) -> bool:
    """Whether it is these results that were judged."""
    held = {(record["dataset"]["label"], record["method"]["label"]) for record in store.load_records(folder, deep=True)}
    return {(row.key.dataset, row.key.method) for row in judged.report.rows} <= held


def _part(judged: Judged) -> Part:
    report = judged.report
    sentences = [f"Exit code {judged.exit_code}: {summary(report)}", *(f"{why}." for why in reasons(report))]
    return Part(sentences=sentences, tables=[rows_table("gate", "What the gate decided", report.rows)])


def rows_table(key: str, title: str, rows: tuple[Row, ...]) -> Table:
    """A line a test, the worst first."""
    heads = ["cell", "verdict", *HEADS[3:]]
    lines = [[f"{row.key.dataset} / {row.key.method}", row.verdict, *columns(row)[3:]] for row in rows]
    return Table(key, title, heads, [[word(text) for text in row] for row in lines])
