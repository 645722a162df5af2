"""What one look at a metric, a probe or a step tells of its contract: each breach is a sentence that says what to do."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from bench.data.base import Data
from bench.metrics.base import Metric
from bench.plugins import reason, word_of
from bench.probes.base import Probe
from bench.training.engine import Engine
from bench.training.state import State

SAMPLES, LANES = 64, 3  # of a metric, which may need neighbours; and seeds
BRANCHES = ("data-dependent control flow", ".item() on a Tensor", "Boolean value of Tensor")
NOISE = ("randomness error mode",)


def wrong_state(engine: Engine, before: State, after: State) -> str | None:
    """What a step made of a state that a step may not; None where nothing."""
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
    except (Exception, SystemExit, GeneratorExit) as error:
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
    except (Exception, SystemExit, GeneratorExit) as error:
        return f"can't look at {word_of(type(engine.game))}: {said(error)}"
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


def said(error: BaseException) -> str:
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
