"""Where tables go: as wide as the terminal, and wide enough for a log where there is none."""

from __future__ import annotations

import sys

from rich.console import Console

LOG = 200  # columns of a CI server's log


def console() -> Console:
    return Console(width=None if sys.stdout.isatty() else LOG, highlight=False)
