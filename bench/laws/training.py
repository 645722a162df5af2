"""The laws of training: what holds of every method, bit for bit where nothing else is said."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch.utils import _pytree as pytree

from bench.laws.cases import Case, engine, gap, poison, probe, run, same
from bench.laws.verdict import hold
from bench.plugins import words
from bench.training.loop import train
from bench.training.seed_axis import pick
from bench.training.state import State

SEEDS = [3, 5, 8, 13]


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


def alone(case: Case) -> None:
    """A seed in an ensemble equals the same seed alone; bit for bit when they are taken in turn."""
    together, one = run(engine(case, SEEDS), 5), run(engine(case, [8]), 5)
    far = gap(together, one, ([2], [0]))
    hold(far <= 1e-6, f"weights of a seed differ by {far:.1g} when others are trained beside it (vmap)")
    together, one = run(engine(case, SEEDS, mapping="loop"), 5), run(engine(case, [8], mapping="loop"), 5)
    far = gap(together, one, ([2], [0]))
    hold(
        far == 0, f"weights of a seed differ by {far:.1g} when others are trained before it (loop): is something kept?"
    )


def loop_equals_vmap(case: Case) -> None:
    """How seeds are mapped cannot be told from the result (in double precision: Adam's division magnifies rounding)."""
    loop, vmap = (run(engine(case, SEEDS, mapping=m, dtype=torch.float64), 5) for m in ("loop", "vmap"))
    far = gap(loop, vmap)
    hold(far <= 1e-5, f"weights of loop and vmap differ by {far:.1g} after 5 steps in double precision")


def contained(case: Case, mapping: str = "vmap") -> None:
    """A seed that is not a number stays as it died, leaves the others as they were, and is known to be dead."""
    machine = engine(case, SEEDS, mapping=mapping)
    died = machine.step(poison(machine.init_state(), 1))
    clean, poisoned = run(machine, 4), run(machine, 3, died)
    hold(same(clean, poisoned, [0, 2, 3]), "other seeds are not what they are without the one that died")
    hold(poisoned.alive.tolist() == [True, False, True, True], f"alive is {poisoned.alive.tolist()} when seed 1 died")
    hold(poisoned.died_at.tolist() == [-1, 0, -1, -1], f"died_at is {poisoned.died_at.tolist()} when seed 1 died at 0")
    hold(_alike(died, poisoned, 1), "weights, optimizer or memory of a seed that died went on changing")


def _alike(one: State, other: State, lane: int) -> bool:
    """Bit for bit in one lane, NaN at the same places."""
    left, right = (pytree.tree_leaves(pick([s.params, s.opt, s.memory], [lane])) for s in (one, other))
    pairs = zip(left, right, strict=True)
    return all(torch.equal(torch.nan_to_num(a), torch.nan_to_num(b)) for a, b in pairs)


def inert(case: Case, looking: Sequence[str] = ()) -> None:
    """Probes on equals probes off, bit for bit; all that there are, where none are named."""
    probes = [probe(word, every=2) for word in looking or words("probes")]
    plain = train(engine(case, SEEDS[:2]), steps=4)
    probed = train(engine(case, SEEDS[:2]), steps=4, probes=probes)
    hold(same(plain.state, probed.state), "training differs when probes look at it")
    hold(not probed.probe_errors, "; ".join(f"{word}: {why}" for word, why in probed.probe_errors.items()))
    for name, series in probed.traced.items():
        hold(all(values.shape == (2,) for _, values in series), f"{name} is not one number a seed")


def resume(case: Case) -> None:
    """Two steps, saved and read back, and three more equal five steps, bit for bit."""
    whole = train(engine(case, SEEDS[:2]), steps=5)
    file = Memory()
    file.save(train(engine(case, SEEDS[:2]), steps=2).save())
    resumed = train(engine(case, SEEDS[:2]), steps=5, checkpoint=file)
    hold(same(whole.state, resumed.state), "what goes on from a checkpoint is not what was never interrupted")


def repeats(case: Case) -> None:
    """The same state and seed give the same step and the same samples, bit for bit, and draw no global noise."""
    machine, noise = engine(case, SEEDS[:2]), torch.random.get_rng_state()
    state = run(machine, 2)
    first, second = machine.step(state), engine(case, SEEDS[:2]).step(state)
    hold(same(first, second), "two steps from one state differ: noise comes from at.rng alone, and nothing is kept")
    drawn = [machine.sample(first, 8) for _ in range(2)]
    hold(torch.equal(*map(torch.nan_to_num, drawn)), "two samples from one state differ")
    hold(torch.equal(noise, torch.random.get_rng_state()), "torch's global noise is drawn from: take it from at.rng")


def not_idle(case: Case) -> None:
    """A stabilizer changes training or what is served, within steps enough for its warm-up."""
    game, data, _ = case
    with_it, without = engine(case, SEEDS[:2]), engine((game, data, ()), SEEDS[:2])
    a, b = with_it.init_state(), without.init_state()
    for steps in (6, 60, 700):
        a, b = run(with_it, steps - int(a.step), a), run(without, steps - int(b.step), b)
        if _shapes(a) != _shapes(b) or gap(a, b) > 0:
            return
        if not torch.equal(with_it.sample(a, 16), without.sample(b, 16)):
            return
    hold(False, "nothing differs from the bare model in 700 steps")


def _shapes(state: State) -> list[Any]:
    return [v.shape for v in state.params.values()]


LAWS: dict[str, Callable[[Case], None]] = {
    "a seed knows nothing of its neighbours": alone,
    "loop equals vmap": loop_equals_vmap,
    "a dead seed stays frozen": contained,
    "probes are inert": inert,
    "resume is exact": resume,
    "a step repeats to the bit": repeats,
}
