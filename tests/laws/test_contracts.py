"""The contracts of training many seeds at once, bit for bit: C1 and C3 to C6 of DESIGN.md."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import pytest
import torch

from bench.models.gan import GAN
from bench.stabilizers.ema import EMA
from bench.stabilizers.gradient_penalty import GradientPenalty
from bench.training.engine import Engine
from bench.training.rng import NoiseTape, Rng, chunk_length
from bench.training.state import State
from tests.laws.cases import images, points, poison, run, same

PARTS = (GradientPenalty(weight=1.0), EMA(decay=0.9))
CPU = torch.device("cpu")


def engine(seeds: list[int], mapping: str = "vmap", **options: object) -> Engine:
    game = GAN(width=32, depth=2, **options)  # type: ignore[arg-type]
    return Engine(game, points(), seeds, PARTS, batch=64, mapping=mapping)


def digest(state: State) -> str:
    flat = torch.cat([v.flatten() for v in state.params.values()])
    return hashlib.sha256(flat.numpy().tobytes()).hexdigest()


@pytest.mark.parametrize("mapping", ["vmap", "loop"])
def test_c1_a_lane_does_not_depend_on_the_others(mapping: str) -> None:
    """Same S, other company, a seed that is not a number among it: the same bits after 200 steps."""
    first = run(engine([7, 1, 2, 3], mapping), 200)
    machine = engine([7, 11, 12, 13], mapping)
    second = run(machine, 200, poison(machine.init_state(), 2))
    assert same(first, second, [0])


def test_c1_holds_for_convolutions() -> None:
    def trained(seeds: list[int], poisoned: bool) -> State:
        machine = Engine(GAN(arch="dcgan", width=8), images(), seeds, PARTS, batch=16)
        state = machine.init_state()
        return run(machine, 10, poison(state, 1) if poisoned else state)

    assert same(trained([7, 1, 2], False), trained([7, 8, 9], True), [0])


RERUN = """
import torch; torch.set_num_threads(1)
from tests.laws.test_contracts import digest, engine, run
print(digest(run(engine([5, 6]), 300)))
"""


def test_c2_a_rerun_in_another_process_has_the_same_bits() -> None:
    ran = subprocess.run([sys.executable, "-c", RERUN], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == digest(run(engine([5, 6]), 300))


def test_c3_small_nets_do_not_depend_on_how_many_train_together() -> None:
    """Perceptrons on one thread, batches of a multiple of 64: nor on the position; a lone seed is padded to two lanes."""
    many, few, alone = run(engine([1, 2, 3, 4, 5]), 200), run(engine([9, 4]), 200), run(engine([4]), 200)
    assert torch.equal(many.params["G"][3], few.params["G"][1])
    assert torch.equal(many.params["G"][3], alone.params["G"][0])


def test_c5_noise_is_a_function() -> None:
    """Of seed, purpose, step and call: not of the order of reading, of the other seeds, nor of what was read before."""
    forward, backward = (NoiseTape([3, 4], CPU, torch.float32) for _ in range(2))
    read = {step: forward.read("a", 1, step, ("normal", 0), (8, 2)) for step in (0, 1, 63, 64, 200)}
    for step in (200, 64, 63, 1, 0):
        backward.read("b", 1, step, ("uniform", 0), (3,))
        assert torch.equal(backward.read("a", 1, step, ("normal", 0), (8, 2)), read[step])
    other = NoiseTape([9, 4], CPU, torch.float32).read("a", 1, 64, ("normal", 0), (8, 2))
    assert torch.equal(other[1], read[64][1])
    assert not torch.equal(other[0], read[64][0])


def test_c5_every_name_has_noise_of_its_own() -> None:
    noise = NoiseTape([3], CPU, torch.float32)
    drawn = [
        Rng(noise, 0, step, purpose).fork(room).normal(64) for step in (0, 1) for purpose in "ab" for room in ("x", "y")
    ]
    rng = Rng(noise, 0, 0, "a")
    drawn += [rng.normal(64), rng.normal(64), rng.fork("x").normal(64), rng.fork("x").normal(64)]
    assert len({tuple(d.tolist()) for d in drawn}) == len(drawn) - 1  # the first fork of "x" is the very first draw


@pytest.mark.parametrize(("shape", "steps"), [((), 64), ((256, 2), 64), ((64, 3, 32, 32), 4), ((2**21,), 1)])
def test_c5_the_chunk_depends_on_the_shape_alone(shape: tuple[int, ...], steps: int) -> None:
    assert chunk_length(shape) == steps


@pytest.mark.parametrize("mapping", ["vmap", "loop"])
def test_c6_a_dead_seed_keeps_its_last_finite_weights(mapping: str) -> None:
    """A learning rate that overflows kills the seed in the middle of a run; it is frozen at the step before."""
    machine = engine([0, 1], mapping, loss="wasserstein", optimizer="sgd", lr=1e6)
    state = machine.init_state()
    while bool(state.alive.all()):
        before, state = state, machine.step(state)
    dead = int((~state.alive).nonzero()[0])
    assert int(state.died_at[dead]) == int(before.step)
    assert all(v[dead].isfinite().all() for v in state.params.values())
    later = run(machine, 3, state)
    assert same(state, later, [dead])
    assert int(later.died_at[dead]) == int(before.step)
    assert all(v[dead].isnan() for v in later.losses.values())
