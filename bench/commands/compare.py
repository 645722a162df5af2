"""bench compare A B"""

from __future__ import annotations

from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bench.commands._json import json_option

if TYPE_CHECKING:
    from rich.table import Table

    from bench.records.side_by_side import Comparison

CAPTION = (
    "A and B: medians over seeds, a dead seed the worst. B better by: shift of the seeds, 95 % interval, in the units of the "
    "metric\n(of one that is best near real data's value, of the distance to it). Intervals are not corrected for their number"
)


@click.command()
@click.argument("results", type=click.Path(path_type=Path))
@click.argument("a")
@click.argument("b", required=False)
@json_option
def command(results: Path, a: str, b: str | None, as_json: bool) -> None:
    """Put two sides next to each other: what differs in their settings, then every effect with its interval.

    `bench compare results/a results/b` compares the cells that two folders share, `bench compare results/toys GAN EDM` two
    methods of one folder.
    """
    from bench.commands._errors import plainly, stop

    for folder in (results, Path(a)) if b is None else (results,):
        if not folder.is_dir():
            hint = (
                ""
                if b is not None or folder == results
                else "; of two methods, name both: bench compare RESULTS METHOD METHOD"
            )
            stop(f"{folder}: there is no such folder; bench run writes results/<suite>{hint}")
    with plainly():
        from bench.commands._console import console, show_table
        from bench.commands._json import plain, print_json
        from bench.records import store
        from bench.records.results_folder import several
        from bench.records.side_by_side import CantCompare, folders, methods

        for folder in (results, Path(a)) if b is None else (results,):
            found = store.load_records(folder, deep=True)
            if not found:
                stop(f"{folder}: there is no record in it")
            if why := several(folder, found):
                stop(why)
        try:
            found_all = folders(results, Path(a)) if b is None else methods(results, a, b)
        except CantCompare as error:
            stop(str(error))
        screen = console()
        names = (str(results), a) if b is None else (a, b)
        if as_json:
            print_json({"A": names[0], "B": names[1], **plain(found_all)})
            return
        print(f"A: {names[0]}\nB: {names[1]}")
        if found_all.settings:
            show_table(screen, _settings(found_all), 1)
        else:
            print("no setting differs")
        show_table(screen, _effects(found_all))
        for why in dict.fromkeys(one.why for one in found_all.effects if one.why):
            which = ", ".join(f"{one.where}: {one.name}" for one in found_all.effects if one.why == why)
            print(f"not compared ({why}): {which}")
        for told in found_all.alone:
            print(f"on one side only: {told}")


def _settings(found: Comparison) -> Table:
    from rich.table import Table
    from rich.text import Text

    view = Table(title="settings that differ", title_justify="left")
    for head in ("setting", "A", "B", "where"):
        view.add_column(head, overflow="fold")
    everywhere = {effect.where for effect in found.effects}
    for one in found.settings:
        where = "everywhere" if set(one.where) == everywhere else ", ".join(one.where)
        view.add_row(*map(Text, (one.what, one.a, one.b, where)))
    return view


def _effects(found: Comparison) -> Table:
    from rich.table import Table
    from rich.text import Text

    view = Table(title="effects", title_justify="left", caption=CAPTION, caption_justify="left")
    for head in ("where", "number"):
        view.add_column(head, overflow="fold")
    for head in ("A", "B", "B better by", "seeds"):
        view.add_column(head, justify="right", no_wrap=True)
    for one in found.effects:
        known = isfinite(one.gain)
        gap = f"{one.gain:+.3g} [{one.low:+.3g}, {one.high:+.3g}]" if known else "not compared"
        decided = known and (one.low > 0 or one.high < 0)
        style = ("green" if one.low > 0 else "red") if decided else ""
        row = (
            one.where,
            one.name,
            _number(one.a),
            _number(one.b),
            gap,
            f"{one.seeds[0]} / {one.seeds[1]}",
        )
        view.add_row(*map(Text, row), style=style)
    return view


def _number(value: float) -> str:
    return f"{value:.4g}" if isfinite(value) else "dead"
