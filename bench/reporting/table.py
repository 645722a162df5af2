"""A table before it is written down: the same cells become HTML, Markdown, CSV and LaTeX."""

from __future__ import annotations

import csv
import hashlib
import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bench.reporting.estimates import between, countable, decimals, digits, fixed, interval, span
from bench.stats.medians import Estimate


@dataclass(frozen=True)
class Entry:
    """One cell of a table: what is shown, and the number behind it."""

    text: str
    value: float | None = None
    low: float | None = None  # an interval, where there is one
    high: float | None = None
    best: bool = False  # decided best of its column
    kind: str = ""  # "" | failed | floor | muted: how it is set, never what it says
    places: int | None = None  # decimals that its own uncertainty leaves; None: its text is kept as it is

    @property
    def wordy(self) -> bool:
        """A sentence, which is read from the left and may be folded."""
        return self.value is None and len(self.text) > 20


@dataclass(frozen=True)
class Table:
    """Rows of entries under named columns.

    A column has one number of decimals, where its numbers are of one size (`one_precision`); `mixed`: rows are of different
    quantities, and each keeps its own. `key` is its file name; `spread` the columns that carry an interval; `groups` what
    neighbouring columns have in common, (title, how many columns), "" for none.
    """

    key: str
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Entry]]
    caption: str = ""
    spread: frozenset[int] = field(default_factory=frozenset)
    groups: Sequence[tuple[str, int]] = ()
    mixed: bool = False

    def __post_init__(self) -> None:
        if not self.mixed:
            object.__setattr__(self, "rows", one_precision(self.rows))

    @property
    def names(self) -> list[str]:
        """The columns by their full names: `fd_digits ↓ last`."""
        above = [title for title, count in self.groups for _ in range(count)] or [""] * len(self.columns)
        return [f"{title} {name}".strip() for title, name in zip(above, self.columns, strict=True)]

    @property
    def words(self) -> bool:
        """Whether it is read as text: no column behind the first holds numbers."""
        return not any(entry.value is not None for row in self.rows for entry in row[1:-1])

    def csv(self) -> str:
        """One line a row; a column with an interval becomes three. Full precision; `failed` and other words stay
        words."""
        header: list[str] = []
        for k, name in enumerate(self.names):
            header += [name, f"{name} low", f"{name} high"] if k in self.spread else [name]
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(map(plain_name, header))
        for row in self.rows:
            line: list[str] = []
            for k, entry in enumerate(row):
                line.append(_safe(entry.text) if entry.value is None else _exact(entry.value))
                if k in self.spread:
                    line += [_exact(entry.low), _exact(entry.high)]
            writer.writerow(line)
        return text.getvalue()

    def markdown(self, most: int = 1_000_000) -> str:
        """A pipe table of at most so many rows; the decided best is bold."""
        lines = ["| " + " | ".join(map(markdown, self.names)) + " |", "|" + " --- |" * len(self.columns)]
        for row in self.rows[:most]:
            texts = [f"**{markdown(e.text)}**" if e.best else markdown(e.text) for e in row]
            lines.append("| " + " | ".join(texts) + " |")
        lines += [f"\n{len(self.rows) - most} more rows are in tables/{anchor(self.key)}.csv."] * (
            len(self.rows) > most
        )
        return "\n".join(lines) + "\n"


def one_precision(rows: Sequence[Sequence[Entry]]) -> list[list[Entry]]:
    """The rows, each column with the decimals of its least precise number.

    Counts have no say beside measured numbers, and real data follows. A column keeps each row's own decimals where these
    would make a nonzero number 0.
    """
    out = [list(row) for row in rows]
    for k in range(max(map(len, out), default=0)):
        held = [(r, row[k]) for r, row in enumerate(out) if k < len(row) and row[k].places is not None]
        places = _shared([entry for _, entry in held if entry.kind != "floor"])
        if places is not None:
            for r, entry in held:
                if entry.kind != "floor" or _survives(entry, places):
                    out[r][k] = replace(entry, text=_written(entry, places))
    return out


def _shared(entries: Sequence[Entry]) -> int | None:
    measured = [e for e in entries if not all(countable(v) for v in (e.value, e.low, e.high) if v is not None)]
    places = [e.places for e in measured or entries if e.places is not None]
    if not places:
        return None
    found = min(places) if measured else max(places)
    return found if all(_survives(e, found) for e in measured) else None


def _survives(entry: Entry, places: int) -> bool:
    return not entry.value or round(abs(entry.value), places) > 0


def _written(entry: Entry, places: int) -> str:
    shown = [fixed(value, places) for value in (entry.value, entry.low, entry.high) if value is not None]
    return shown[0] if len(shown) < 3 else f"{shown[0]} [{shown[1]}, {shown[2]}]"


def anchor(key: str) -> str:
    """A file's or an anchor's name: letters, digits, hyphens, at most 80; a hash tells apart what that makes equal."""
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", key)[:80]
    return name if name == key else f"{name}-{hashlib.sha256(key.encode()).hexdigest()[:6]}"


def markdown(text: str) -> str:
    """User text inside a Markdown line or table cell: nothing in it is taken for markup."""
    escaped = "".join(f"\\{c}" if c in "\\`*_[]<>|#~$" else c for c in text)
    return " ".join(escaped.split())


def plain_name(name: str) -> str:
    """A column's name for a program: without arrows, and what can't be typed in words."""
    for sign, word_ in {"≥": ">=", "≤": "<=", "−": "-", "→": "nearest to", "↑": "", "↓": ""}.items():
        name = name.replace(sign, word_)
    return _safe(" ".join(name.split()))


def _safe(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _exact(value: float | None) -> str:
    if value is None:
        return ""
    return "failed" if math.isnan(value) else repr(float(value))


def word(text: str, kind: str = "") -> Entry:
    return Entry(text, kind=kind)


def number(value: object) -> Entry:
    """A single measured number, a dash where there is none."""
    if not isinstance(value, int | float) or not math.isfinite(value):
        return word("—", "muted")
    return Entry(digits(float(value)), float(value), places=_places(float(value)))


def floor(value: float) -> Entry:
    """What real data reads, where it is known."""
    if not math.isfinite(value):
        return word("—", "floor")
    return Entry(digits(value), value, kind="floor", places=_places(value))


def spread(found: Estimate, best: bool = False) -> Entry:
    """A median with its interval; of one seed, which has none, the number alone."""
    if found.failed:
        return Entry(interval(found), found.median, found.low, found.high, best, "failed")
    if found.level == 0:
        return median(found, best)
    return ranged(found.median, found.low, found.high, best)


def ranged(middle: float, low: float, high: float, best: bool = False) -> Entry:
    """A finite number with an interval around it."""
    return Entry(between(middle, low, high), middle, low, high, best, places=_places(middle, low, high))


def median(found: Estimate, best: bool = False) -> Entry:
    """A median alone."""
    if found.failed:
        return Entry("failed", found.median, kind="failed")
    return Entry(digits(found.median), found.median, best=best, places=_places(found.median))


def _places(*values: float) -> int | None:
    """Decimals of a number, or of one with an interval; none where one of them is too large or small for decimals."""
    known = [value for value in values if math.isfinite(value)]
    if all(map(countable, known)):
        return 0 if all(float(value).is_integer() for value in known) else 1
    if any(decimals(value) is None and abs(value) > 1 for value in known):
        return None
    return decimals(values[0], span(*values) if len(values) == 3 else 0.0)
