"""A model is an n-player differentiable game. Everything here is written for one seed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import UnionType
from typing import Any, ClassVar, Literal, NamedTuple, Self, get_args

from torch import Tensor

from bench.data.base import Data
from bench.hashing.noise_keys import key_of
from bench.plugins.ranges import Decay, Positive
from bench.training import optimizers
from bench.training.nets import Net
from bench.training.optimizers import Optimizer
from bench.training.rng import Rng

Params = dict[str, Tensor]  # player -> theta [P]


class Batch(NamedTuple):
    """What one training step sees of the data. `y` is () where the data set has no labels."""

    x: Tensor  # [B, *D]
    y: Tensor | tuple[()] = ()  # [B] int64


@dataclass(frozen=True, kw_only=True)
class Game(ABC):
    """A word under `methods:`; its fields are the suite's options. Subclass it, one file each, named as the file.

    `build(data)` gives the game its networks. With player p's weights theta_p, p descends the gradient of
    `objective(p, loss_inputs(p, params, batch, rng))` with respect to theta_p alone.

    Points reach it normalised (data/_normalised.py), unless it says that it does not want that: options that have a size
    (noise, penalties of slopes, a likelihood's scale) are in units of the data's standard deviation, here and in stabilizers.
    """

    players: ClassVar[tuple[str, ...]]
    Inputs: ClassVar[
        type | UnionType
    ]  # what its losses see; where that differs between players, all of it: AdversarialInputs | VAEInputs

    normalises: ClassVar[bool] = True  # points are trained on at mean 0 and standard deviation 1; False: as they are

    lr: Positive = 1e-3
    betas: tuple[Decay, Decay] = (0.9, 0.999)
    optimizer: Literal["adam", "adamw", "muon", "sgd", "rmsprop"] = "adam"
    nets: Mapping[str, Net] = field(default_factory=dict, metadata={"hidden": True})
    data: Data | None = field(default=None, repr=False, metadata={"hidden": True})

    @abstractmethod
    def make_nets(self, data: Data) -> dict[str, Net]:
        """The networks for samples of this data set, by name; a player's weights are those of the net of its name."""

    @abstractmethod
    def loss_inputs(self, player: str, params: Params, batch: Batch, rng: Rng) -> Any:
        """Draw what `player`'s loss needs. Noise comes from `rng` in the same order for every player."""

    @abstractmethod
    def objective(self, player: str, inputs: Any) -> Tensor:
        """The scalar that `player` minimises, before any stabilizer altered it."""

    @abstractmethod
    def sample(self, params: Params, n: int, rng: Rng) -> Tensor:
        """n samples [n, *D], in the space that training saw."""

    @property
    def nfe(self) -> int:
        """Network evaluations per sample."""
        return 1

    @property
    def drafts(self) -> int:
        """How many of them are of another network than the one that is evaluated again and again."""
        return 0

    @property
    def paired(self) -> bool:
        """Whether sample i is shown beside row i of something else (its label, a noisier sample): not to be re-ordered."""
        return False

    def build(self, data: Data) -> Self:
        return replace(self, nets=self.make_nets(data), data=data)

    @classmethod
    def plays(cls, inputs: type) -> bool:
        """Whether any player's loss sees inputs of a type."""
        return any(issubclass(one, inputs) for one in get_args(cls.Inputs) or (cls.Inputs,))

    def init(self, player: str, seed: int) -> Tensor:
        """Fresh weights theta [P] of one player."""
        return self.nets[player].init(key_of("init", seed, player) % 2**63)

    def make_optimizer(self, player: str) -> Optimizer:
        """The optimizer of one player, before any stabilizer altered it."""
        return optimizers.of_word(self.optimizer, self.lr, self.betas, self.nets[player])

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape *D of one sample."""
        assert self.data is not None, "build(data) first"
        return self.data.shape

    @staticmethod
    def told(data: Data, conditional: bool) -> int:
        """How many classes networks are told: 0 where they are told none. Raises ValueError where there are none to tell."""
        if conditional and (data.labels is None or not data.classes):
            raise ValueError("conditional=True needs a data set with labels; this one has none")
        return data.classes if conditional else 0

    @property
    def classes(self) -> int:
        """How many labels the data set has."""
        assert self.data is not None, "build(data) first"
        return self.data.classes
