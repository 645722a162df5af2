"""How large the players' weights are and how far they have gone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from bench.probes.base import Probe
from bench.training.engine import Engine
from bench.training.state import State


@dataclass(frozen=True, kw_only=True)
class Weights(Probe):
    """weight_norm_<p>: ‖θ_p‖₂.   weight_way_<p>: ‖θ_p - initial θ_p‖₂.   weight_largest_<p>: the largest |weight|."""

    columns: ClassVar[tuple[str, ...] | None] = (
        "weight_norm_<player>",
        "weight_way_<player>",
        "weight_largest_<player>",
    )
    price: ClassVar[float | None] = 0.5

    every: int = 100

    def measure(self, engine: Engine, state: State) -> dict[str, Tensor]:
        start, found = engine.init_state().params, {}
        for p, theta in state.params.items():
            found[f"weight_norm_{p}"] = torch.linalg.vector_norm(theta, dim=1)
            found[f"weight_way_{p}"] = torch.linalg.vector_norm(theta - start[p], dim=1)
            found[f"weight_largest_{p}"] = theta.abs().amax(1)
        return found
