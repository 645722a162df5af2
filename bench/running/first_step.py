"""One step of one seed on two samples, for what is not bench's own: a plugin's bugs are told before anything is trained.

Plugins that come with bench are held to the same by the laws, so a suite that uses no others costs nothing here.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Sequence
from typing import Any

import torch

from bench.data.base import Data
from bench.laws.contracts import said, wrong_metric, wrong_probe, wrong_state
from bench.plugins import close, reason, word_of
from bench.running.cell_keys import modules
from bench.running.cells import Cell
from bench.suite.suite import Suite
from bench.suite.yaml_lines import Problems
from bench.training.engine import Engine
from bench.training.game import Game
from bench.training.hooks import HOOKS, Stabilizer, hooks_of
from bench.training.pretrained import Pretrained
from bench.training.state import State


def try_own(suite: Suite, cells: Sequence[Cell]) -> None:
    """One step of each cell, and one look of each metric, that other people's code has a part in.

    Raises SuiteError with a line for each word that is broken: what it does, and what to do.
    """
    problems, told = suite.problems(), set[str]()
    loaded: dict[str, Data] = {}
    for cell in cells:
        if cell.skip is not None or not any(map(foreign, _parts(cell))):
            continue
        data = loaded.setdefault(cell.dataset.label, cell.dataset.source.load())
        for kind, word, why in _wrong_in(cell, data):
            if word not in told:
                told.add(word)
                _note(suite, cell, kind, f"{word} {why}", problems)
    problems.check()


def foreign(part: Any) -> bool:
    """Whether a plugin, or one that its options name, is not bench's own."""
    return any(not module.startswith("bench.") for module in modules(part))


def _parts(cell: Cell) -> list[Any]:
    return [cell.method.game, *cell.method.stabilizers, *cell.metrics, *cell.probes]


def _note(suite: Suite, cell: Cell, kind: int, why: str, problems: Problems) -> None:
    """Where it stands in the file: kind -1 is the method, any other the place among its metrics and probes."""
    if kind < 0:
        problems.add(cell.method.line, f"methods.{cell.method.row or cell.method.label}", why)
        return
    part = (*cell.metrics, *cell.probes)[kind]
    section, listed = ("metrics", suite.metrics) if kind < len(cell.metrics) else ("probes", suite.probes)
    line = suite.lines.get(f"{section}.{listed.index(part)}", 1) if part in listed else 1
    problems.add(line, section, why)


def _wrong_in(cell: Cell, data: Data) -> Iterator[tuple[int, str, str]]:
    for k, metric in enumerate(cell.metrics):
        if foreign(metric) and (why := wrong_metric(metric, data)):
            yield k, word_of(type(metric)), why
    game = cell.method.game
    if isinstance(game, Pretrained):
        if foreign(game) and (why := _wrong_samples(game, data)):
            yield -1, word_of(type(game)), why
        return
    plays = [game, *cell.method.stabilizers]
    probes = [(k, p) for k, p in enumerate(cell.probes, len(cell.metrics)) if foreign(p)]
    if not probes and not any(map(foreign, plays)):
        return
    for part in cell.method.stabilizers:
        if foreign(part) and not hooks_of(type(part)):
            yield -1, word_of(type(part)), _no_hook(type(part))
            return
    try:
        engine = _engine(cell, data, cell.method.stabilizers)
        state = engine.init_state()
        after = _stepped(engine, state)
    except (Exception, SystemExit, GeneratorExit) as error:
        yield -1, _culprit(error, cell, data), said(error)
        return
    if why := wrong_state(engine, state, after):
        yield -1, _blamed(cell, data), why
        return
    for k, probe in probes:
        if why := wrong_probe(probe, engine, after):
            yield k, word_of(type(probe)), why


def _no_hook(stabilizer: type[Stabilizer]) -> str:
    """What to say of a stabilizer that alters nothing."""
    own = [name for name, thing in vars(stabilizer).items() if callable(thing) and not name.startswith("_")]
    meant = next((f"{name}(){hint}" for name in own if (hint := close(name, HOOKS))), "")
    return f"alters nothing: {meant or 'define one of its hooks, ' + ', '.join(HOOKS)}"


def _wrong_samples(model: Pretrained, data: Data) -> str | None:
    """What is wrong with two samples of one seed of a pretrained model; None where nothing is."""
    try:
        first, again = (model.build(data).sampled(2, 0, data) for _ in range(2))
    except (Exception, SystemExit, GeneratorExit) as error:
        return f"can't be sampled: {reason(error)}"
    same = torch.equal(first.nan_to_num(), again.nan_to_num())
    return None if same else "gives other samples when the same n and seed are asked for again: draw them from the seed"


def _engine(cell: Cell, data: Data, stabilizers: Sequence[Any]) -> Engine:
    """Of one seed and two samples; of the suite's batch where a stabilizer refuses two."""
    mapping, game = "loop" if cell.train.mapping == "loop" else "vmap", cell.method.game
    assert isinstance(game, Game), "a pretrained model takes no steps"
    try:
        return Engine(game, data, (0,), stabilizers, batch=2, mapping=mapping)
    except ValueError:
        return Engine(game, data, (0,), stabilizers, batch=cell.train.batch, mapping=mapping)


def _stepped(engine: Engine, state: State) -> State:
    after = engine.step(state)
    if after.alive.all() and not (samples := engine.sample(after, 2)).isfinite().all():
        raise ValueError(f"its samples are not finite after one step: {samples.flatten()[:2].tolist()}")
    return after


def _culprit(error: BaseException, cell: Cell, data: Data) -> str:
    """The word whose code an error passed through last; or that without which there is none."""
    plays = [part for part in (cell.method.game, *cell.method.stabilizers) if foreign(part)]
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    for frame in reversed(frames):
        module = str(frame.f_globals.get("__name__"))
        mine = [part for part in plays if not module.startswith("bench.") and module in modules(part)]
        exact = [part for part in mine if type(frame.f_locals.get("self")) is type(part)]
        if exact or len(mine) == 1:
            return word_of(type((exact or mine)[0]))
    return _blamed(cell, data)


def _blamed(cell: Cell, data: Data) -> str:
    """The word without which the step works."""
    stabilizers = cell.method.stabilizers
    for k, part in enumerate(stabilizers):
        if not foreign(part):
            continue
        try:
            engine = _engine(cell, data, stabilizers[:k] + stabilizers[k + 1 :])
            state = engine.init_state()
            if wrong_state(engine, state, _stepped(engine, state)) is None:
                return word_of(type(part))
        except (Exception, SystemExit, GeneratorExit):
            continue
    return " + ".join(word_of(type(part)) for part in (cell.method.game, *stabilizers) if foreign(part))
