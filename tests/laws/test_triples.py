"""A law of triples: any three stabilizers in one method are refused with a reason, or each of them does something.

The criterion of pairs (test_pairs.py) with each against the other two: finite steps that are not those without it. Triples are
drawn by a hash among those of which no pair is refused; the default run takes a few, `long` many.
"""

from __future__ import annotations

import hashlib
from functools import cache
from itertools import combinations

import pytest

from tests.laws.cases import STABILIZERS
from tests.laws.test_pairs import IDLE, End, alone, end, part, stage

HOSTS = ("gan", "ddpm", "flow", "vae")
FEW, MANY = 3, 60
LATER = 40  # steps


@cache
def stands(host: str, *words: str) -> bool:
    """Whether these make a method."""
    return isinstance(end(host, *words), End)


def drawn(host: str, count: int) -> list[tuple[str, ...]]:
    """Triples by a hash of a number and of their words, so that a new stabilizer moves few of them."""
    plays, found = stage(host)[0], []
    words = [word for word in STABILIZERS if part(word).refuses(plays) is None]
    for k in range(100 * count):
        triple = sorted(words, key=lambda word, k=k: hashlib.sha256(f"{host} {k} {word}".encode()).digest())[:3]  # type: ignore[misc]
        if all(stands(host, *some) for n in (1, 2) for some in combinations(triple, n)):
            found.append(tuple(triple))
        if len(found) == count:
            break
    return found


def holds(host: str, triple: tuple[str, ...]) -> bool:
    """Whether it is a method; what is wrong with it is asserted."""
    three = end(host, *triple)
    if isinstance(three, str):
        assert len(three) > 10
        assert "\n" not in three
        return False
    bare = end(host)
    for k, word in enumerate(triple):
        rest = triple[:k] + triple[k + 1 :]
        two, lone = end(host, *rest), alone(host, word)
        assert isinstance(two, End), rest
        assert isinstance(lone, End)
        assert isinstance(bare, End)
        idles = lone.same(bare) or any((word, other) in IDLE for other in rest)
        if three.same(two) and not idles:  # what waits for an outlier may see none in so few steps
            late, without = (end(host, *words, steps=LATER) for words in (triple, rest))
            assert isinstance(late, End)
            assert isinstance(without, End)
            assert not late.same(without), f"{word} changes nothing beside {' and '.join(rest)}"
    return True


@pytest.mark.parametrize("host", HOSTS)
def test_some_triples(host: str) -> None:
    few = drawn(host, FEW if host == "gan" else 1)
    assert sum(holds(host, triple) for triple in few) >= len(few) - 1  # or the draw would say little


@pytest.mark.long
@pytest.mark.parametrize("host", [*HOSTS, "dcgan", "edm"])
def test_many_triples(host: str) -> None:
    broken = []
    for triple in drawn(host, MANY):
        try:
            holds(host, triple)
        except Exception as error:  # all of them are told, not the first
            broken.append(f"{' + '.join(triple)}: {type(error).__name__}: {error}".splitlines()[0])
    assert broken == []
