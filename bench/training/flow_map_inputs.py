"""Inputs of losses by which a network learns long steps: what it says, and what it is asked for, which it says itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from torch import Tensor


class Lesson(NamedTuple):
    """What a network says at a batch, and what it should."""

    guess: Tensor  # [B, *D]
    target: Tensor  # [B, *D], held fixed
    weight: Tensor  # [B], of the error of a sample


class Slope(NamedTuple):
    """What a network says at a batch, and where that should move: pull + bend, both held fixed."""

    guess: Tensor  # [B, *D]
    pull: Tensor  # [B, *D], the part that asks for no derivative of the network
    bend: Tensor  # [B, *D], the part that has one, by a Jacobian-vector product


@dataclass(frozen=True)
class FlowMapInputs:
    """A network that takes long steps along a path of noise.

    What was drawn beside data and noise (levels, step sizes) is inside `teach`.
    """

    x0: Tensor  # [B, *D]
    noise: Tensor  # [B, *D]
    teach: Callable[[Tensor, Tensor], Lesson]  # x0, noise -> what is learned from them

    @cached_property
    def lesson(self) -> Lesson:
        return self.teach(self.x0, self.noise)

    @property
    def error(self) -> Tensor:
        """guess - target [B, *D]."""
        return self.lesson.guess - self.lesson.target


@dataclass(frozen=True)
class TangentInputs:
    """A network whose every guess is asked to move along a tangent: guess → sg[guess + limit(pull + ramp · bend)]."""

    x0: Tensor  # [B, *D]
    noise: Tensor  # [B, *D]
    teach: Callable[[Tensor, Tensor], Slope]  # x0, noise -> what is learned from them
    ramp: Tensor | float = 1.0  # how much of the bend counts
    limit: Callable[[Tensor], Tensor] = lambda tangent: tangent  # tangent [B, *D] -> [B, *D]

    @cached_property
    def slope(self) -> Slope:
        return self.teach(self.x0, self.noise)

    @cached_property
    def tangent(self) -> Tensor:
        """Where the guess should move [B, *D]; no gradient flows through it."""
        return self.limit(self.slope.pull + self.ramp * self.slope.bend).detach()

    @property
    def error(self) -> Tensor:
        """guess - sg[guess + tangent] [B, *D]: its value is -tangent, its gradient that of the guess."""
        return self.slope.guess - (self.slope.guess.detach() + self.tangent)
