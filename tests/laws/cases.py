"""The cases that the laws run over: every model and stabilizer on disk, on data small enough to train in milliseconds."""

from __future__ import annotations

from typing import Any

import pytest

from bench.laws.cases import (
    BATCH,
    bits_agree,
    engine,
    game,
    gap,
    host,
    images,
    points,
    poison,
    probe,
    run,
    same,
    stabilizer,
    trained,
)
from bench.plugins import words

__all__ = [
    "BATCH",
    "MODELS",
    "STABILIZERS",
    "bits_agree",
    "engine",
    "game",
    "gap",
    "host",
    "images",
    "methods",
    "points",
    "poison",
    "probe",
    "run",
    "same",
    "stabilizer",
]
MODELS, STABILIZERS = trained(), words("stabilizers")


def methods() -> list[Any]:
    """Every model bare, and every stabilizer on its host: (name, game, data, stabilizers)."""
    bare = [pytest.param(game(m), points(), (), id=m) for m in MODELS]
    found = {s: host(s) for s in STABILIZERS}
    return bare + [pytest.param(*found[s], (stabilizer(s),), id=s) for s in STABILIZERS if found[s]]
