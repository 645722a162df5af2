"""How fast the engine trains, as a ratio to a hand-written loop of the same nets timed in the same run.

Rounds of both alternate, so that whatever else the machine does meets both; the ratio is that of their medians.
Nothing is asserted about time: a table is printed, and the ratios are in pytest-benchmark's JSON (`extra_info`).
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from bench.architectures.base import architecture
from bench.data.base import Data
from bench.models.gan import GAN
from bench.plugins import find
from bench.training.engine import Engine
from bench.training.game import Game
from tests.benchmarks import loops

ROUNDS = 7


def data(*shape: int) -> Data:
    x = torch.randn(2000, *shape, generator=torch.Generator().manual_seed(0)).clamp(-1, 1)
    return Data(x, x[:100])


def ours(game: Game, data: Data, batch: int, seeds: int) -> loops.Step:
    engine = Engine(game, data, range(seeds), batch=batch)
    held = [engine.init_state()]

    def step() -> None:
        held[0] = engine.step(held[0])

    return step


def seconds(step: Callable[[], None], count: int) -> float:
    """Of one step."""
    began = time.perf_counter()
    for _ in range(count):
        step()
    return (time.perf_counter() - began) / count


def compare(benchmark: Any, mine: loops.Step, plain: loops.Step, *, seeds: int, steps: int, goal: str) -> None:
    """Time both in turn; `steps` is how many steps of one seed make a round."""
    for step in (mine, plain):
        seconds(step, 3)
    gc.collect()
    gc.freeze()  # a test runner's own objects, which a worker process does not have, would be searched at every collection
    reference = []

    def before() -> None:
        reference.append(seconds(plain, steps))

    count = max(1, steps // seeds)
    benchmark.pedantic(lambda: seconds(mine, count), setup=before, rounds=ROUNDS)
    per_seed_step = np.median(benchmark.stats.stats.data) / count / seeds
    benchmark.extra_info.update(
        seed_steps_per_s=round(1 / per_seed_step, 1),
        plain_steps_per_s=round(1 / float(np.median(reference)), 1),
        ratio=round(float(np.median(reference)) / per_seed_step, 3),
        goal=goal,
    )


@pytest.mark.parametrize(
    ("seeds", "batch", "goal"),
    [(1, 256, "≥ 0.4"), (1, 64, "≥ 0.4"), (16, 256, "≥ 1.3"), (16, 64, "≥ 2")],
    ids=["1 seed of 256", "1 seed of 64", "16 seeds of 256", "16 seeds of 64"],
)
def test_mlp_gan(benchmark: Any, seeds: int, batch: int, goal: str) -> None:
    """A plain GAN on points: three-layer perceptrons of width 64."""
    points = data(2)
    plain = loops.gan(loops.mlp(8, 2, 64, 2), loops.mlp(2, 1, 64, 2), points.x, batch, 8)
    mine = ours(GAN(width=64, depth=2), points, batch, seeds)
    compare(benchmark, mine, plain, seeds=seeds, steps=320, goal=goal)


@pytest.mark.parametrize("seeds", [1, 4])
@pytest.mark.parametrize("pixels", [16, 32])
def test_dcgan(benchmark: Any, pixels: int, seeds: int) -> None:
    images = data(1, pixels, pixels)
    built = architecture("dcgan", images.shape, "dcgan")
    plain = loops.gan(built.generator(32, images.shape), built.critic(images.shape), images.x, 64, 32)
    compare(benchmark, ours(GAN(latent=32), images, 64, seeds), plain, seeds=seeds, steps=8, goal="≥ 0.8")


@pytest.mark.parametrize("seeds", [1, 4])
def test_unet(benchmark: Any, seeds: int) -> None:
    images = data(1, 16, 16)
    game = find("models", "ddpm")()
    network = game.build(images).nets["net"]
    plain = loops.denoiser(network.make(**network.options), images.x, 64)
    compare(benchmark, ours(game, images, 64, seeds), plain, seeds=seeds, steps=4, goal="≥ 0.8")
