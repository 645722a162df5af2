"""The paper kit: figures and LaTeX tables of chosen methods under their own names, in the paper's column width.

`figure.pdf` and `figure-wide.pdf`, a table for each metric, `stability.tex`, `sources.bib`, and `example.tex`, a document that
shows all of it (`pdflatex example.tex`). Text in figures has 7 points in the final size; include them without scaling.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import rc_context

from bench.diagnostics.seed_curves import QUALITY
from bench.reporting.figure_style import Picture, Stroke, canvas, save, strokes, style
from bench.reporting.latex import escape
from bench.reporting.outcomes import BARS, draw_bars, draw_dots
from bench.reporting.panel import panel_rows
from bench.reporting.paper_config import Paper
from bench.reporting.results import ReportError, Results
from bench.reporting.sources import bibliography
from bench.reporting.summary import Column, columns
from bench.reporting.table import anchor
from bench.stats.medians import Estimate
from bench.stats.outcomes import outcome

WIDE = 2.06  # of a full-width figure, in columns
LETTER = 4.5 / 72.27  # inches of a letter at 8 points, on average, a little more than most
GAP = 8 / 72.27  # between two columns of a table


def chosen(results: Results, paper: Paper) -> Results:
    """Only what the paper shows, in its order and under its names. Raises ReportError for what is not there."""
    methods = _labels("methods", paper.methods, results.methods)
    datasets = _labels("datasets", paper.datasets, results.datasets)
    held = {(cell.dataset, cell.method): cell for cell in results.cells}
    pairs = [(d, m) for d in datasets for m in methods if (d, m) in held]
    cells = tuple(replace(held[d, m], dataset=datasets[d], method=methods[m]) for d, m in pairs)
    place = {pair: k for k, pair in enumerate(pairs)}
    names = list(zip(results.frame["dataset"], results.frame["method"], strict=True))
    order = np.array([place.get(name, -1) for name in names], dtype=np.int64)
    at = np.argsort(order, kind="stable")
    frame = results.frame.iloc[at[order[at] >= 0]].reset_index(drop=True)
    renamed = {
        name: pd.Series([known[str(label)] for label in frame[name]], dtype="str")
        for name, known in (("dataset", datasets), ("method", methods))
    }
    return replace(results, cells=cells, frame=frame.assign(**renamed))


def _labels(what: str, given: Mapping[str, str], known: Sequence[str]) -> dict[str, str]:
    if unknown := [label for label in given if label not in known]:
        raise ReportError(f"{what}: '{unknown[0]}' has no result; there are {', '.join(known)}")
    found = dict(given) or {label: label for label in known}
    twice = [name for name in found.values() if list(found.values()).count(name) > 1]
    if twice:
        raise ReportError(f"{what}: two are called '{twice[0]}'; give each a name of its own")
    return found


def kit(results: Results, paper: Paper) -> dict[str, bytes]:
    """Every file of the kit by its name. Raises ReportError."""
    own = chosen(results, paper)
    ink = _ink(own, paper)
    shown = _metrics(own, paper)
    files: dict[str, bytes] = {}
    settings: dict[str, Any] = {"font.family": "DejaVu Serif"} if paper.serif else {}
    for name, width in (("figure", paper.width), ("figure-wide", paper.width * WIDE)):
        picture = _figure(own, paper, ink, shown[0], name, width, settings)
        files |= {f"{name}.pdf": picture.pdf, f"{name}.png": picture.png}
    tables = {"stability": _stability(own, paper), **{f"table-{anchor(m)}": _table(own, m, paper) for m in shown}}
    files |= {f"{name}.tex": text.encode() for name, text in tables.items()}
    files["sources.bib"] = bibliography(own, [*shown, QUALITY]).encode()
    files["example.tex"] = _example(list(tables), paper).encode()
    return files


def _ink(own: Results, paper: Paper) -> dict[str, Stroke]:
    found = strokes(own.methods)
    for name, color in paper.colors.items():
        if name not in found:
            raise ReportError(f"colors: '{name}' is no name in the paper; there are {', '.join(found)}")
        found[name] = replace(found[name], color=color)
    return found


def _metrics(own: Results, paper: Paper) -> list[str]:
    known = list(dict.fromkeys(column.metric.name for d in own.datasets for column in columns(own, d)))
    if not known:
        raise ReportError("no metric was measured on these methods; run the suite first")
    if unknown := [name for name in paper.metrics if name not in known]:
        raise ReportError(f"metrics: '{unknown[0]}' was not measured; there are {', '.join(known)}")
    return list(paper.metrics) or ([QUALITY] if QUALITY in known else known[:1])


def _figure(
    own: Results,
    paper: Paper,
    ink: Mapping[str, Stroke],
    metric: str,
    name: str,
    width: float,
    settings: Mapping[str, Any],
) -> Picture:
    """Outcomes at the left, the seeds' last values at the right; a row of both for each data set."""
    font: Any = {**settings, "font.size": 7, "ytick.labelsize": 7, "xtick.labelsize": 7}
    with style(name), rc_context(font):
        figure = canvas(width, sum(0.17 * len(own.on(d)) + 0.42 for d in own.datasets) + 0.3)
        heights = [0.17 * len(own.on(d)) + 0.42 for d in own.datasets]
        grid = figure.subplots(len(heights), 2, squeeze=False, height_ratios=heights, width_ratios=[1, 1.2])
        for (left, right), dataset in zip(grid, own.datasets, strict=True):
            draw_bars(left, own, dataset)
            found = [column for column in columns(own, dataset) if column.metric.name == metric]
            methods = [cell.method for cell in own.on(dataset)]
            if not found:
                right.set_axis_off()
                continue
            draw_dots(right, found[0], methods, ink)
            right.set_yticks([])
            right.set_xlabel(f"{metric} {found[0].metric.arrow}".replace("_", " "), fontsize=7)
        there = {outcome(f.outcome).shown for cell in own.cells for f in cell.fates.values()}
        handles = [grid[0][0].barh([0], [0], **BARS[k], edgecolor="white", lw=0, label=k) for k in BARS if k in there]
        figure.legend(handles=handles, loc="outside upper left", ncols=3, frameon=False, handlelength=1.2, fontsize=7)
        return save(figure, name, paper.caption or own.suite, "")


def _table(own: Results, metric: str, paper: Paper) -> str:
    """Methods down, data sets across: median with interval, the decided best bold."""
    found = {d: [c for c in columns(own, d) if c.metric.name == metric] for d in own.datasets}
    shown = [d for d in own.datasets if found[d]]
    winners = {d: {column.winner() for column in found[d]} for d in shown}
    heads = ["", *shown]
    rows = [[m, *(_value(found[d], m, m in winners[d], paper) for d in shown)] for m in own.methods]
    arrow = found[shown[0]][0].title.removeprefix(found[shown[0]][0].name).strip()
    said = (
        f"{metric} {arrow}: median over seeds, dead ones ranked worst, with its interval; bold: clear of every other."
    )
    return _tabular(heads, rows, paper, paper.caption or said, metric)


def _value(found: Sequence[Column], method: str, best: bool, paper: Paper) -> str:
    held = [column.curves[method] for column in found if method in column.curves]
    if len(found) > 1 and held and found[0].curves.get(method) is None:
        return "incomparable"
    if not held:
        return "--"
    one: Estimate = held[0].summary("last")
    if one.failed:
        return "failed"
    low, high = (f"{end:.{paper.decimals}f}" if np.isfinite(end) else "failed" for end in (one.low, one.high))
    text = f"{one.median:.{paper.decimals}f}"
    shown = f"\\textbf{{{text}}}" if best else text
    return _minus(f"{shown} [{low}, {high}]" if one.level else shown)


def _stability(own: Results, paper: Paper) -> str:
    """Seeds that failed, and how, for every method and data set."""
    rows, panel = [], panel_rows(own)
    for method in own.methods:
        row = [method]
        for dataset in own.datasets:
            cell = next((cell for cell in own.on(dataset) if cell.method == method), None)
            known = panel.get((dataset, method))
            failed = f"{len(cell.failures)}/{len(cell.fates)}" if cell is not None and cell.fates else "--"
            q = known["quality"] if known is not None else float("nan")
            row.append(_minus(f"{failed} ({q:.{paper.decimals}f})") if np.isfinite(q) else failed)
        rows.append(row)
    said = "Failed seeds of all (median q at the end; 1 is real data)."
    return _tabular(["", *own.datasets], rows, paper, said, "stability")


def _tabular(heads: Sequence[str], rows: Sequence[Sequence[str]], paper: Paper, caption: str, key: str) -> str:
    """A `table` where it fits into the column, else a `table*`, with data sets below one another where even that is narrow."""
    widths = [max(_letters(row[k]) for row in (heads, *rows)) * LETTER + GAP for k in range(len(heads))]
    whole = sum(widths) <= paper.width
    room = paper.width if whole else paper.width * WIDE
    groups: list[list[int]] = [[]]
    left = room - widths[0]
    for k in range(1, len(heads)):
        if widths[k] > left and groups[-1]:
            groups.append([])
            left = room - widths[0]
        groups[-1].append(k)
        left -= widths[k]
    star = "" if whole else "*"
    lines = [
        f"% needs \\usepackage{{booktabs}}\n\\begin{{table{star}}}",
        r"  \centering\footnotesize",
        r"  \setlength{\tabcolsep}{4pt}",
    ]
    for group in groups:
        lines += [f"  \\begin{{tabular}}{{@{{}}l{'r' * len(group)}@{{}}}}", r"    \toprule"]
        lines += ["    " + " & ".join(escape(heads[k]) for k in (0, *group)) + r" \\", r"    \midrule"]
        lines += ["    " + " & ".join([escape(row[0]), *(row[k] for k in group)]) + r" \\" for row in rows]
        lines += [r"    \bottomrule", r"  \end{tabular}" + (r"\\[4pt]" if group is not groups[-1] else "")]
    lines += [f"  \\caption{{{escape(caption)}}}", f"  \\label{{tab:{anchor(key)}}}", f"\\end{{table{star}}}", ""]
    return "\n".join(lines)


def _letters(text: str) -> int:
    return len(text.replace("\\textbf{", "").replace("}", "").replace("$", ""))


def _minus(text: str) -> str:
    return text.replace("-", "$-$")


def _example(tables: Sequence[str], paper: Paper) -> str:
    gap = 0.06 * paper.width
    lines = [
        "% shows the kit: pdflatex example.tex",
        r"\documentclass[twocolumn,10pt]{article}",
        r"\usepackage[T1]{fontenc}",
        r"\IfFileExists{lmodern.sty}{\usepackage{lmodern}}{}",
        r"\usepackage{booktabs,graphicx}",
        f"\\usepackage[textwidth={2 * paper.width + gap:.3f}in,textheight=9in]{{geometry}}",
        f"\\setlength{{\\columnsep}}{{{gap:.3f}in}}",
        r"\begin{document}",
        r"\begin{figure}\centering\includegraphics{figure.pdf}\caption{"
        + escape(paper.caption or "Outcomes and seeds.")
        + "}\\end{figure}",
        r"\begin{figure*}\centering\includegraphics{figure-wide.pdf}\caption{The same, in full width.}\end{figure*}",
        *(f"\\input{{{name}.tex}}" for name in tables),
        r"\end{document}",
        "",
    ]
    return "\n".join(lines)


def write_kit(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).write_bytes(content)
