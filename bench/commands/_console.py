"""Where tables go: as wide as the terminal, and wide enough for a log where there is none."""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console

LOG = 200  # columns of a CI server's log


def console() -> Console:
    return Console(width=None if sys.stdout.isatty() else LOG, highlight=False)


def say_notes(screen: Console, root: Path) -> None:
    """What has to be said once of a folder of records, a line each."""
    from rich.markup import escape

    from bench.records import store
    from bench.records.notes import notes

    for said in notes(store.current(store.load_records(root))):
        screen.print(escape(f"note: {said}"), soft_wrap=True, highlight=False)
