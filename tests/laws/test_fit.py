"""Every stabilizer × every model trains or is refused when the method is built, saying why; each one is documented."""

from __future__ import annotations

import inspect
import re

import pytest
import torch

from bench.plugins import CATEGORIES, find, options, words
from bench.training.engine import Engine
from bench.training.hooks import hooks_of
from tests.laws.cases import BATCH, MODELS, STABILIZERS, game, host, points, run, stabilizer


@pytest.mark.parametrize("word", STABILIZERS)
def test_it_has_a_host(word: str) -> None:
    assert host(word) is not None


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("word", STABILIZERS)
def test_fits_or_refuses(word: str, model: str) -> None:
    part, plays = stabilizer(word), game(model)
    if why := part.refuses(plays):
        assert "\n" not in why
        assert len(why) > 10
        return
    try:
        machine = Engine(plays, points(), [0, 1], [part], batch=BATCH)
    except ValueError as refusal:  # what only the data set's shape can tell
        why = str(refusal)
    if why:
        assert "\n" not in why
        return
    state = run(machine, 3)
    assert state.alive.all()
    assert all(v.isfinite().all() for v in state.losses.values())
    assert machine.sample(state, 4).shape == (2, 4, *points().shape)


@pytest.mark.parametrize(
    ("category", "word"), [(category, word) for category in CATEGORIES for word in words(category)]
)
def test_documented(category: str, word: str) -> None:
    """A first line, typed options with defaults; a stabilizer names its source and alters at least one hook."""
    plugin = find(category, word)
    first = (inspect.getdoc(plugin) or "").splitlines()
    assert first, f"{category}/{word} has no docstring"
    assert len(first[0]) > 15
    assert all(option.name for option in options(plugin))
    if category in ("stabilizers", "models"):
        module = inspect.getmodule(plugin)
        text = (inspect.getdoc(plugin) or "") + (module.__doc__ or "" if module else "")
        assert re.search(r"(19|20)\d\d", text), f"{category}/{word} names no source (author year)"
    if category == "stabilizers":
        assert hooks_of(plugin), f"{word} alters nothing"


def test_global_random_state_is_left_alone() -> None:
    before = torch.random.get_rng_state()
    run(Engine(game("gan"), points(), [0, 1], batch=BATCH), 2)
    assert torch.equal(before, torch.random.get_rng_state())
