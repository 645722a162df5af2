"""Generators that fail in a known way: a headline metric says so, and the outcome is named where there is one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

import pytest
import torch
from torch import Tensor

from bench.data.base import Data
from bench.data.ring import Ring
from bench.evaluation.evaluator import Evaluator
from bench.evaluation.outcomes import Ending, OutcomeRule, endings
from bench.evaluation.quality_metrics import with_quality
from bench.evaluation.references import Reference
from bench.metrics.base import Metric
from bench.metrics.high_quality_rate import HighQualityRate
from bench.metrics.mmd_multiscale import MmdMultiscale
from bench.metrics.modes_occupied import ModesOccupied
from bench.models.gan import GAN
from bench.plugins import find
from bench.probes.losses import Losses
from bench.training.engine import Engine
from bench.training.loop import Row, train

N, STD = 2000, 0.05
DATA = Ring(n=3000, held_out=3000, std=STD).load()
MEANS = DATA.modes.means.float()  # type: ignore[union-attr]
WORDS = (
    "modes_covered", "high_quality_rate", "in_between_rate", "mode_kl", "frechet", "kid", "precision", "recall",
    "density", "coverage", "sliced_wasserstein", "memorisation",
)  # fmt: skip


def scores(data: Data = DATA) -> list[Metric]:
    found: list[Metric] = [find("metrics", word)(n=N) for word in WORDS]
    return [score for score in found if score.refuses(data) is None]


def source() -> torch.Generator:
    return torch.Generator().manual_seed(6)


def good(n: int = N) -> Tensor:
    draw = source()
    return MEANS[torch.randint(8, (n,), generator=draw)] + STD * torch.randn(n, 2, generator=draw)


def one_mode_at_ten_to_one() -> Tensor:
    """One mode has ten times the weight of each other."""
    draw = source()
    mode = torch.multinomial(torch.tensor([10.0] + [1.0] * 7), N, replacement=True, generator=draw)
    return MEANS[mode] + STD * torch.randn(N, 2, generator=draw)


def midpoints() -> Tensor:
    draw = source()
    k = torch.randint(8, (N,), generator=draw)
    return (MEANS[k] + MEANS[(k + 1) % 8]) / 2 + STD * torch.randn(N, 2, generator=draw)


def too_narrow() -> Tensor:
    draw = source()
    return MEANS[torch.randint(8, (N,), generator=draw)] + 0.2 * STD * torch.randn(N, 2, generator=draw)


FAILURES: dict[str, tuple[Callable[[], Tensor], set[str]]] = {
    "constant": (lambda: good(1).expand(N, 2).clone(), {"modes_covered", "fd_data", "kid_data", "recall_data", "coverage_data"}),
    "duplicates": (lambda: good(40).repeat(N // 40, 1), {"coverage_data", "recall_data"}),
    "one mode at 10:1": (one_mode_at_ten_to_one, {"mode_kl", "fd_data", "kid_data"}),
    "memorised": (lambda: DATA.x[torch.randperm(len(DATA.x), generator=source())[:N]], {"memorisation_data"}),
    "midpoints": (midpoints, {"modes_covered", "high_quality_rate", "in_between_rate", "mode_kl", "precision_data"}),
    "too narrow": (too_narrow, {"recall_data", "coverage_data"}),
}  # fmt: skip


@pytest.fixture(scope="module")
def usual() -> dict[str, list[float]]:
    """What the metrics make of 20 good generators: the range that no failure may hide in."""
    evaluator = Evaluator(DATA, scores())
    draw = source()
    many = [MEANS[torch.randint(8, (N,), generator=draw)] + STD * torch.randn(N, 2, generator=draw) for _ in range(20)]
    found: dict[str, list[float]] = {name: [] for name in evaluator.names}
    for _, name, value in evaluator(torch.stack(many), torch.ones(20, dtype=torch.bool)):
        assert value is not None
        found[name].append(value)
    return found


@pytest.mark.parametrize("kind", FAILURES)
def test_a_headline_metric_says_so(kind: str, usual: dict[str, list[float]]) -> None:
    """Worse than the worst of 20 good generators by five times the spread among them."""
    make, expected = FAILURES[kind]
    evaluator = Evaluator(DATA, scores())
    better = {name: how["higher_is_better"] for name, how in evaluator.describe().items()}
    said = set()
    for _, name, value in evaluator(make()[None], torch.ones(1, dtype=torch.bool)):
        assert value is not None
        low, high = min(usual[name]), max(usual[name])
        margin = 5 * (high - low)
        if (value < low - margin) if better[name] else (value > high + margin):
            said.add(name)
    assert expected <= said, said


def test_a_nan_in_one_sample_leaves_the_seed_without_a_number() -> None:
    samples = torch.stack([good(), good()])
    samples[1, 1234, 0] = torch.nan
    rows = Evaluator(DATA, scores())(samples, torch.ones(2, dtype=torch.bool))
    assert {value is None for lane, _, value in rows if lane == 1} == {True}
    assert {value is None for lane, _, value in rows if lane == 0} == {False}


def test_fewer_samples_than_features() -> None:
    """30 samples in 100 dimensions: every number is finite, and a generator that is off is told from one that is not."""
    draw = source()
    x, held_out, same = (torch.randn(30, 100, generator=draw) for _ in range(3))
    data = Data(x=x, held_out=held_out)
    few: list[Metric] = [find("metrics", word)(n=30) for word in ("frechet", "kid", "precision", "recall", "coverage")]
    evaluator = Evaluator(data, few)
    table: dict[str, list[float]] = {name: [] for name in evaluator.names}
    for _, name, value in evaluator(torch.stack([same, 3 * same + 2]), torch.ones(2, dtype=torch.bool)):
        assert value is not None
        table[name].append(value)
    assert table["fd_data"][1] > 2 * table["fd_data"][0]
    assert table["kid_data"][1] > 0.1 > abs(table["kid_data"][0])


@cache
def reference_evaluator() -> tuple[Evaluator, dict[str, Reference]]:
    evaluator = Evaluator(DATA, with_quality([find("metrics", "sliced_wasserstein")(n=500)], DATA))
    return evaluator, evaluator.references()


def story(shown: dict[int, list[Tensor]]) -> list[Ending]:
    """The outcomes of seeds that showed these samples at these steps."""
    evaluator, references = reference_evaluator()
    count = len(next(iter(shown.values())))
    rows = [
        Row(lane, step, name, value)
        for step, samples in shown.items()
        for lane, name, value in evaluator(torch.stack(samples), torch.ones(count, dtype=torch.bool))
    ]
    return endings(range(count), [-1] * count, rows, references, 8, OutcomeRule())


def untrained() -> Tensor:
    """All samples near the centre of the first mode: what an untrained generator may happen to make."""
    return MEANS[0] + 0.3 * STD * torch.randn(N, 2, generator=source())


def half() -> Tensor:
    draw = source()
    return MEANS[torch.randint(4, (N,), generator=draw)] + STD * torch.randn(N, 2, generator=draw)


def far() -> Tensor:
    return 88_000 + torch.randn(N, 2, generator=source())


def blurred() -> Tensor:
    draw = source()
    return MEANS[torch.randint(8, (N,), generator=draw)] + 6 * STD * torch.randn(N, 2, generator=draw)


STORIES: dict[str, tuple[list[Callable[[], Tensor]], str, int | None]] = {
    "stays good": ([good] * 5, "ok", None),
    "never gets anywhere": ([far] * 5, "unlearned", None),
    "starts on one mode, then improves": ([untrained, blurred, good, good, good], "ok", None),
    "ends in one point after it was good": ([good] * 3 + [untrained] * 3, "collapsed", 500),
    "ends between the modes": ([good] * 3 + [midpoints] * 3, "collapsed", 500),
    "one bad look": ([good, good, far, good, good], "ok", None),
    "good at the last look, as it would be at a single one": ([far, far, far, good], "ok", None),
    "good at one look of many": ([far, good, far, far, far], "unlearned", None),
    "half of the modes from the start": ([half] * 5, "mode-dropping", 100),
    "blurs from the start": ([blurred] * 5, "unlearned", None),
}


@pytest.mark.parametrize("kind", STORIES)
def test_a_seed_gets_the_outcome_that_a_researcher_would_give_it(kind: str) -> None:
    shown, outcome, step = STORIES[kind]
    (end,) = story({100 * (k + 1): [make()] for k, make in enumerate(shown)})
    assert (end.outcome, end.step) == (outcome, step)


def test_neighbours_do_not_matter() -> None:
    alone = [story({s: [make()] for s in (100, 200, 300)})[0] for make in (good, half, far)]
    together = story({s: [good(), half(), far()] for s in (100, 200, 300)})
    assert [(e.outcome, e.step) for e in together] == [(e.outcome, e.step) for e in alone]


def test_samples_that_stop_being_numbers_are_a_divergence() -> None:
    """Though every weight is finite."""
    broken = torch.full_like(good(), torch.nan)
    ends = story({s: [good(), broken if s > 200 else good(), good()] for s in (100, 200, 300, 400)})
    assert [end.outcome for end in ends] == ["ok", "diverged", "ok"]
    assert ends[1].step == 300


def test_real_data_is_always_ok() -> None:
    """A thousand draws of real data, each looked at once: nothing is smoothed."""
    draw = source()
    evaluator = Evaluator(DATA, [MmdMultiscale(n=500), HighQualityRate(n=500), ModesOccupied(n=500)])
    references, seeds = evaluator.references(), 1000
    many = MEANS[torch.randint(8, (seeds, 500), generator=draw)] + STD * torch.randn(seeds, 500, 2, generator=draw)
    rows = [Row(k, 1, n, v) for k, n, v in evaluator(many, torch.ones(seeds, dtype=torch.bool))]
    ends = endings(range(seeds), [-1] * seeds, rows, references, 8, OutcomeRule())
    assert {end.outcome for end in ends} == {"ok"}


@dataclass
class Looking:
    """An evaluator that keeps busy, and moves the global randomness as other people's metrics do."""

    n: int = 64
    calls: list[int] = field(default_factory=list)

    def __call__(self, samples: Tensor, alive: Tensor, errors: dict[str, str]) -> list[tuple[int, str, float | None]]:
        self.calls.append(len(samples))
        torch.randn(3)
        return Evaluator(DATA, [find("metrics", "frechet")(n=64)])(samples, alive, errors)


@pytest.mark.parametrize("mapping", ["vmap", "loop"])
def test_evaluation_leaves_training_bit_for_bit_the_same(mapping: str) -> None:
    """Off, on, and twice as often, with the losses' traces too."""
    runs = []
    for evaluator, every in ((None, 0), (Looking(), 20), (Looking(), 10)):
        engine = Engine(GAN(width=16, depth=2), DATA, range(2), batch=32, mapping=mapping)
        runs.append(train(engine, steps=60, evaluate_every=every, evaluator=evaluator, probes=[Losses(every=5)]))
        assert evaluator is None or len(evaluator.calls) == 60 // every
    for other in runs[1:]:
        for player, weights in runs[0].state.params.items():
            assert torch.equal(other.state.params[player], weights)
        assert other.traces == runs[0].traces
