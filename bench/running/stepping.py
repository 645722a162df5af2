"""How the steps of a block are run: by the engine, or as traced programs (training/trace.py); what `train: {compile: …}` says.

`auto` measures: a few steps are timed on a state of their own, and their operations counted. It compiles where training takes
clearly more than twice as long as compiling is expected to. What it chose is kept beside the block's checkpoint until its record is
there, so that a run that was killed goes on with the same rounding.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

from bench.records.store import write_atomically
from bench.records.strict_json import read_json
from bench.training.engine import Engine
from bench.training.trace import TracedStep, operations

ENDING = ".stepping.json"
WORTH = 2.5  # times the expected seconds of compiling that the steps have to take: compiled ones take half (1.9 to 2.8 × faster)
PER_OPERATION = 0.1  # seconds of tracing and compiling, on one core (measured: 40 to 60 s for 500 operations)
LEAST = 10.0  # seconds that any step takes to be compiled
TIMED, LOOK = 20, 2.0  # steps and seconds of the timing, at most


class Stepping:
    """What was chosen for a block, and what it costs."""

    def __init__(self, engine: Engine, asked: str, steps: int, beside: Path) -> None:
        """`beside`: the block's checkpoint."""
        self.asked, self.path = asked, beside.with_name(beside.stem + ENDING)
        self.how, self.why = _held(self.path) or _chosen(engine, asked, steps)
        if asked == "auto":
            told = json.dumps({"how": self.how, "why": self.why})
            write_atomically(self.path, lambda draft: draft.write_text(told, encoding="utf-8"))
        self.traced = None if self.how == "off" else TracedStep(engine, self.how)  # type: ignore[arg-type]

    @property
    def said(self) -> dict[str, Any]:
        """For the record: what was asked for, what was run, what it cost, and why not what was asked for."""
        traced = self.traced
        if traced is None:
            return {"asked": self.asked, "how": "off", "why": self.why}
        failed = traced.why is not None
        return {
            "asked": self.asked,
            "how": "off" if failed else self.how,
            "why": traced.why if failed else self.why,
            "programs": len(traced.programs),
            "nodes": sum(program.nodes for program in traced.programs),
            "samples": traced.why_samples or self.how,
        }

    def remove(self) -> None:
        """Once the record is in place."""
        self.path.unlink(missing_ok=True)


def _held(path: Path) -> tuple[str, str | None] | None:
    try:
        told = read_json(path)
        return str(told["how"]), told["why"]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _chosen(engine: Engine, asked: str, steps: int) -> tuple[str, str | None]:
    """How steps are run, and why: what is asked for, or what `auto` finds to be worth it."""
    if asked == "inductor" and engine.device.type == "cpu" and (lack := no_compiler()):
        return "off", lack
    if asked == "cuda" and engine.device.type != "cuda":
        return "off", f"a CUDA graph needs a GPU, and this is a {engine.device.type}"
    if asked != "auto":
        return asked, None
    if engine.device.type == "cuda":
        return "cuda", "a GPU waits for its launches"
    if lack := no_compiler():
        return "off", lack
    if _convolves(engine):
        return "off", "convolutions on a CPU gain nothing"
    training = steps * _pace(engine)
    if not worth_compiling(training, LEAST):
        return "off", f"{training:.0f} s of training"
    price = expected_compiling(engine)
    told = f"{training:.0f} s of training, about {price:.0f} s to compile"
    return ("inductor" if worth_compiling(training, price) else "off"), told


def expected_compiling(engine: Engine) -> float:
    """Seconds that compiling its steps is expected to take."""
    return max(LEAST, PER_OPERATION * operations(engine, engine.init_state()))


def worth_compiling(training: float, price: float) -> bool:
    """Whether so many seconds of training are to be compiled at such a price."""
    return training >= WORTH * price


def no_compiler() -> str | None:
    """What is missing to compile on a CPU; None where nothing is."""
    name = os.environ.get("CXX")
    if name and shutil.which(name.split()[0]):
        return None
    if shutil.which("g++") or shutil.which("clang++"):
        return None
    return "no C++ compiler is found: install g++ or clang++, or name one in CXX"


def _convolves(engine: Engine) -> bool:
    return any(p.ndim > 2 for net in engine.game.nets.values() for p in net.module.parameters())


def _pace(engine: Engine) -> float:
    """Seconds of a step, on a state that nobody keeps."""
    state = engine.step(engine.init_state())  # the first step pays for caches
    engine.synchronize()
    began, count = time.perf_counter(), 0
    while count < TIMED and time.perf_counter() - began < LOOK:
        state = engine.step(state)
        engine.synchronize()
        count += 1
    return (time.perf_counter() - began) / count
