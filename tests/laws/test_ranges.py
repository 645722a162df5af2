"""Every number of every plugin has a declared range: just outside it is refused in one line, and its edge works."""

from __future__ import annotations

from math import inf
from typing import Annotated, Any, get_args

import pytest
import torch

from bench.data.base import Data
from bench.evaluation.evaluator import Evaluator
from bench.plugins import CATEGORIES, Option, find, options, words
from bench.plugins.ranges import Count, NonNegative, Range, declared, outside, ranges
from bench.suite.grammar import Call
from bench.suite.options import WrongOption, make
from bench.training.engine import Engine
from bench.training.game import Game
from bench.training.hooks import Stabilizer
from bench.training.loop import train
from tests.laws.cases import BATCH, game, host, images, points, run

FILES = ("cifar10", "mnist", "stacked_mnist", "image_folder")  # data sets that are read from disk


def every_option() -> list[Any]:
    return [
        pytest.param(category, word, option, id=f"{word}-{option.name}")
        for category in CATEGORIES
        for word in words(category)
        for option in options(find(category, word))
        if numbers(option.kind)
    ]


def numbers(kind: Any) -> int:
    """How many numbers an annotation speaks of."""
    return int(kind in (int, float)) or sum(numbers(inside) for inside in get_args(kind))


def just_outside(one: Range, whole: bool) -> list[float]:
    step = 1 if whole else 1e-6
    edges = [one.least - step, one.most + max(step, 1e-6 * one.most) if one.most < inf else inf, one.above, one.below]
    return [int(edge) if whole else edge for edge in edges if abs(edge) < inf]


def edges(option: Option) -> list[float]:
    """The least value that is allowed, and 0 and -1 where they are."""
    (one,) = ranges(option.declared)
    tried = [v for v in (one.least, 0, -1) if abs(v) < inf and v in one]
    return sorted({int(v) if option.kind is int else float(v) for v in tried})


@pytest.mark.parametrize(("category", "word", "option"), every_option())
def test_the_range_is_declared_and_held(category: str, word: str, option: Option) -> None:
    found = ranges(option.declared)
    assert len(found) == numbers(option.kind), f"{word}: {option.name} declares no range"
    if not option.required:
        assert outside(option.default, option.declared) is None
    for value in just_outside(found[0], int in (option.kind, *get_args(option.kind))):
        given: Any = (value,) * numbers(option.kind) if isinstance(option.default, tuple) else value
        if isinstance(option.default, tuple) and option.default and isinstance(option.default[0], tuple):
            given = (given,)
        with pytest.raises(WrongOption) as refused:
            make(category, Call(word, named=((option.name, given),)))
        (line,) = str(refused.value).splitlines()
        assert line == f"option '{option.name}' of {word}: {value:g} is out of range ({found[0].broken_by(value)})"


@pytest.mark.parametrize(("category", "word", "option"), every_option())
def test_the_edge_works(category: str, word: str, option: Option) -> None:
    """The least value, and 0 and -1 where they are allowed: it works, or `bench check` refuses it with a reason."""
    if option.kind not in (int, float) or word in FILES:
        pytest.skip("no single number, or no data on disk")
    for value in edges(option):
        try:
            part = make(category, Call(word, named=((option.name, value),)))[0][2]
        except WrongOption:  # it contradicts another option
            continue
        works(category, word, part, {option.name: value})


def works(category: str, word: str, part: Any, changed: dict[str, Any]) -> None:
    if category == "datasets":
        data = part.load()
        assert data.x.isfinite().all()
    elif category == "models":
        trained(game(word, **changed), points())
    elif category == "stabilizers":
        found = host(word)
        assert found is not None
        trained(*found, part)
    elif category == "probes":
        for model in ("gan", "vae", "flow", "ddpm", "dirac", "bilinear", "hopf", "oracle"):
            engine = Engine(game(model), points(), [0, 1], batch=BATCH)
            if part.fits(engine.game):
                history = train(engine, steps=max(1, part.every if part.every < 5 else 1), probes=[part])
                measured = part.measure(engine, history.state)
                assert history.probe_errors == {}
                assert all(values.shape == (2,) for values in measured.values())
    elif category == "metrics":
        for data in (points(), images()):
            if part.refuses(data) is None:
                evaluator = Evaluator(data, [part])
                fakes = torch.stack([data.x[: part.n], data.x[: part.n].flip(0)])
                if len(fakes[0]) == part.n:
                    rows = evaluator(fakes, torch.ones(2, dtype=torch.bool))
                    assert all(value is not None for _, _, value in rows), rows
    elif category == "architectures":
        shape = images().shape if part.refuses(points().shape) else points().shape
        assert part.generator(4, shape)(torch.zeros(2, 4)).isfinite().all()


def trained(plays: Game, data: Data, *parts: Stabilizer) -> None:
    try:
        engine = Engine(plays, data, [0, 1], parts, batch=BATCH)
    except ValueError:  # said by `bench check`, which builds every method
        return
    state = run(engine, 2)
    assert state.alive.all()
    assert engine.sample(state, 4).isfinite().all()


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
