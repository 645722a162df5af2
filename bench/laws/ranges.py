"""The laws of options: every number has a declared range; just outside it is refused in one line, and its edge works."""

from __future__ import annotations

from math import inf
from typing import Any, get_args

import torch

from bench.data.base import Data, DataError
from bench.evaluation.evaluator import Evaluator
from bench.laws.cases import BATCH, game, host, images, points, run
from bench.laws.verdict import LawBroken, NotTried, hold
from bench.plugins import Option
from bench.plugins.ranges import Range, outside, ranges
from bench.suite.grammar import Call
from bench.suite.options import WrongOption, make
from bench.training.engine import Engine
from bench.training.game import Game
from bench.training.hooks import Stabilizer
from bench.training.loop import train

PROBED = ("gan", "vae", "flow", "ddpm", "dirac", "bilinear", "hopf", "oracle")  # what a probe is tried on


def numbers(kind: Any) -> int:
    """How many numbers an annotation speaks of."""
    return int(kind in (int, float)) or sum(numbers(inside) for inside in get_args(kind))


def just_outside(one: Range, whole: bool) -> list[float]:
    """The numbers next to a range that it does not hold."""
    step = 1 if whole else 1e-6
    edges = [one.least - step, one.most + max(step, 1e-6 * one.most) if one.most < inf else inf, one.above, one.below]
    return [int(edge) if whole else edge for edge in edges if abs(edge) < inf]


def edges(option: Option) -> list[float]:
    """The least value that is allowed, and 0 and -1 where they are."""
    (one,) = ranges(option.declared)
    tried = [v for v in (one.least, 0, -1) if abs(v) < inf and v in one]
    return sorted({int(v) if option.kind is int else float(v) for v in tried})


def declared_and_held(category: str, word: str, option: Option) -> None:
    """As many ranges as numbers, the default inside, and what lies just outside refused in one line."""
    found = ranges(option.declared)
    annotate = "annotate it, as in `weight: Positive = 1.0` (bench/plugins/ranges.py)"
    hold(len(found) == numbers(option.kind), f"option '{option.name}' declares no range: {annotate}")
    if not option.required and (why := outside(option.default, option.declared)):
        raise LawBroken(f"the default of option '{option.name}': {why}")
    for value in just_outside(found[0], int in (option.kind, *get_args(option.kind))):
        given: Any = (value,) * numbers(option.kind) if isinstance(option.default, tuple) else value
        if isinstance(option.default, tuple) and option.default and isinstance(option.default[0], tuple):
            given = (given,)
        said = f"option '{option.name}' of {word}: {value:g} is out of range ({found[0].broken_by(value)})"
        try:
            make(category, Call(word, named=((option.name, given),)))
        except WrongOption as refused:
            hold(str(refused) == said, f"'{option.name}={value:g}' is refused by '{refused}', not by '{said}'")
            continue
        raise LawBroken(f"'{option.name}={value:g}' is taken, outside of its range")


def edge_works(category: str, word: str, option: Option) -> None:
    """The least value, and 0 and -1 where they are allowed: it works, or `bench check` refuses it with a reason."""
    if option.kind not in (int, float):
        raise NotTried("no single number")
    for value in edges(option):
        try:
            part = make(category, Call(word, named=((option.name, value),)))[0][2]
        except WrongOption:  # it contradicts another option
            continue
        try:
            works(category, word, part, {option.name: value})
        except DataError as error:
            raise NotTried(str(error)) from error
        except LawBroken as broken:
            raise LawBroken(f"{option.name}={value:g}: {broken}") from broken


def works(category: str, word: str, part: Any, changed: dict[str, Any]) -> None:
    """A plugin with an option at its edge does what it is for. Raises LawBroken."""
    if category == "datasets":
        hold(bool(part.load().x.isfinite().all()), "its samples are not finite")
    elif category == "models":
        _trained(game(word, **changed), points())
    elif category == "stabilizers":
        found = host(word)
        hold(found is not None, "no model of bench fits it")
        assert found is not None
        _trained(*found, part)
    elif category == "probes":
        for model in PROBED:
            _looks(part, Engine(game(model), points(), [0, 1], batch=BATCH))
    elif category == "metrics":
        for data in (points(), images()):
            _measures(part, data)
    elif category == "architectures":
        shape = images().shape if part.refuses(points().shape) else points().shape
        hold(bool(part.generator(4, shape)(torch.zeros(2, 4)).isfinite().all()), "what it generates is not finite")


def _looks(probe: Any, engine: Engine) -> None:
    if probe.fits(engine.game):
        history = train(engine, steps=max(1, probe.every if probe.every < 5 else 1), probes=[probe])
        measured = probe.measure(engine, history.state)
        hold(not history.probe_errors, "; ".join(history.probe_errors.values()))
        hold(all(values.shape == (2,) for values in measured.values()), "it measures other than one number a seed")


def _measures(metric: Any, data: Data) -> None:
    if metric.refuses(data) is None:
        evaluator = Evaluator(data, [metric])
        fakes = torch.stack([data.x[: metric.n], data.x[: metric.n].flip(0)])
        if len(fakes[0]) == metric.n:
            rows = evaluator(fakes, torch.ones(2, dtype=torch.bool))
            hold(all(value is not None for _, _, value in rows), "it gives no number for real samples")


def _trained(plays: Game, data: Data, *parts: Stabilizer) -> None:
    try:
        engine = Engine(plays, data, [0, 1], parts, batch=BATCH)
    except ValueError:  # said by `bench check`, which builds every method
        return
    state = run(engine, 2)
    hold(bool(state.alive.all()), "a seed dies within two steps")
    hold(bool(engine.sample(state, 4).isfinite().all()), "its samples are not finite")
