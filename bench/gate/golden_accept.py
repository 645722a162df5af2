"""Accepts golden trajectories: what is to be written, and in which way it differs from what was there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bench.gate.golden import Kind, compare, key_of
from bench.gate.golden_file import Golden, GoldenError, read, text

SAID: dict[Kind, str] = {
    "changed": "changed",
    "incomplete": "completed",
    "new": "new",
    "gone": "gone",
    "broken": "broken",
}


def accepted(
    path: Path, made: Golden, asked: Callable[[str, str], bool], everything: bool
) -> tuple[Golden | None, list[str]]:
    """The whole file with `made` in it, None where it is that already; and a line for everything that changes.

    Cells that were not asked for stay as they are. Raises GoldenError where the file can't be read and not everything
    was trained again; where everything was, the fault is said and the file replaced.
    """
    said: list[str] = []
    old = Golden(())
    if path.exists():
        try:
            old = read(path)
        except GoldenError as fault:
            if not everything:
                raise
            said = [f"replaced: {line}" for line in str(fault).splitlines()]
    named = {key_of(line) for line in made.lines}
    kept = [line for line in old.lines if key_of(line) not in named and not asked(line.dataset, line.method)]
    whole = replace(made, lines=tuple(sorted([*kept, *made.lines])))
    found = compare(old, made, asked)
    said += [f"{SAID[one.kind]}: {one.why}" for one in found.findings]
    if old.lines and text(old) == text(replace(whole, python=old.python)):
        return None, [*said, f"{path}: unchanged ({len(old.lines)} lines)"]
    counts = Counter(SAID[one.kind] for one in found.findings)
    moved = f"the same {'; '.join(sorted(found.compared))}, with other last digits"
    what = ", ".join(f"{number} {word}" for word, number in counts.items()) or moved
    return whole, [*said, f"{path}: {len(whole.lines)} lines, of which {len(kept)} were kept as they are: {what}"]
