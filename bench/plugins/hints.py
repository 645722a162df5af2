"""How a mistake is said in one line."""

from __future__ import annotations

import difflib
import os
import traceback
from collections.abc import Iterable

LONGEST = 600  # letters of what an error says


def close(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'r1'?`, or nothing where nothing is near."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean '{near[0]}'?" if near else ""


def nearest(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'r1'?` or, where nothing is near, the whole list."""
    known = list(known)
    return close(word, known) or f" (known: {', '.join(known) or 'none'})"


def first_line(error: BaseException) -> str:
    """What an exception says, on one line of at most LONGEST letters."""
    try:
        said = next(iter(str(error).strip().splitlines()), "")
    except Exception:  # an error that can't even say what it is
        said = ""
    return (said if len(said) <= LONGEST else f"{said[:LONGEST]}…") or type(error).__name__


def reason(error: BaseException) -> str:
    """`RuntimeError: what it says (file.py:12)`: the last place that is not inside a library of arrays."""
    frames = [
        (frame.f_code.co_filename, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if str(frame.f_globals.get("__name__")).partition(".")[0] not in ("torch", "numpy", "scipy")
    ]
    place = f" ({os.path.basename(frames[-1][0])}:{frames[-1][1]})" if frames else ""
    return written(f"{type(error).__name__}: {first_line(error)}{place}")


def written(text: str) -> str:
    """A text that every file and terminal takes: half of a surrogate pair, as in names of files, is escaped."""
    return text.encode("utf-8", "backslashreplace").decode()
