"""Particle regression: samples take a step up the critic, and the generator learns where they went."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from torch import Tensor
from torch.func import grad

from bench.models.monoflow import MonoFlow
from bench.training.game import Game, Params
from bench.training.hooks import Moment, Stabilizer
from bench.training.rules import Alternating, Rule
from bench.training.scenes import Duel


@dataclass(frozen=True)
class ParticleRegression(Stabilizer):
    """loss_G = mean ‖g_θ(z) - [x + size · ∇h(D(x))]‖² with x = g_θ₀(z), in `steps` moves of G for one of D.

    θ₀ are the generator's weights before its moves and [·] is held fixed. The first move has the gradient of
    -2 size E h(D(g(z))), so `steps=1` is monoflow itself up to that factor; each move draws its own z.
    Source: Yi et al. 2023 (MonoFlow); the defaults are ours.
    """

    steps: int = 5
    size: float = 1.0

    scene_type: ClassVar[type] = Duel
    replaces: ClassVar[frozenset[str]] = frozenset({"rule", "loss:G"})

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise ValueError(f"steps={self.steps} must be at least 1")

    def refuses(self, game: Game) -> str | None:
        return None if isinstance(game, MonoFlow) else f"it belongs to monoflow, not to {type(game).__name__.lower()}"

    def rule(self, rule: Rule) -> Rule:
        return Alternating({"G": self.steps})

    def begin(self, game: Game, params: Params) -> Tensor:
        return params["G"].clone()

    def loss(self, loss: Tensor, scene: Duel, at: Moment) -> Tensor:
        if at.player != "G":
            return loss
        game = at.game
        assert isinstance(game, MonoFlow), "refuses(game) first"
        before = replace(at, memory=at.everyone)
        params = at.engine.stack.weights(at.params | {"G": at.memory}, before)
        x = game.scene("G", params, at.batch, at.rng.fork("unused")).generate(scene.z)
        target = x + self.size * grad(lambda x: game.value(scene.critic(x)).sum())(x)
        gaps = scene.generate(scene.z) - target  # the target holds no weight that is trained here: nothing to detach
        regression: Tensor = gaps.square().flatten(1).sum(1).mean()
        return regression

    def remember(self, memory: Tensor, params: Params, at: Moment) -> Tensor:
        return params["G"]
