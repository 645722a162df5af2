"""Post-hoc averaging of weights: from snapshots of two averages any other width is put together afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import torch
from torch import Tensor

from bench.plugins.ranges import Count, Range
from bench.stabilizers.power_ema import PowerEMA
from bench.training.game import Game, Params
from bench.training.hooks import Stabilizer, StepContext

KEPT = (0.05, 0.1)  # σ_rel of the two averages


@dataclass(frozen=True)
class PosthocEMA(Stabilizer):
    """The power average of width `sigma_rel`, by least squares from the averages of widths .05 and .1 and their snapshots.

    The profile of an average at step T is p(k) = (γ+1) k^γ/T^(γ+1) on [0, T] (see `power_ema`). The shares of the snapshots
    are those whose sum of profiles is nearest to the profile asked for, scaled to sum to 1. A snapshot of both is taken every
    `every` steps, the last `snapshots` of them are kept, and the averages of the step at hand count as one more.
    Training is the same for all widths: a list `sigma_rel=[0.05, 0.15]` differs in what is evaluated alone.
    Source: Karras et al. 2024 (EDM2), algorithm 3 and eqs. 121 and 151, whose averages are .05 and .1 too.
    """

    sigma_rel: Annotated[float, Range(above=0, below=12**-0.5)] = 0.15
    every: Count = 500
    snapshots: Annotated[int, Range(1, 64)] = 16

    replaces: ClassVar[frozenset[str]] = frozenset({"weights that are evaluated"})

    def __post_init__(self) -> None:
        if not 0 < self.sigma_rel < 12**-0.5:
            raise ValueError(f"sigma_rel={self.sigma_rel}: the profile's width lies between 0 and .288")

    @property
    def averages(self) -> tuple[PowerEMA, PowerEMA]:
        return PowerEMA(KEPT[0]), PowerEMA(KEPT[1])

    def init_memory(self, game: Game, params: Params) -> Any:
        one = next(iter(params.values()))
        return {
            "now": [{p: theta.clone() for p, theta in params.items()} for _ in KEPT],
            "then": [{p: theta.expand(self.snapshots, -1).clone() for p, theta in params.items()} for _ in KEPT],
            "when": one.new_zeros(self.snapshots),  # steps; 0: none yet
        }

    def update_memory(self, memory: Any, params: Params, at: StepContext) -> Any:
        done = at.step + 1
        now = [part.update_memory(held, params, at) for part, held in zip(self.averages, memory["now"], strict=True)]
        place = torch.arange(self.snapshots, device=at.step.device) == (done // self.every - 1) % self.snapshots
        here = place & (done % self.every == 0)
        then = [
            {p: torch.where(here[:, None], new[p], old[p]) for p in new}
            for new, old in zip(now, memory["then"], strict=True)
        ]
        return {"now": now, "then": then, "when": torch.where(here, done, memory["when"])}

    def eval_params(self, params: Params, at: StepContext) -> Params:
        memory = at.memory
        ends = torch.cat([memory["when"].double(), at.step.double().reshape(1)])  # [K + 1]
        shares = self.shares(ends, at.step.double())
        found = {}
        for p in params:
            held = torch.cat(
                [torch.cat([then[p], now[p][None]]) for then, now in zip(memory["then"], memory["now"], strict=True)]
            )
            found[p] = torch.where(at.step > 0, shares.to(held.dtype) @ held, params[p])
        return found

    def shares(self, ends: Tensor, step: Tensor) -> Tensor:
        """Of snapshots of both averages at steps `ends` [n] (0: none), for the profile at a step []: [2n], float64."""
        gammas = torch.cat([torch.full_like(ends, part.gamma) for part in self.averages])
        times = torch.cat([ends, ends])
        there = times > 0
        wanted = torch.full_like(step, PowerEMA(self.sigma_rel).gamma).reshape(1)
        step = step.clamp(min=1).reshape(1)
        safe = torch.where(there, times, 1.0)
        between = inner(safe[:, None], gammas[:, None], safe[None], gammas[None])
        both = there[:, None] & there[None]
        # the step at hand may be a snapshot's own: equal rows, of which a trace more on the diagonal shares out the weight
        matrix = torch.where(both, between, 0.0) + torch.diag(torch.where(there, 1e-12 * between.diagonal(), 1.0))
        toward = torch.where(there, inner(safe, gammas, step, wanted), 0.0)
        found: Tensor = torch.linalg.solve_ex(matrix, toward[:, None])[0][:, 0]
        total = found.sum()
        return found / torch.where(total == 0, 1.0, total)


def inner(a: Tensor, gamma: Tensor, b: Tensor, other: Tensor) -> Tensor:
    """∫ p q of profiles of exponents γ and γ' that end at a and b: (γ+1)(γ'+1)/(γ+γ'+1) · m^(γ+γ'+1)/(a^(γ+1) b^(γ'+1)),

    m the earlier of both ends. Source: Karras et al. 2024, eq. 151.
    """
    least = torch.minimum(a, b)
    found: Tensor = (
        (gamma + 1) * (other + 1) / (gamma + other + 1) * (least / a) ** (gamma + 1) * (least / b) ** other / b
    )
    return found
