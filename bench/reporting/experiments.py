"""A section for every experiment of the suite: its question, its verdicts, its picture and its table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bench.claims.judge import Verdict
from bench.records.in_suite import in_experiment
from bench.reporting.answer import unjudged
from bench.reporting.claims import claims_part
from bench.reporting.figure_style import Stroke
from bench.reporting.headline_table import sentences, verdict
from bench.reporting.outcomes import outcome_bars, seed_dots
from bench.reporting.page import Part, Section
from bench.reporting.panel import panel
from bench.reporting.results import Results
from bench.reporting.table import Table, anchor
from bench.reporting.theory import theory
from bench.suite.stored_suite import StoredExperiment


def experiment_sections(
    results: Results,
    folder: Path,
    experiments: Sequence[StoredExperiment],
    verdicts: Sequence[Verdict],
    ink: dict[str, Stroke],
) -> list[Section]:
    """One section an experiment of the suite that lies in a folder, in its order."""
    own = within_each(results, folder, experiments)
    return [_section(cells, one, verdicts, ink) for cells, one in zip(own, experiments, strict=True)]


def within_each(results: Results, folder: Path, experiments: Sequence[StoredExperiment]) -> list[Results]:
    """The results of each experiment's cells."""
    variants = [e.variant for e in experiments]
    return [results.within(in_experiment(folder, one, variants)) for one in experiments]


def _section(own: Results, one: StoredExperiment, verdicts: Sequence[Verdict], ink: dict[str, Stroke]) -> Section:
    key = f"experiment-{anchor(one.label)}"
    lead = " ".join(filter(None, [one.asks, f"({one.source}.)" if one.source else ""]))
    said = [v for v in verdicts if v.claim.experiment == one.label]
    parts = [claims_part(said, f"{key}-claims")] if said else []
    for dataset in own.datasets:
        known, steady = theory(own, dataset), None if unjudged(own) else panel(own, dataset)
        ends = [] if unjudged(own) else verdict(own, dataset)
        tables = [_renamed(table, key) for table in [*known.tables, *([steady] if steady else []), *ends]]
        bars = None if unjudged(own) else outcome_bars(own, dataset)
        drawn = [picture for picture in (*known.pictures, bars, seed_dots(own, dataset, ink)) if picture]
        pictures = [replace(picture, key=f"{key}-{picture.key}") for picture in drawn]
        parts.append(Part(dataset, sentences(own, dataset), tables, pictures))
    return Section(key, one.label, lead, parts)


def _renamed(table: Table, key: str) -> Table:
    return replace(table, key=f"{key}-{table.key}")
