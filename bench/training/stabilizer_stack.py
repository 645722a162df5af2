"""Stabilizers side by side."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from typing import Any

from torch import Tensor

from bench.data.base import Data
from bench.training.game import Game, Params
from bench.training.hooks import Stabilizer, StepContext, hooks_of
from bench.training.loss_inputs import AnchoredInputs
from bench.training.nets import Net
from bench.training.optimizers import Optimizer
from bench.training.state import Tree
from bench.training.update_rules import UpdateRule

NOISE = {  # the names of a hook's noise where they are not the hook's own: another name would be another number everywhere
    "params_in_loss": "weights",
    "loss_inputs": "scene",
    "collect": "observe",
    "project_params": "project",
    "params_after_step": "settle",
    "update_memory": "remember",
    "eval_params": "serve",
}


class Stack(Stabilizer):
    """Stabilizers side by side are a stabilizer: hooks compose from left to right, each part has its own memory and noise."""

    def __init__(self, *parts: Stabilizer) -> None:
        self.parts = parts
        self.altered = [hooks_of(type(part)) for part in parts]
        self.inputs_order = sorted(enumerate(parts), key=lambda one: (one[1].packs, one[1].ranks))
        self.raw_first = sorted(range(len(parts)), key=lambda k: not parts[k].raw)
        names = [type(part).__name__ for part in parts]
        self.names = [f"{name}{names[:k].count(name) or ''}" for k, name in enumerate(names)]

    def uses(self, hook: str) -> bool:
        """Whether any part alters the hook (the engine skips a hook that none alters)."""
        return any(
            part.uses(hook) if isinstance(part, Stack) else hook in altered
            for part, altered in zip(self.parts, self.altered, strict=True)
        )

    def _within(self, k: int, at: StepContext, hook: str) -> StepContext:
        return replace(at, memory=at.memory[k], rng=at.rng.fork(f"{self.names[k]}.{NOISE.get(hook, hook)}"))

    def _fold(self, hook: str, value: Any, at: StepContext) -> Any:
        for k, part in enumerate(self.parts):
            if hook in self.altered[k]:
                value = getattr(part, hook)(value, self._within(k, at, hook))
        return value

    def data(self, data: Data) -> Data:
        return reduce(lambda d, part: part.data(d), self.parts, data)

    def nets(self, nets: dict[str, Net], game: Game) -> dict[str, Net]:
        return reduce(lambda n, part: part.nets(n, game), self.parts, nets)

    def rule(self, rule: UpdateRule) -> UpdateRule:
        # what puts its own rule in the place of another comes before what wraps the rule, wherever they stand
        parts = sorted(self.parts, key=lambda part: "rule" not in part.replaces)
        return reduce(lambda r, part: part.rule(r), parts, rule)

    def optimizer(self, transform: Optimizer, player: str) -> Optimizer:
        return reduce(lambda t, part: part.optimizer(t, player), self.parts, transform)

    def learning_rate(self, step: Tensor, player: str) -> Tensor:
        parts = [part for part, altered in zip(self.parts, self.altered, strict=True) if "learning_rate" in altered]
        return reduce(lambda r, part: r * part.learning_rate(step, player), parts, super().learning_rate(step, player))

    @property
    def lazy(self) -> bool:
        return any(part.lazy for part in self.parts)

    def init_memory(self, game: Game, params: Params) -> Tree:
        return tuple(part.init_memory(game, params) for part in self.parts)

    def params_in_loss(self, params: Params, at: StepContext) -> Params:
        for k in self.raw_first:
            if "params_in_loss" in self.altered[k]:
                params = self.parts[k].params_in_loss(params, self._within(k, at, "params_in_loss"))
        return params

    def loss_inputs(self, inputs: Any, at: StepContext) -> Any:
        if isinstance(inputs, AnchoredInputs) and self.uses("loss_inputs"):
            # anchors are shown as the critic's fakes are, with noise of their own
            scene = replace(at, player="D", rng=at.rng.fork("anchors"))
            inputs = inputs.beside(self._altered(replace(inputs, fake=inputs.anchors), scene).fake)
        return self._altered(inputs, at)

    def _altered(self, inputs: Any, at: StepContext) -> Any:
        for k, part in self.inputs_order:
            if "loss_inputs" in self.altered[k] and isinstance(inputs, part.inputs_type):
                inputs = part.loss_inputs(inputs, self._within(k, at, "loss_inputs"))
        return inputs

    def loss(self, loss: Tensor, inputs: Any, at: StepContext) -> Tensor:
        mine = f"loss:{at.player}"  # what replaces it comes before what adds to it, wherever they stand
        for k in sorted(range(len(self.parts)), key=lambda k: mine not in self.parts[k].replaces):
            part = self.parts[k]
            if "loss" in self.altered[k] and isinstance(inputs, part.inputs_type):
                loss = part.loss(loss, inputs, self._within(k, at, "loss"))
        return loss

    def collect(self, inputs: Any, at: StepContext) -> Tree:
        return tuple(
            part.collect(inputs, self._within(k, at, "collect")) if isinstance(inputs, part.inputs_type) else ()
            for k, part in enumerate(self.parts)
        )

    def project_params(self, params: Params, at: StepContext) -> Params:
        return self._fold("project_params", params, at)  # type: ignore[no-any-return]

    def params_after_step(self, params: Params, at: StepContext) -> Params:
        return self._fold("params_after_step", params, at)  # type: ignore[no-any-return]

    def update_memory(self, memory: Tree, params: Params, at: StepContext) -> Tree:
        return tuple(
            part.update_memory(
                memory[k],
                params,
                replace(
                    self._within(k, replace(at, memory=memory), "update_memory"),
                    collected={p: s[k] for p, s in at.collected.items()},
                ),
            )
            for k, part in enumerate(self.parts)
        )

    def eval_params(self, params: Params, at: StepContext) -> Params:
        return self._fold("eval_params", params, at)  # type: ignore[no-any-return]

    def refuses_data(self, data: Data) -> str | None:
        return next((why for part in self.parts if (why := part.refuses_data(data))), None)

    def refuses(self, game: Game) -> str | None:
        return next((why for part in self.parts if (why := part.refuses(game))), None)

    def refuses_batch(self, batch: int) -> str | None:
        return next((why for part in self.parts if (why := part.refuses_batch(batch))), None)

    def batch(self, batch: int) -> int:
        return reduce(lambda n, part: part.batch(n), self.parts, batch)

    def nfe(self, evaluations: int) -> int:
        return reduce(lambda n, part: part.nfe(n), self.parts, evaluations)
