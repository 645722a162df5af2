"""How fast the engine trains and samples on a GPU, operation by operation and in a CUDA graph: `tox -e gpu`.

Milliseconds are told with the card's name; a ratio to the engine's own step in the same run is what compares.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Any

import pytest
import torch

from bench.models.gan import GAN
from bench.plugins import find
from bench.training.engine import Engine
from bench.training.game import Game
from bench.training.precision import PRECISIONS
from bench.training.state import State
from bench.training.trace import TracedStep
from tests.benchmarks.test_engine import data

pytestmark = [pytest.mark.gpu, pytest.mark.filterwarnings("default")]
STEPS, ROUNDS = 10, 5


def engine(game: Game, batch: int, seeds: int, *shape: int, precision: str = "float32") -> Engine:
    return Engine(game, data(*shape), range(seeds), batch=batch, device="cuda", **PRECISIONS[precision]._asdict())


def per_run(machine: Engine, run: Callable[[], object], count: int) -> float:
    """Milliseconds of a run, of so many in a row."""
    machine.synchronize()
    began = time.perf_counter()
    for _ in range(count):
        run()
    machine.synchronize()
    return 1e3 * (time.perf_counter() - began) / count


def steps(machine: Engine, step: Callable[[State], State]) -> Callable[[], None]:
    held = [machine.init_state()]

    def run() -> None:
        held[0] = step(held[0])

    for _ in range(3):
        run()
    return run


def compare(
    benchmark: Any, machine: Engine, eager: Callable[[], object], captured: Callable[[], object], count: int
) -> None:
    """Both in turn, after what is paid once."""
    reference: list[float] = []

    def before() -> None:
        reference.append(per_run(machine, eager, count))

    found = []
    benchmark.pedantic(lambda: found.append(per_run(machine, captured, count)), setup=before, rounds=ROUNDS)
    seeds, fast = len(machine.seeds), median(found)
    benchmark.extra_info.update(
        card=torch.cuda.get_device_name(),
        torch=torch.__version__,
        eager_ms=round(median(reference), 3),
        captured_ms=round(fast, 3),
        seeds_per_s=round(1e3 * seeds / fast, 1),  # of steps, or of evaluations' samples
        ratio=round(median(reference) / fast, 3),
        peak_mib=round(torch.cuda.max_memory_allocated() / 2**20),
        goal="none",
    )


def compare_steps(benchmark: Any, machine: Engine) -> None:
    torch.cuda.reset_peak_memory_stats()
    traced = TracedStep(machine, "cuda")
    captured = steps(machine, traced)
    compare(benchmark, machine, steps(machine, machine.step), captured, STEPS)
    assert traced.why is None
    benchmark.extra_info["making_s"] = round(traced.seconds, 2)


@pytest.mark.parametrize("seeds", [1, 8, 32, 128])
def test_perceptrons(benchmark: Any, seeds: int) -> None:
    compare_steps(benchmark, engine(GAN(width=64, depth=2), 256, seeds, 2))


@pytest.mark.parametrize("precision", ["float32", "tf32", "bfloat16"])
@pytest.mark.parametrize("seeds", [1, 8])
@pytest.mark.parametrize("model", ["dcgan", "unet"])
def test_images(benchmark: Any, model: str, seeds: int, precision: str) -> None:
    """DCGAN and U-Net at 32 × 32."""
    game: Game = find("models", "gan")(arch="dcgan") if model == "dcgan" else find("models", "ddpm")()
    compare_steps(benchmark, engine(game, 64, seeds, 3, 32, 32, precision=precision))


@pytest.mark.parametrize(
    ("model", "shape", "n"), [("edm", (2,), 2500), ("ddpm", (3, 32, 32), 256)], ids=["points", "images"]
)
def test_samples(benchmark: Any, model: str, shape: tuple[int, ...], n: int) -> None:
    """What an evaluation of eight seeds waits for: a sampler of many evaluations of one network."""
    machine = engine(find("models", model)(), 64, 8, *shape)
    traced, state = TracedStep(machine, "cuda"), machine.init_state()
    traced.sample(state, n)
    compare(benchmark, machine, lambda: machine.sample(state, n), lambda: traced.sample(state, n), 1)
    assert traced.why_samples is None
    benchmark.extra_info.update(nfe=machine.nfe, making_s=round(traced.seconds, 2))
