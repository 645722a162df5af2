"""The weights that a record keeps: what sampling needs, so that a metric that is asked for later trains nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from bench.hashing.packed import pack, unpack
from bench.training.engine import Engine
from bench.training.state import State

FILE, BEST = "weights.pt", "best.pt"


def pack_state(state: State) -> bytes:
    """Weights and the stabilizers' memories (averages, for one) of every seed; no optimizer, whose training is over."""
    return pack(_held(state))


def pack_best(state: State, kept: Mapping[str, Any]) -> bytes:
    """The same of each seed's best evaluation (best_weights.py), with its step `at` and what it read, `value`."""
    return pack({**_held(state), **kept})


def _held(state: State) -> dict[str, Any]:
    return {name: getattr(state, name) for name in ("step", "params", "memory", "alive", "died_at")}


def read_state(folder: Path, engine: Engine, file: str = FILE) -> State:
    """The state that a record was written with, on an engine of the same seeds. Raises OSError and ValueError."""
    held = unpack((folder / file).read_bytes())
    held = {name: held[name] for name in ("step", "params", "memory", "alive", "died_at")}
    params = held["params"]
    if any(len(theta) != len(engine.seeds) for theta in params.values()):
        raise ValueError(f"{folder / file} holds other seeds")
    losses = {player: torch.full((len(engine.seeds),), torch.nan) for player in params}
    return engine.to_device(State(**held, opt=dict.fromkeys(params, ()), losses=losses))
