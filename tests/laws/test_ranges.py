"""Every number of every plugin has a declared range: just outside it is refused in one line, and its edge works."""

from __future__ import annotations

from typing import Annotated, Any

import pytest

from bench.laws.ranges import declared_and_held, edge_works, numbers
from bench.laws.verdict import NotTried
from bench.plugins import CATEGORIES, Option, find, options, words
from bench.plugins.ranges import Count, NonNegative, Range, declared, outside

FILES = ("cifar10", "mnist", "stacked_mnist", "image_folder")  # data sets that are read from disk


def every_option() -> list[Any]:
    return [
        pytest.param(category, word, option, id=f"{word}-{option.name}")
        for category in CATEGORIES
        for word in words(category)
        for option in options(find(category, word))
        if numbers(option.kind)
    ]


@pytest.mark.parametrize(("category", "word", "option"), every_option())
def test_the_range_is_declared_and_held(category: str, word: str, option: Option) -> None:
    declared_and_held(category, word, option)


@pytest.mark.parametrize(("category", "word", "option"), every_option())
def test_the_edge_works(category: str, word: str, option: Option) -> None:
    if word in FILES:
        pytest.skip("no data on disk")
    try:
        edge_works(category, word, option)
    except NotTried as error:
        pytest.skip(str(error))


def test_a_range_says_itself() -> None:
    assert [str(r) for r in (Range(1), Range(0, 1), Range(above=0), Range(0, below=1), Range())] == [
        "at least 1", "at least 0 and at most 1", "above 0", "at least 0 and below 1", "any number",
    ]  # fmt: skip
    assert (Range(1, 10**12).broken_by(0), Range(1, 10**12).broken_by(10**400)) == ("at least 1", "at most 1e+12")
    assert Range(0, 1).broken_by(-1) == "at least 0 and at most 1"
    assert outside(10**400, Annotated[int, Range(1, 10**12)]) == "100000000000… is out of range (at most 1e+12)"
    assert 0 not in Range(above=0)
    assert float("inf") in Range(0)
    assert float("nan") not in Range()


def test_what_is_declared_again_keeps_its_range() -> None:
    class Base:
        n: Count = 10
        rate: NonNegative = 1.0

    class Other(Base):
        n: int = 20

    assert outside(0, declared(Other)["n"]) == "0 is out of range (at least 1)"
    assert outside((1.0, -1.0), tuple[NonNegative, NonNegative]) == "-1 is out of range (at least 0)"
    assert outside((0.5, -2.0, 3.0), tuple[NonNegative, ...]) == "-2 is out of range (at least 0)"
    assert outside(-0.5, NonNegative | None) == "-0.5 is out of range (at least 0)"
    assert outside(None, NonNegative | None) is None
