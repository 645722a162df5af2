"""`train: {keep: best}`: beside the last weights those of every seed's best evaluation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor
from torch.utils._pytree import tree_map

from bench.evaluation.evaluator import Evaluator
from bench.evaluation.outcomes import quality_column
from bench.training.loop import History

KEPT = "best"


def judge_of(evaluator: Evaluator) -> tuple[str, bool] | None:
    """The column that says which evaluation is best, and whether more is better: that of quality, else the first that has
    a better end (a two-sided one has none); None where there is none."""
    known = {name: how for name, how in evaluator.describe().items() if not how["two_sided"]}
    name = quality_column(known) or next(iter(known), None)
    return None if name is None else (name, bool(known[name]["higher_is_better"]))


class BestWeights:
    """Looks at a history after every evaluation and takes the weights of the seeds that were never better.

    A seed that no evaluation could judge has `at` -1 and the weights of the first one. They lie in `History.kept[KEPT]`, which
    checkpoints hold: a run that was interrupted keeps what an undisturbed one keeps.
    """

    def __init__(self, column: str, higher_is_better: bool) -> None:
        self.column, self.sign = column, 1.0 if higher_is_better else -1.0

    def __call__(self, history: History, _: Tensor) -> None:
        state, kept = history.state, history.kept.setdefault(KEPT, {})
        last = max((row.step for row in history.scores), default=0)
        read = {row.seed: row.value for row in history.scores if row.step == last and row.name == self.column}
        value = _tensor((read.get(seed) for seed in history.seeds), state.alive)
        if not kept:
            kept |= {"value": torch.full_like(value, torch.nan), "at": torch.full_like(state.died_at, -1)}
            kept |= {"params": state.params, "memory": state.memory}
        before = kept["value"]
        better = value.isfinite() & (before.isnan() | (self.sign * value > self.sign * before))

        def pick(new: Any, old: Any) -> Any:
            if not isinstance(new, Tensor):
                return new
            return torch.where(better.reshape(-1, *[1] * (new.ndim - 1)), new, old)

        for name, new in (("params", state.params), ("memory", state.memory)):
            kept[name] = tree_map(pick, new, kept[name])
        kept["value"], kept["at"] = pick(value, before), pick(torch.full_like(kept["at"], last), kept["at"])


def _tensor(values: Iterable[float | None], like: Tensor) -> Tensor:
    held = [torch.nan if value is None else value for value in values]
    return torch.tensor(held, dtype=torch.float64, device=like.device)
