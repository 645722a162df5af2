"""MLflow: a run for each seed, below one of its block, in an experiment of the suite's name.

Where they go is MLflow's own affair: MLFLOW_TRACKING_URI, or what it takes where that is not set.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.running.watchers.base import NoWatcher, Row

LONGEST = 500  # letters of a parameter, which every store takes
MOST = 100  # parameters of one call
ENDED = {"done": "FINISHED", "interrupted": "KILLED"}  # all else: FAILED


class Mlflow:
    """Runs are made by a client, which touches no run that a user's own program has open."""

    @classmethod
    def where(cls, root: Path) -> str:
        return f"experiment {root.name} of MLflow at {_mlflow().get_tracking_uri()}"

    def __init__(self, root: Path) -> None:
        self.client: Any = _mlflow().MlflowClient()
        self.parent = ""
        self.runs: dict[int, str] = {}  # by seeds

    def begin(self, suite: str, cell: tuple[str, str], seeds: Sequence[int], config: Mapping[str, Any]) -> None:
        known = self.client.get_experiment_by_name(suite)
        at = known.experiment_id if known else self.client.create_experiment(suite)
        name = " / ".join(cell)
        self.parent = self.client.create_run(at, run_name=f"{name} · {len(seeds)} seeds").info.run_id
        told = dict(_flat(config))
        self._tell(self.parent, told)
        for seed in seeds:
            tags = {"mlflow.parentRunId": self.parent, "cell": name}
            self.runs[seed] = self.client.create_run(at, run_name=f"{name} · seed {seed}", tags=tags).info.run_id
            self._tell(self.runs[seed], {**told, "seed": str(seed)})

    def scores(self, step: int, rows: Sequence[Row]) -> None:
        from mlflow.entities import Metric

        now = int(1000 * time.time())
        for seed, run in self.runs.items():
            if mine := [Metric(column, value, now, step) for of, column, value in rows if of == seed]:
                self.client.log_batch(run, metrics=mine)

    def end(self, status: str) -> None:
        for run in (*self.runs.values(), self.parent):
            self.client.set_tag(run, "status", status)
            self.client.set_terminated(run, ENDED.get(status, "FAILED"))

    def _tell(self, run: str, told: Mapping[str, str]) -> None:
        from mlflow.entities import Param

        params = [Param(name, value) for name, value in told.items()]
        for k in range(0, len(params), MOST):
            self.client.log_batch(run, params=params[k : k + MOST])


def _flat(config: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """`train.batch` -> `256`; lists as JSON."""
    for name, value in config.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{name}.")
        else:
            written = value if isinstance(value, str) else json.dumps(value, default=str)
            yield f"{above}{name}", written[:LONGEST]


def _mlflow() -> Any:
    """Raises NoWatcher."""
    try:
        import mlflow
    except ImportError as error:
        raise NoWatcher(
            f"the watcher 'mlflow' needs MLflow ({error}): pip install 'gan-diffusion-bench[mlflow]'"
        ) from None
    return mlflow
