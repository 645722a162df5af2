"""What an engine refuses: labels that the data do not have, and losses that are no number."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest
import torch
from torch import Tensor

from bench.models.ddgan import DDGAN
from bench.models.ddpm import DDPM
from bench.models.gan import GAN
from bench.plugins import reason
from bench.training.engine import Engine
from bench.training.game import Game
from bench.training.hooks import Stabilizer, StepContext
from tests.laws.cases import BATCH, points

SMALL: dict[str, Any] = {"width": 8, "depth": 1, "conditional": True}


@pytest.mark.parametrize("game", [GAN(**SMALL), DDGAN(**SMALL), DDPM(**SMALL)], ids=["gan", "ddgan", "ddpm"])
def test_labels_that_are_not_there_can_not_be_told(game: Game) -> None:
    assert Engine(game, points(), [0], batch=BATCH).game.nets
    bare = replace(points(), labels=None, held_out_labels=None, classes=0)
    with pytest.raises(ValueError, match="conditional=True needs a data set with labels; this one has none"):
        Engine(game, bare, [0], batch=BATCH)


@dataclass(frozen=True, kw_only=True)
class Doubled(Stabilizer):
    """A loss of two numbers."""

    def loss(self, loss: Tensor, inputs: Any, at: StepContext) -> Tensor:
        return torch.stack([loss, loss])


@pytest.mark.parametrize("mapping", ["vmap", "loop"])
def test_a_loss_is_one_number(mapping: str) -> None:
    machine = Engine(GAN(width=8, depth=1), points(), [0, 1], (Doubled(),), batch=BATCH, mapping=mapping)
    with pytest.raises(ValueError, match=r"the loss of D is \[2\]: it has to be one number a seed"):
        machine.step(machine.init_state())


def test_what_an_error_says_can_be_written_into_any_file() -> None:
    said = reason(ValueError("\ud83d bad"))
    assert said == "ValueError: \\ud83d bad"
    assert said.encode()
