"""What models share that learn to leap along a path of noise: few network evaluations lead from noise to data."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from types import UnionType
from typing import ClassVar, Literal

import torch
from torch import Tensor

from bench.architectures.base import Architecture, architecture
from bench.architectures.mlp import FREQUENCIES
from bench.data.base import Data, GaussianMixture
from bench.models.oracle import posterior_means
from bench.plugins.ranges import Repeats, Whole
from bench.training.flow_map_inputs import FlowMapInputs, TangentInputs
from bench.training.game import Game
from bench.training.nets import Net

TOLD = 1 + 2 * FREQUENCIES  # numbers by which a network is told a second time (`embed` in architectures/mlp.py)


def along(fn: Callable[[Tensor, Tensor], Tensor], x: Tensor, t: Tensor, speed: Tensor) -> tuple[Tensor, Tensor]:
    """fn(x, t) [B, *D], and its derivative [B, *D] where x [B, *D] moves at a speed and t [B] at 1."""
    value, derivative, *_ = torch.func.jvp(fn, (x, t), (speed, torch.ones_like(t)))
    return value, derivative


@dataclass(frozen=True, kw_only=True)
class FlowMap(Game):
    """A one-player game: a network goes a long way along a path of noise x_t = α x0 + σ ε at once.

    `sample_steps` is the number of network evaluations a sample. The slope of a path at x_t is α'·x0 + σ'·ε: with
    `teacher=pairs` of the pair that x_t was mixed from, which is right on average (the papers call it training), with
    `teacher=law` of E[x0|x_t] and E[ε|x_t] by the data's exact law, a mixture of Gaussians (distillation of a denoiser that
    can't be improved).
    """

    players: ClassVar[tuple[str, ...]] = ("net",)
    Inputs: ClassVar[type | UnionType] = FlowMapInputs
    two_times: ClassVar[bool] = False  # whether the network is told a second time, or a length of step

    arch: str | Architecture = "auto"
    width: Whole = 0
    depth: Whole = 0
    sample_steps: Repeats = 1
    teacher: Literal["pairs", "law"] = "pairs"

    def make_nets(self, data: Data) -> dict[str, Net]:
        if self.teacher == "law" and not isinstance(data.law, GaussianMixture):
            raise ValueError("teacher=law needs data whose law is a mixture of Gaussians; of this one it is not known")
        chosen = architecture(self.arch, data.shape, "unet", self.width, self.depth)
        return {"net": Net(chosen.denoiser, shape=data.shape, latent=TOLD * self.two_times)}

    def ends(self, x_t: Tensor, x0: Tensor, noise: Tensor, alpha: Tensor, sigma: Tensor) -> tuple[Tensor, Tensor]:
        """The clean sample and the noise [B, *D] by which the teacher tells the path's slope at x_t; α and σ are [B]."""
        if self.teacher == "pairs":
            return x0, noise
        assert self.data is not None, "build(data) first"
        assert isinstance(self.data.law, GaussianMixture), "make_nets(data) first"
        return posterior_means(self.data.law, x_t, alpha, sigma)

    @property
    def nfe(self) -> int:
        return self.sample_steps


@dataclass(frozen=True, kw_only=True)
class Tangent(FlowMap):
    """A flow map that is learned by tangents, without steps between two levels."""

    Inputs: ClassVar[type | UnionType] = TangentInputs

    def make_nets(self, data: Data) -> dict[str, Net]:
        with warnings.catch_warnings():  # with its first forward derivative torch loads rules, and warns of it
            warnings.simplefilter("ignore", FutureWarning)
            along(lambda x, t: x, *(torch.zeros(1) for _ in range(3)))
        return super().make_nets(data)
