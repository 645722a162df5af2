"""Weights & Biases: a run for each seed, grouped by cell, in a project of the suite's name.

W&B draws a group as the mean of its runs and their spread, which are a method's seeds. What it reads from the environment
holds here too: WANDB_PROJECT, WANDB_ENTITY, WANDB_DIR, WANDB_MODE=offline.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.plugins import first_line
from bench.running.watchers.base import NoWatcher, Row

LOCAL = ("offline", "dryrun", "disabled")  # modes in which nobody has to be logged in


class Wandb:
    """A block that goes on after an interrupt is another run, which has the whole curve at its end."""

    @classmethod
    def where(cls, root: Path) -> str:
        wandb = _wandb()
        if os.environ.get("WANDB_MODE") not in LOCAL:
            _log_in(wandb)
        return f"project {_project(root.name)} of Weights & Biases"

    def __init__(self, root: Path) -> None:
        self.root = root
        self.runs: dict[int, Any] = {}  # by seeds

    def begin(self, suite: str, cell: tuple[str, str], seeds: Sequence[int], config: Mapping[str, Any]) -> None:
        wandb, name = _wandb(), " / ".join(cell)
        for seed in seeds:
            self.runs[seed] = wandb.init(
                project=_project(suite),
                group=name,
                name=f"{name} · seed {seed}",
                config={**config, "seed": seed},
                dir=os.environ.get("WANDB_DIR", str(self.root)),
                reinit="create_new",
                settings=wandb.Settings(silent=True),
            )
            self.runs[seed].define_metric("*", step_metric="step")  # steps may come late

    def scores(self, step: int, rows: Sequence[Row]) -> None:
        for seed, run in self.runs.items():
            if mine := {column: value for of, column, value in rows if of == seed}:
                run.log({"step": step, **mine})

    def end(self, status: str) -> None:
        for run in self.runs.values():
            run.summary["status"] = status
            run.finish(exit_code=0 if status == "done" else 1)


def _log_in(wandb: Any) -> None:
    """Before the run: it would ask for a key amid it. Raises NoWatcher."""
    try:
        known, why = wandb.login(prompt=False), "nobody is logged in: wandb login"
    except Exception as error:
        known, why = False, first_line(error)
    if not known:
        raise NoWatcher(f"the watcher 'wandb' can't be used: {why}, or WANDB_MODE=offline")


def _project(suite: str) -> str:
    return os.environ.get("WANDB_PROJECT", suite)


def _wandb() -> Any:
    """Raises NoWatcher."""
    try:
        import wandb
    except ImportError as error:
        raise NoWatcher(f"the watcher 'wandb' needs W&B ({error}): pip install 'gan-diffusion-bench[wandb]'") from None
    return wandb
