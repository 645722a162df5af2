"""What the laws are tried on: data small enough to train in milliseconds, and plugins of a small size on them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch.utils import _pytree as pytree

from bench.data.base import Data, GaussianMixture
from bench.plugins import find, options, words
from bench.probes.base import Probe
from bench.training.engine import Engine
from bench.training.game import Game
from bench.training.hooks import Stabilizer
from bench.training.state import State

Case = tuple[Game, Data, tuple[Stabilizer, ...]]  # a method on a data set
SMALL = {"width": 16, "depth": 2, "latent": 4, "sample_steps": 5}
BATCH = 16
QUICK = {"competitive": {"iterations": 2}}


def points() -> Data:
    """Two classes of points with a known law, made anew each time: a broken part may write into them."""
    law = GaussianMixture(
        torch.tensor([[-1.0, 0.0], [1.0, 0.5]]), 0.05 * torch.eye(2).expand(2, 2, 2), torch.ones(2) / 2
    )
    x, labels = law.draw(512, np.random.default_rng(0))
    return Data(x, x[:128] + 0.01, labels, labels[:128], classes=2, modes=law, law=law)


def images() -> Data:
    """Two classes of 8 × 8 images, made anew each time."""
    generator = torch.Generator().manual_seed(1)
    labels = torch.randint(2, (256,), generator=generator)
    x = (0.3 * torch.randn(256, 1, 8, 8, generator=generator) + labels[:, None, None, None] - 0.5).clamp(-1, 1)
    return Data(x, x[:64].flip(0), labels, labels[:64], classes=2)


def trained() -> list[str]:
    """The models that are games: of what was trained elsewhere no law of training holds."""
    return [word for word in words("models") if issubclass(find("models", word), Game)]


def game(word: str, **more: Any) -> Game:
    """A model of a small size."""
    plugin = find("models", word)
    known = {o.name for o in options(plugin)}
    built: Game = plugin(**{k: v for k, v in SMALL.items() if k in known} | more)
    return built


def probe(word: str, **more: Any) -> Probe:
    """A probe that looks at few samples."""
    plugin = find("probes", word)
    few = {"n": 64} if "n" in {o.name for o in options(plugin)} else {}
    built: Probe = plugin(**few | more)
    return built


def stabilizer(word: str) -> Stabilizer:
    """A stabilizer with its defaults, or with what does the same in less time."""
    part: Stabilizer = find("stabilizers", word)(**QUICK.get(word, {}))
    return part


def host(word: str) -> tuple[Game, Data] | None:
    """The first model that a stabilizer fits (the plainest come first), and the data it is tried on."""
    part = stabilizer(word)
    for model in sorted(trained(), key=lambda m: (m not in ("gan", "ddpm", "flow", "vae"), m)):
        if part.refuses(game(model)) is None:
            for data in (points(), images()):
                try:
                    Engine(game(model), data, [0], [part], batch=BATCH)
                except ValueError:
                    continue
                return game(model), data
    return None


def method(category: str, word: str) -> Case | None:
    """A model bare, a stabilizer on its host, an architecture in a GAN; None where nothing fits it."""
    if category == "stabilizers":
        found = host(word)
        return (*found, (stabilizer(word),)) if found else None
    built = game(word) if category == "models" else game("gan", arch=word)
    for data in (points(), images()):
        try:
            Engine(built, data, [0], batch=BATCH)
        except ValueError:
            continue
        return built, data, ()
    return None


def engine(case: Case, seeds: list[int], **more: Any) -> Engine:
    built, data, parts = case
    return Engine(built, data, seeds, parts, batch=BATCH, **{"mapping": "vmap"} | more)


def run(machine: Engine, steps: int, state: State | None = None) -> State:
    state = state or machine.init_state()
    for _ in range(steps):
        state = machine.step(state)
    return state


def gap(a: State, b: State, lanes: tuple[list[int], list[int]] | None = None) -> float:
    """The largest difference of any weight; lanes pairs seeds of a with seeds of b."""
    left, right = lanes or (slice(None), slice(None))
    return max(float((a.params[p][left] - b.params[p][right]).abs().max()) for p in a.params)


def same(a: State, b: State, lanes: list[int] | None = None) -> bool:
    """Bit for bit, in weights, optimizers and memories; of some lanes."""
    pick = slice(None) if lanes is None else lanes
    flat = pytree.tree_leaves
    pairs = zip(flat([a.params, a.opt, a.memory]), flat([b.params, b.opt, b.memory]), strict=True)
    return all(torch.equal(x[pick], y[pick]) for x, y in pairs)


def bits_agree(one: State, other: State) -> bool:
    """Every tensor of two states, NaN at the same places."""
    pairs = zip(pytree.tree_leaves(vars(one)), pytree.tree_leaves(vars(other)), strict=True)
    return all(a.dtype == b.dtype and torch.equal(torch.nan_to_num(a), torch.nan_to_num(b)) for a, b in pairs)


def poison(state: State, lane: int) -> State:
    """One seed's weights become not-a-number."""
    params = {p: v.clone() for p, v in state.params.items()}
    next(iter(params.values()))[lane] = torch.nan
    return replace(state, params=params)
