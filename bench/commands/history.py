"""bench history DIR"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bench.commands._suite_options import one_pattern

if TYPE_CHECKING:
    from rich.table import Table

    from bench.gate.history import History, Series

PATH = click.Path(path_type=Path)


@click.command()
@click.argument("folder", type=PATH)
@click.option(
    "--only",
    multiple=True,
    callback=one_pattern,
    metavar="GLOB",
    help="Only series of this name: 'ring8 / GAN*', 'ring8' or 'GAN*'.",
)
@click.option("--json", "as_json", type=PATH, metavar="FILE", help="Write every series as JSON.")
@click.option(
    "--html", "as_html", type=PATH, metavar="FILE", help="Write a page: the last night in words, a chart a series."
)
@click.option(
    "--baseline", type=PATH, metavar="FILE", help="Bands of the page from a baseline, where it is comparable."
)
def command(folder: Path, only: str, as_json: Path | None, as_html: Path | None, baseline: Path | None) -> None:
    """Show the nightly numbers of dated result folders below FOLDER, and when they changed. Never fails a build.

    The page begins with the gate's verdict where 'bench gate … --json FOLDER/NIGHT/gate.json' left one.
    """
    from bench.commands._errors import plainly, stop

    if not folder.is_dir():
        stop(f"{folder}: there is no such folder; give the one that holds a folder of results for every night")
    with plainly():
        from bench.commands._console import console
        from bench.gate import history, history_report
        from bench.gate.baseline import read
        from bench.gate.nights import NightsError, nights
        from bench.running.plan import NothingSelected, chosen

        if baseline is not None and as_html is None:
            stop("--baseline draws bands on a page: give --html FILE as well")
        against = read(baseline) if baseline is not None else None
        try:
            found = history.history(nights(folder))
        except NightsError as error:
            stop(str(error))
        shown = [one for one in found.series if chosen(one.dataset, one.method, only)]
        console().print(_table(found, shown))
        for line in history_report.notes(found, shown):
            print(line)
        if as_json is not None:
            _write(as_json, json.dumps(history_report.plain(found, shown), indent=1, allow_nan=False) + "\n")
        if as_html is not None:
            from bench.gate.history_page import page

            if not shown:
                raise NothingSelected(folder, only)
            _write(as_html, page(found, shown, against))


def _write(path: Path, text: str) -> None:
    """Whole or not at all; what can't be written is a line."""
    from bench.commands._errors import stop
    from bench.records.atomically import write_atomically

    try:
        write_atomically(path, lambda draft: draft.write_text(text, encoding="utf-8"))
    except OSError as error:
        stop(f"{path}: can't be written: {error.strerror or error}")


def _table(found: History, shown: list[Series]) -> Table:
    from rich.table import Table
    from rich.text import Text

    from bench.gate.history_report import number
    from bench.gate.nights import to_bisect

    first, last = found.nights[0].date, found.nights[-1].date
    title = f"{first} to {last}, {len(found.nights)} nights; p over {found.family} series (Holm)"
    view = Table(title=title, title_justify="left")
    for head in ("data set", "method", "metric", "nights", "last", "changed", "from → to", "commits", "p"):
        view.add_column(head, overflow="fold")
    for one in shown:
        row = [one.dataset, one.method, one.metric, _counted(one), _last(found, one)]
        style = ""
        if (c := one.change) is not None:
            first, at, last = (one.seen[k].night.date for k in (c.first, c.at, c.last))
            row += [f"{at} ({first} to {last})", f"{number(c.before)} → {number(c.after)}"]
            row += [to_bisect(*one.between), f"{c.p:.2g}"]
            style = "green" if c.better else "red"
        view.add_row(*map(Text, row), style=style)
    return view


def _counted(one: Series) -> str:
    """`12, 3 repeats, 1 missing`"""
    states = [point.state for point in one.points]
    repeats, missing = states.count("repeat"), states.count("missing")
    said = [f"{repeats} repeats"] * bool(repeats) + [f"{missing} missing"] * bool(missing)
    return ", ".join([str(len(one.seen)), *said])


def _last(found: History, one: Series) -> str:
    """The newest number; with its date where the series has ended, for it is not that of the last night."""
    from bench.gate.history_report import number

    point = one.points[-1]
    said = "missing" if point.state == "missing" else number(point.value)
    return said if point.night == found.nights[-1] else f"{said} ({point.night.date})"
