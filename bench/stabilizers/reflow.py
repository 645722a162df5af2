"""Reflow: a flow is trained again on the pairs of noise and sample that it makes itself, which straightens its paths."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from bench.models.flow import Flow
from bench.plugins.ranges import Count, Samples
from bench.stabilizers.offset_noise import OffsetNoise
from bench.training.game import Game, Params
from bench.training.hooks import Stabilizer, StepContext
from bench.training.loss_inputs import DenoisingInputs


@dataclass(frozen=True)
class Reflow(Stabilizer):
    """At steps every, 2·every, … (`rounds` of them) the flow carries `pairs` draws of noise to samples, and learns those.

    Until then noise and data meet by chance, and the model is the first rectified flow; after round k it learns the
    (k + 1)-th. The pairs are made through the model's own sampler by the weights that would be evaluated at
    that step (an average, where there is one: as it was before the step), and kept: all weights are trained on, none start
    anew. The data set itself is not seen again.
    Making pairs takes place at the end of those steps alone, by an ordinary `if` on the step that all seeds share.
    Source: Liu et al. 2023, algorithm 1 (reflow).
    """

    every: Count = 500
    rounds: Count = 1
    pairs: Samples = 4096

    inputs_type: ClassVar[type] = DenoisingInputs
    replaces: ClassVar[frozenset[str]] = frozenset({"pairs of noise and data"})

    def __post_init__(self) -> None:
        if min(self.every, self.rounds, self.pairs) < 1:
            raise ValueError("reflow needs every, rounds and pairs of at least 1")

    def refuses(self, game: Game) -> str | None:
        if not isinstance(game, Flow):
            return f"it straightens the paths of flow, and {type(game).__name__.lower()} is none"
        return "its pairs have no labels: leave conditional=True out" if game.conditional else None

    def refuses_beside(self, other: Stabilizer) -> str | None:
        return (
            "its pairs are of the noise that made them, which the other shifts"
            if isinstance(other, OffsetNoise)
            else None
        )

    def init_memory(self, game: Game, params: Params) -> dict[str, Tensor]:
        empty = params["net"].new_zeros(self.pairs, *game.shape)
        return {"noise": empty, "x0": empty.clone()}

    def loss_inputs(self, inputs: DenoisingInputs, at: StepContext) -> DenoisingInputs:
        rows = at.rng.integers(self.pairs, len(inputs.x0))
        ready = at.step >= self.every
        return replace(
            inputs,
            x0=torch.where(ready, at.memory["x0"][rows], inputs.x0),
            noise=torch.where(ready, at.memory["noise"][rows], inputs.noise),
        )

    def update_memory(self, memory: dict[str, Tensor], params: Params, at: StepContext) -> dict[str, Tensor]:
        if not at.rng.decides(lambda step: (step + 1) % self.every == 0 and step < self.rounds * self.every):
            return memory
        game = at.game
        assert isinstance(game, Flow), "refuses(game) first"
        noise = at.rng.normal(self.pairs, *game.shape)
        stack, here = at.engine.stack, replace(at, memory=at.all_memory)
        served = stack.params_in_loss(stack.eval_params(params, here), here)
        return {"noise": noise, "x0": game.walker.walk(game.look(served), noise, game.steps(), at.rng)}
