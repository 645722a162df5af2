"""What tests of models start from: a small size, one seed's noise, and a game with its first weights."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from bench.data.base import Data
from bench.training.game import Batch, Game
from bench.training.rng import NoiseTape, Rng
from tests.laws.cases import points

SMALL: dict[str, Any] = {"width": 16, "depth": 2, "latent": 4}


def rng(dtype: torch.dtype = torch.float64) -> Rng:
    return Rng(NoiseTape([0], torch.device("cpu"), dtype), 0, 0, "test", taped=False)


def built(game: Game, data: Data | None = None) -> tuple[Game, dict[str, Tensor], Batch]:
    data = data or points()
    made = game.build(data)
    params = {p: made.init(p, 0).double() for p in made.players}
    return made, params, Batch(data.x[:8].double(), data.labels[:8] if data.labels is not None else ())
