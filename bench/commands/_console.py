"""Where tables go: as wide as the terminal, and wide enough for a log where there is none; no value is ever cut."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    from rich.table import Table

LOG = 200  # columns of a CI server's log
LEAST = 20  # columns in which anything can be told
NARROW = 11  # of a label's column that is folded so that all fits
WORDY = 24  # a column that holds longer text may be folded


class _Console(Console):
    """Ends as a program does whose reader went away: 128 + SIGPIPE."""

    def on_broken_pipe(self) -> None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(141)


def console() -> Console:
    asked = os.environ.get("COLUMNS", "")
    if asked.isdecimal() and asked.isascii():
        return _Console(width=max(int(asked), LEAST), highlight=False)
    os.environ.pop("COLUMNS", None)  # which rich reads less strictly
    return _Console(width=None if sys.stdout.isatty() else LOG, highlight=False)


def show_table(screen: Console, view: Table, labels: int = 2) -> None:
    """Print a table; what is wider than the screen as several, each with the first columns, which are labels, again."""
    for part in fitted(view, screen.width, labels):
        screen.print(part)


def fitted(view: Table, width: int, labels: int = 2) -> list[Table]:
    """The tables, none wider than `width`, that a table is split into; numbers stand whole, and words are folded."""
    from rich.table import Table

    columns = [[str(column.header), *map(_plain, column.cells)] for column in view.columns]
    natural = [max(len(line) for cell in cells for line in cell.split("\n")) + 3 for cells in columns]
    if sum(natural) + 1 <= width:
        return [view]
    need = [n if k < labels else min(n, WORDY + 3) for k, n in enumerate(natural)]
    whole = width - 1 - sum(need[labels:]) >= NARROW * labels  # labels may be folded until all fits
    room_for_labels = (
        width - 1 - sum(need[labels:]) if whole else min(sum(need[:labels]), max(NARROW * labels, width // 2))
    )
    while sum(need[:labels]) > room_for_labels:
        widest = max(range(labels), key=need.__getitem__)
        need[widest] -= 1
    groups: list[list[int]] = [[]]
    left = room = width - 1 - sum(need[:labels])
    for k in range(labels, len(need)):
        if need[k] > left and groups[-1]:
            groups.append([])
            left = room
        groups[-1].append(k)
        left -= need[k]
    parts = []
    for group in groups:
        part = Table(title=view.title if group is groups[0] else None, title_justify="left", caption_justify="left")
        for k in (*range(labels), *group):
            wide = natural[k] > need[k]
            column = view.columns[k]
            part.add_column(
                column.header,
                justify=column.justify,
                overflow="fold",
                no_wrap=not wide,
                max_width=need[k] - 3 if k < labels else None,
            )
        for number, row in enumerate(view.rows):
            part.add_row(*(list(view.columns[k].cells)[number] for k in (*range(labels), *group)), style=row.style)
        parts.append(part)
    parts[-1].caption = view.caption
    return parts


def _plain(cell: object) -> str:
    from rich.text import Text

    return Text.from_markup(cell).plain if isinstance(cell, str) else str(cell)


def show_results(screen: Console, root: Path) -> None:
    """What a folder of results comes to: how stable, the last scores, what was chosen by tuning, what is claimed, and notes."""
    from bench.claims.formatting import table as claims
    from bench.records.terminal_table import panel, table
    from bench.records.tuned_table import table as tuned
    from bench.records.verdicts import verdicts

    said = verdicts(root)
    for view in (panel(root), table(root), tuned(root), claims(said) if said else None):
        if view is not None:
            show_table(screen, view)
    say_notes(screen, root)


def say_notes(screen: Console, root: Path) -> None:
    """What has to be said once of a folder of records, and what is under way there, a line each."""
    from rich.markup import escape

    from bench.records import store
    from bench.records.notes import elsewhere, notes
    from bench.records.under_way import under_way

    found = store.load_records(root, deep=True)
    for said in (*elsewhere(found), *notes(store.current(found))):
        screen.print(escape(f"note: {said}"), soft_wrap=True, highlight=False)
    for one in under_way(root, found):
        screen.print(escape(f"under way, not in the tables: {one.said}"), soft_wrap=True, highlight=False)
