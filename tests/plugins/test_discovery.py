"""Plugins: every word's class derives from the base that its category names."""

from __future__ import annotations

import importlib

import pytest

from bench.plugins import category_of_base, find, words
from bench.plugins.categories import ALSO, BASES, CATEGORIES


def test_every_category_has_a_base() -> None:
    assert set(BASES) == set(CATEGORIES)


@pytest.mark.parametrize("category", BASES)
def test_the_base_of_a_category_is_the_base_of_its_words(category: str) -> None:
    bases = []
    for place in (BASES[category], *(place for place, of in ALSO.items() if of == category)):
        module, _, name = place.partition(":")
        bases.append(getattr(importlib.import_module(module), name))
    assert [category_of_base(base) for base in bases] == [category] * len(bases)
    assert all(issubclass(find(category, word), tuple(bases)) for word in words(category))
