"""The laws of training, over every model and stabilizer on disk; dropping a file in enrols it."""

from __future__ import annotations

from typing import Any

import pytest

from bench.laws import training
from tests.laws.cases import methods

pytestmark = pytest.mark.parametrize(("game", "data", "parts"), methods())


def test_alone(game: Any, data: Any, parts: Any) -> None:
    training.alone((game, data, parts))


def test_loop_equals_vmap(game: Any, data: Any, parts: Any) -> None:
    training.loop_equals_vmap((game, data, parts))


@pytest.mark.parametrize("mapping", ["vmap", "loop"])
def test_contained(game: Any, data: Any, parts: Any, mapping: str) -> None:
    training.contained((game, data, parts), mapping)


def test_inert(game: Any, data: Any, parts: Any) -> None:
    training.inert((game, data, parts))


def test_resume(game: Any, data: Any, parts: Any) -> None:
    training.resume((game, data, parts))


def test_repeats(game: Any, data: Any, parts: Any) -> None:
    training.repeats((game, data, parts))


def test_not_idle(game: Any, data: Any, parts: Any) -> None:
    if not parts:
        pytest.skip("a model without stabilizers")
    training.not_idle((game, data, parts))
