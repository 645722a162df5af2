"""Reads `seeds:` of a suite: a number, a list, or seeds that every night has for itself.

`seeds: {nightly: 5}` are five seeds of a date, so that nights are independent draws. A night's seeds are its date followed
by three digits, 20260301000 to 20260301004: equal for equal dates, shared by no two dates, none of the small numbers
that baselines use, and readable in a record. A gate's fresh seeds follow them, inside the same date.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

from bench.suite.validation import is_a, known_keys
from bench.suite.yaml_lines import Item, Problems

OF_A_NIGHT = 1000  # numbers that a date has
MOST = 500  # of them may be a suite's; the rest is for fresh ones
LARGEST = 2**63 - 1  # seed that a table holds
OF_ALL = 1_000_000  # seeds of a suite at most
SHAPE = "a number of seeds, a list of them, or {nightly: 5}"


def seeds(item: Item | None, night: date | None, problems: Problems) -> tuple[int, ...]:
    """The seeds of a suite; with `night`, as many as the suite has, of that date. Of today (UTC) where the suite asks
    for nightly ones. () where they are wrong, which is noted."""
    if item is None:
        return ()
    if isinstance(item.value, dict):
        return _nightly(item, night or datetime.now(UTC).date(), problems)
    found = _listed(item, problems)
    if night is None or not found:
        return found
    if len(found) > MOST:
        problems.add(item.line, "seeds", f"a night has at most {MOST} seeds, not {len(found)}")
        return ()
    return nightly_seeds(night, len(found))


def nightly_seeds(night: date, count: int) -> tuple[int, ...]:
    """The first seeds of a date, at most 500."""
    if not 1 <= count <= MOST:
        raise ValueError(f"a night has 1 to {MOST} seeds, not {count}")
    first = OF_A_NIGHT * int(f"{night:%Y%m%d}")
    return tuple(range(first, first + count))


def night_of(seeds: Sequence[int]) -> str | None:
    """The date that seeds belong to, as 2026-03-01; None where they are no night's, or not all of one."""
    days = {seed // OF_A_NIGHT for seed in seeds}
    digits = str(min(days, default=0))
    try:
        return datetime.strptime(digits, "%Y%m%d").date().isoformat() if (len(days), len(digits)) == (1, 8) else None
    except ValueError:
        return None


def in_words(seeds: Sequence[int]) -> str:
    """`5 seeds (0 to 4)`; of a night, `5 seeds of 2026-03-01 (20260301000 to 20260301004)`."""
    night, n = night_of(seeds), len(seeds)
    inorder = list(seeds) == [seeds[0] + k for k in range(n)]
    which = f"{seeds[0]} to {seeds[-1]}" if inorder and n > 1 else ", ".join(map(str, seeds))
    return f"{n} seed{'s' * (n > 1)}{f' of {night}' if night else ''} ({which})"


def _nightly(item: Item, night: date, problems: Problems) -> tuple[int, ...]:
    known_keys(item, ("nightly",), "seeds", problems)
    count = item.value.get("nightly")
    if count is None:
        problems.add(item.line, "seeds", f"expected {SHAPE}")
    elif is_a(count, int, "seeds.nightly", problems, "a number of seeds"):
        if 1 <= count.value <= MOST:
            return nightly_seeds(night, count.value)
        problems.add(count.line, "seeds.nightly", f"has to be 1 to {MOST}, not {count.value}")
    return ()


def _listed(item: Item, problems: Problems) -> tuple[int, ...]:
    if isinstance(item.value, list):
        found = item.plain
        whole = all(isinstance(s, int) and not isinstance(s, bool) and s >= 0 for s in found)
        if not found or not whole or len(set(found)) < len(found):
            problems.add(item.line, "seeds", "expected whole numbers, 0 or more, each named once")
            return ()
        if max(found) > LARGEST:
            problems.add(item.line, "seeds", f"{max(found)} is too large: a seed is at most {LARGEST}")
            return ()
        return tuple(found)
    if is_a(item, int, "seeds", problems, SHAPE):
        if item.value > OF_ALL:
            problems.add(item.line, "seeds", f"has to be at most {OF_ALL}")
        elif item.value >= 1:
            return tuple(range(item.value))
        else:
            problems.add(item.line, "seeds", "has to be at least 1")
    return ()
