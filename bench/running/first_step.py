"""One step of one seed on two samples, for what is not bench's own: a plugin's bugs are told before anything is trained.

Plugins that come with bench are held to the same by the laws, so a suite that uses no others costs nothing here.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from bench.data.base import Data
from bench.metrics.base import Metric
from bench.plugins import reason, word_of
from bench.probes.base import Probe
from bench.running.cells import Cell, modules
from bench.suite.suite import Suite
from bench.suite.yaml_lines import Problems
from bench.training.engine import Engine
from bench.training.state import State

SAMPLES, LANES = 64, 3  # of a metric, which may need neighbours; and seeds
BRANCHES = ("data-dependent control flow", ".item() on a Tensor", "Boolean value of Tensor")
NOISE = ("randomness error mode",)


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
    plays = [cell.method.game, *cell.method.stabilizers]
    probes = [(k, p) for k, p in enumerate(cell.probes, len(cell.metrics)) if foreign(p)]
    if not probes and not any(map(foreign, plays)):
        return
    try:
        engine = _engine(cell, data, cell.method.stabilizers)
        state = engine.init_state()
        after = _stepped(engine, state)
    except (Exception, SystemExit) as error:
        yield -1, _culprit(error, cell, data), _said(error)
        return
    if why := _wrong_state(engine, state, after):
        yield -1, _blamed(cell, data), why
        return
    for k, probe in probes:
        if why := wrong_probe(probe, engine, after):
            yield k, word_of(type(probe)), why


def _engine(cell: Cell, data: Data, stabilizers: Sequence[Any]) -> Engine:
    """Of one seed and two samples; of the suite's batch where a stabilizer refuses two."""
    mapping = "loop" if cell.train.mapping == "loop" else "vmap"
    try:
        return Engine(cell.method.game, data, (0,), stabilizers, batch=2, mapping=mapping)
    except ValueError:
        return Engine(cell.method.game, data, (0,), stabilizers, batch=cell.train.batch, mapping=mapping)


def _stepped(engine: Engine, state: State) -> State:
    after = engine.step(state)
    if after.alive.all() and not (samples := engine.sample(after, 2)).isfinite().all():
        raise ValueError(f"its samples are not finite after one step: {samples.flatten()[:2].tolist()}")
    return after


def _wrong_state(engine: Engine, before: State, after: State) -> str | None:
    if not all(loss.isfinite().all() for loss in after.losses.values()):
        said = ", ".join(f"{player} {float(loss[0]):g}" for player, loss in after.losses.items())
        return f"makes a loss that is not finite at its first step ({said}): look for a division by 0, a log or a root"
    for player, theta in before.params.items():
        now = after.params[player]
        if now.shape != theta.shape or now.dtype != engine.dtype:
            was, new = (f"{str(t.dtype).removeprefix('torch.')} {list(t.shape[1:])}" for t in (theta, now))
            return f"makes weights of {player} that are {new}, and were {was}: return what it was given"
    if not after.alive.all():
        return "makes gradients or weights that are not finite at the first step: look for a root or a norm of 0"
    return None


def wrong_metric(metric: Metric, data: Data) -> str | None:
    """What a metric does not keep of its contract on real samples of a data set; None where it keeps all."""
    try:
        if metric.refuses(data) is not None:
            return None
        few = replace(metric, n=min(metric.n, SAMPLES, len(data.x)))
        fake = torch.stack([data.x[torch.arange(few.n) + k - LANES] for k in range(LANES)])
        found: Any = few.measure(fake, few.reference(data))
    except (Exception, SystemExit) as error:
        return f"can't be measured on real samples: {reason(error)}"
    names = few.names()
    if not isinstance(found, Mapping) or set(found) != set(names):
        yields = ", ".join(map(str, found)) if isinstance(found, Mapping) else type(found).__name__
        return f"measures {yields}, and its names() are {', '.join(names)}: return a number a seed under each"
    return next((why for name in names if (why := _per_seed(name, found[name], LANES))), None)


def wrong_probe(probe: Probe, engine: Engine, state: State) -> str | None:
    """What a probe does not keep of its contract on one state."""
    try:
        if not probe.fits(engine.game):
            return None
        found: Any = probe.measure(engine, state)
        names = probe.names(engine.game)
    except (Exception, SystemExit) as error:
        return f"can't look at {word_of(type(engine.game))}: {_said(error)}"
    if not isinstance(found, Mapping) or (names is not None and not set(found) <= set(names)):
        yields = ", ".join(map(str, found)) if isinstance(found, Mapping) else type(found).__name__
        return f"measures {yields}, and its columns are {', '.join(names or ())}: name what it measures"
    seeds = len(engine.seeds)
    return next((why for name in found if (why := _per_seed(name, found[name], seeds, nan=True))), None)


def _per_seed(name: str, values: object, seeds: int, nan: bool = False) -> str | None:
    if not isinstance(values, Tensor):
        return f"gives a {type(values).__name__} for {name}: return a tensor, one number a seed"
    if values.shape != (seeds,) or not values.is_floating_point():
        kind = str(values.dtype).removeprefix("torch.")
        return f"gives {kind} {list(values.shape)} for {name} of {seeds} seed{'s' * (seeds > 1)}: return one real number a seed"
    if not nan and values.isnan().any():
        return f"gives nan for {name} of real samples: look for a division by 0, a log or a root"
    return None


def _said(error: BaseException) -> str:
    """What an error of one step means, and what to do."""
    text = str(error)
    if any(hint in text for hint in BRANCHES):
        return f"asks a tensor for its value ({_place(error)}), which is another for every seed: choose by torch.where"
    if any(hint in text for hint in NOISE):
        return f"draws noise of its own ({_place(error)}): take it from at.rng, or from the rng that it is given"
    if isinstance(error, NotImplementedError | AttributeError):
        return f"lacks something that a step needs: {reason(error)}"
    return f"fails at its first step: {reason(error)}"


def _place(error: BaseException) -> str:
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "/torch/" not in f.filename]
    return f"{frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else "unknown"


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
            if _wrong_state(engine, state, _stepped(engine, state)) is None:
                return word_of(type(part))
        except (Exception, SystemExit):
            continue
    return " + ".join(word_of(type(part)) for part in (cell.method.game, *stabilizers) if foreign(part))
