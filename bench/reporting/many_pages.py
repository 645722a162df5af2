"""A suite of many cells: a page for every data set, and no figures, which would take minutes and be looked at by no one.

They are drawn for the cells that are asked for: `bench report RESULTS --only 'DATASET / METHOD'`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.claims import Verdict
from bench.reporting.claims import claims_part
from bench.reporting.cost import cost, time_to_quality
from bench.reporting.failures import failures
from bench.reporting.headline_table import sentences, verdict
from bench.reporting.page import Part, Section
from bench.reporting.panel import panel
from bench.reporting.provenance import provenance
from bench.reporting.results import Results
from bench.reporting.stability import stability

IN_FULL = 1000  # cells; of more a data set has its panel and its costs
ASK = "Figures are drawn for the cells that are asked for: bench report {folder} --only 'DATASET / METHOD' (or one of the two)."


@dataclass(frozen=True)
class Pages:
    """What the first page holds beside its first screen, and what the page of every data set holds."""

    index: Sequence[Section]
    by_dataset: Mapping[str, Sequence[Section]]


def many_pages(results: Results, folder: Path, verdicts: Sequence[Verdict]) -> Pages:
    """The pages of a large suite."""
    said = ASK.format(folder=folder)
    whole = len(results.cells) <= IN_FULL
    if not whole:
        said += f" So are further tables: of {len(results.cells)} cells a page has the stability panel and the costs."
    index = [
        Section(
            "claims", "Claims", "What the suite claims about its methods.", [claims_part(verdicts)] if verdicts else []
        ),
        Section("failures", "What failed and why", "Failed seeds are results too.", [Part(tables=[failures(results)])]),
        Section("figures", "Figures", "Where to find them.", [Part(sentences=[said])]),
    ]
    if whole:
        tables = [Part(tables=provenance(results))]
        index.append(Section("provenance", "Protocols and provenance", "What every number was measured with.", tables))
    return Pages(index, {d: _of(results, d, said, whole) for d in results.datasets})


def _of(results: Results, dataset: str, said: str, whole: bool) -> list[Section]:
    steady = panel(results, dataset)
    first = [steady] if steady is not None else []
    if whole:
        told, first = [*sentences(results, dataset), said], [*first, *verdict(results, dataset)]
    else:
        told = [said]
    found = [Section("verdict", "Verdict", "How seeds end, and which method ends where.", [Part("", told, first)])]
    if whole:
        timed = time_to_quality(results, dataset)
        found.append(
            Section("time", "Time to quality", "How long until q is reached.", [Part(tables=[timed] if timed else [])])
        )
        found.append(
            Section(
                "oscillation",
                "Losses and dispersion",
                "How far seeds lie apart.",
                [Part(tables=stability(results, dataset))],
            )
        )
    return [*found, Section("cost", "Cost", "Where the time went.", [Part(tables=cost(results, dataset))])]
