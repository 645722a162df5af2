"""How a mistake is said in one line."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def close(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'r1'?`, or nothing where nothing is near."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean '{near[0]}'?" if near else ""


def nearest(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'r1'?` or, where nothing is near, the whole list."""
    known = list(known)
    return close(word, known) or f" (known: {', '.join(known) or 'none'})"


def first_line(error: BaseException) -> str:
    """What an exception says, on one line."""
    return next(iter(str(error).strip().splitlines()), "") or type(error).__name__
