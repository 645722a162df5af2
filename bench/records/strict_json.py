"""JSON of a file that anybody may have edited: read whole and plainly, or refused in a line."""

from __future__ import annotations

import errno
import json
from collections.abc import Iterable
from math import isfinite
from pathlib import Path
from typing import Any

LARGEST = 2**63 - 1  # of a whole number, as tables hold it


def text_of(path: Path) -> str:
    """The text of a regular file. Raises OSError (whoever opens a pipe waits for ever) and ValueError (no UTF-8)."""
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise OSError(errno.EINVAL, "it is no regular file", str(path))
    return path.read_text(encoding="utf-8")


def read_json(path: Path) -> Any:
    """What a file holds. Raises OSError and ValueError, as `text_of` and `strict_json` do."""
    return strict_json(text_of(path))


def strict_json(text: str) -> Any:
    """What a text holds. Raises ValueError, one line: numbers that are none here (NaN, 1e400, above 2^63), a key that is
    there twice, half of a surrogate pair, or brackets nested too deep."""
    try:
        found = json.loads(text, parse_constant=_constant, parse_float=_float, parse_int=_int, object_pairs_hook=once)
    except RecursionError:
        raise ValueError("nested too deep") from None
    if why := halved(text, found):
        raise ValueError(why)
    return found


def halved(text: str, found: object) -> str | None:
    """Why what was read from a text can't be printed or written again; None where it can."""
    if "\\ud" not in text and "\\uD" not in text:
        return None
    try:
        json.dumps(found, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return "it holds half of a surrogate pair"
    return None


def _constant(word: str) -> float:
    raise ValueError(f"{word} is no JSON; a dead seed is null")


def _float(word: str) -> float:
    if not isfinite(value := float(word)):
        raise ValueError(f"{word} is too large")
    return value


def _int(word: str) -> int:
    if len(word) > 20 or abs(value := int(word)) > LARGEST:
        raise ValueError(f"{word[:20]}{'…' * (len(word) > 20)} is too large")
    return value


class RepeatedKey(ValueError):
    """A table of which two entries have one name: who reads it takes the last, and who looks at it the first."""


def once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """A table as json's `object_pairs_hook` makes it. Raises RepeatedKey."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise RepeatedKey(f"'{key}' is there twice")
        found[key] = value
    return found
