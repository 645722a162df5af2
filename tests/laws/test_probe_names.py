"""Every probe measures what it declares, nothing else, and all of it."""

from __future__ import annotations

from typing import Any

import pytest

from bench.models.dirac import Dirac
from bench.plugins import find, words
from bench.probes.base import Probe
from bench.training.engine import Engine
from tests.laws.cases import BATCH, MODELS, game, points
from tests.theory.play import machine

CHEAP: dict[str, dict[str, Any]] = {
    "spectrum": {"vectors": 2},
    "denoising_error": {"n": 16, "levels": 3},
    "score_error": {"levels": 2},
    "sampler_spread": {"n": 4},
    "active_units": {"n": 16},
    "path_angle": {"at": (0.25, 1.0)},
}


def engines(model: str) -> list[Engine]:
    """A model on points; the smallest game also as theory plays it."""
    found = [Engine(game(model), points(), [0], batch=BATCH)]
    return [*found, machine(Dirac(), seeds=1)] if model == "dirac" else found


@pytest.mark.parametrize("word", words("probes"))
def test_what_is_measured_is_what_is_declared(word: str) -> None:
    """On every model on disk that it fits, name for name; each declared pattern is measured on some model."""
    probe: Probe = find("probes", word)(**CHEAP.get(word, {}))
    assert probe.columns, f"{word} declares no columns"
    seen: set[str] = set()
    every: set[str] = set()
    for model in MODELS:
        for engine in engines(model):
            if probe.fits(engine.game):
                measured = set(probe.measure(engine, engine.step(engine.init_state())))
                assert measured == set(probe.names(engine.game) or ()), model
                seen |= measured
                every |= set(Probe.names(probe, engine.game) or ())
    assert seen
    assert every == seen, f"declared, but measured on no model: {sorted(every - seen)}"
