"""Particle regression: samples take a step up the critic, and the generator learns where they went."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from torch import Tensor
from torch.func import grad

from bench.models.monoflow import MonoFlow
from bench.plugins.ranges import Positive, Repeats
from bench.training.game import Game, Params
from bench.training.hooks import Stabilizer, StepContext
from bench.training.loss_inputs import AdversarialInputs
from bench.training.update_rules import Alternating, UpdateRule


@dataclass(frozen=True)
class ParticleRegression(Stabilizer):
    """loss_G = mean ‖g_θ(z) - [x + size · ∇h(D(x))]‖² with x = g_θ₀(z), in `steps` moves of G for one of D.

    θ₀ are the generator's weights before its moves and [·] is held fixed. The first move has the gradient of
    -2 size E h(D(g(z))), so `steps=1` is monoflow itself up to that factor; each move draws its own z.
    Source: Yi et al. 2023 (MonoFlow); the defaults are ours.
    """

    steps: Repeats = 5
    size: Positive = 1.0

    inputs_type: ClassVar[type] = AdversarialInputs
    replaces: ClassVar[frozenset[str]] = frozenset({"rule", "loss:G"})

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise ValueError(f"steps={self.steps} must be at least 1")

    def refuses(self, game: Game) -> str | None:
        return None if isinstance(game, MonoFlow) else f"it belongs to monoflow, not to {type(game).__name__.lower()}"

    def rule(self, rule: UpdateRule) -> UpdateRule:
        return Alternating({"G": self.steps})

    def init_memory(self, game: Game, params: Params) -> Tensor:
        return params["G"].clone()

    def loss(self, loss: Tensor, inputs: AdversarialInputs, at: StepContext) -> Tensor:
        if at.player != "G":
            return loss
        game = at.game
        assert isinstance(game, MonoFlow), "refuses(game) first"
        before = replace(at, memory=at.all_memory)
        params = at.engine.stack.params_in_loss(at.params | {"G": at.memory}, before)
        x = game.loss_inputs("G", params, at.batch, at.rng.fork("unused")).generate(inputs.z)
        target = x + self.size * grad(lambda x: game.value(inputs.critic(x)).sum())(x)
        gaps = inputs.generate(inputs.z) - target  # the target holds no weight that is trained here: nothing to detach
        regression: Tensor = gaps.square().flatten(1).sum(1).mean()
        return regression

    def update_memory(self, memory: Tensor, params: Params, at: StepContext) -> Tensor:
        return params["G"]
