"""Which stabilizers may stand in one method."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

from bench.plugins import word_of
from bench.training.game import Game
from bench.training.hooks import Stabilizer


def conflicts(parts: Sequence[Stabilizer], game: Game) -> list[str]:
    """Why some can't be in one method of a game, a line for each pair; empty where all can."""
    words = [word_of(type(part)) for part in parts]
    found: dict[tuple[int, int], str] = {}
    for j, k in permutations(range(len(parts)), 2):
        one, other = words[j], words[k]
        if j < k and (both := sorted(parts[j].replaces & parts[k].replaces)):
            found[j, k] = f"{one} and {other} both replace the {both[0]}: keep one of them"
        elif (why := parts[j].refuses_beside(parts[k])) and (k, j) not in found:
            found[j, k] = f"{one} does not go with {other}: {why}"
    holders = [word for word, part in zip(words, parts, strict=True) if part.holds]
    if {part.holds for part in parts} >= set(game.players):
        found[-1, -1] = f"{' and '.join(holders)} hold {' and '.join(game.players)}: nothing would train"
    return list(found.values())
