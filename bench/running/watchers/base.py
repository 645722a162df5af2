"""What a watcher is: it shows elsewhere what a run measures while it goes on. Nothing that it does can reach a number.

Workers know of none: the process that has blocks run reads what their evaluations leave on disk (`running/watching.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, cast

from bench.running import named_files

Row = tuple[int, str, float]  # seed, column, value


class NoWatcher(ValueError):
    """A watcher that can't be used here: one line with the remedy."""


class Watcher(Protocol):
    """A file of this folder; its class is named like the file. There is one for each block of seeds, and all that is asked of
    it comes from one thread; what it raises is said once, and nothing more is asked of its kind."""

    @classmethod
    def where(cls, root: Path) -> str:
        """Where to look, in half a line. Raises NoWatcher where it can't be used."""
        ...

    def __init__(self, root: Path) -> None:
        """`root`: results/<suite>."""
        ...

    def begin(self, suite: str, cell: tuple[str, str], seeds: Sequence[int], config: Mapping[str, Any]) -> None:
        """A block begins or goes on. cell: labels of data set and method; config: what its record will say of it."""
        ...

    def scores(self, step: int, rows: Sequence[Row]) -> None:
        """What living seeds read at an evaluation. A number comes once; what was overlooked, and what is known at the end
        alone (`quality`), comes before `end`, the earliest step first."""
        ...

    def end(self, status: str) -> None:
        """How the block ended: done, interrupted, error, …"""
        ...


def words() -> list[str]:
    """Every watcher there is."""
    from bench.running import watchers

    return named_files.words(watchers)


def find(word: str) -> type[Watcher]:
    """The class behind a word. Raises NoWatcher."""
    from bench.running import watchers

    return cast(type[Watcher], named_files.find(watchers, "watcher", word, NoWatcher))
