"""The laws of training, over every model and stabilizer on disk; dropping a file in enrols it."""

from __future__ import annotations

import io
from typing import Any

import pytest
import torch

from bench.plugins import words
from bench.training.loop import train
from tests.laws.cases import engine, gap, methods, poison, probe, run, same

SEEDS = [3, 5, 8, 13]
pytestmark = pytest.mark.parametrize(("game", "data", "parts"), methods())


class Memory:
    """A checkpoint file that is not on disk."""

    def __init__(self, saved: Any = None) -> None:
        self.file = saved

    def load(self) -> Any:
        return self.file and torch.load(io.BytesIO(self.file), weights_only=True)

    def save(self, saved: Any) -> None:
        buffer = io.BytesIO()
        torch.save(saved, buffer)
        self.file = buffer.getvalue()

    def due(self) -> bool:
        return False


def test_alone(game: Any, data: Any, parts: Any) -> None:
    """A seed in an ensemble equals the same seed alone; bit for bit when they are taken in turn."""
    together, alone = run(engine((game, data, parts), SEEDS), 5), run(engine((game, data, parts), [8]), 5)
    assert gap(together, alone, ([2], [0])) <= 1e-6
    together = run(engine((game, data, parts), SEEDS, mapping="loop"), 5)
    alone = run(engine((game, data, parts), [8], mapping="loop"), 5)
    assert gap(together, alone, ([2], [0])) == 0


def test_loop_equals_vmap(game: Any, data: Any, parts: Any) -> None:
    """How seeds are mapped cannot be told from the result (in double precision: Adam's division magnifies rounding)."""
    both = [run(engine((game, data, parts), SEEDS, mapping=m, dtype=torch.float64), 5) for m in ("loop", "vmap")]
    assert gap(*both) <= 1e-5


@pytest.mark.parametrize("mapping", ["vmap", "loop"])
def test_contained(game: Any, data: Any, parts: Any, mapping: str) -> None:
    """A seed that is not a number leaves the others as they were, bit for bit, and is known to be dead."""
    machine = engine((game, data, parts), SEEDS, mapping=mapping)
    clean, poisoned = run(machine, 4), run(machine, 4, poison(machine.init_state(), 1))
    assert same(clean, poisoned, [0, 2, 3])
    assert poisoned.alive.tolist() == [True, False, True, True]
    assert poisoned.died_at.tolist() == [-1, 0, -1, -1]


def test_inert(game: Any, data: Any, parts: Any) -> None:
    """All probes on equals all probes off, bit for bit."""
    probes = [probe(word, every=2) for word in words("probes")]
    plain = train(engine((game, data, parts), SEEDS[:2]), steps=4)
    probed = train(engine((game, data, parts), SEEDS[:2]), steps=4, probes=probes)
    assert same(plain.state, probed.state)
    assert all(values.shape == (2,) for series in probed.traced.values() for _, values in series)


def test_resume(game: Any, data: Any, parts: Any) -> None:
    """Two steps, saved and read back, and three more equal five steps, bit for bit."""
    whole = train(engine((game, data, parts), SEEDS[:2]), steps=5)
    file = Memory()
    file.save(train(engine((game, data, parts), SEEDS[:2]), steps=2).save())
    resumed = train(engine((game, data, parts), SEEDS[:2]), steps=5, checkpoint=file)
    assert same(whole.state, resumed.state)


def test_not_idle(game: Any, data: Any, parts: Any) -> None:
    """A stabilizer changes training or what is served, within steps enough for its warm-up."""
    if not parts:
        pytest.skip("a model without stabilizers")
    with_it, without = engine((game, data, parts), SEEDS[:2]), engine((game, data, ()), SEEDS[:2])
    a, b = with_it.init_state(), without.init_state()
    for steps in (6, 60, 700):
        a, b = run(with_it, steps - int(a.step), a), run(without, steps - int(b.step), b)
        if [v.shape for v in a.params.values()] != [v.shape for v in b.params.values()] or gap(a, b) > 0:
            return
        if not torch.equal(with_it.sample(a, 16), without.sample(b, 16)):
            return
    pytest.fail("nothing differs from the bare model")
