"""What is compiled rounds otherwise, and trains to the same distribution over seeds: the gate's own tests, on forty seeds."""

from __future__ import annotations

import pytest
import torch

from bench.data.ring import Ring
from bench.evaluation.evaluator import Evaluator
from bench.metrics.sliced_wasserstein import SlicedWasserstein
from bench.models.gan import GAN
from bench.running.stepping import no_compiler
from bench.stabilizers.r1 import R1
from bench.stats.ranks import rank_test
from bench.stats.spread import spread_test
from bench.training.engine import Engine
from bench.training.trace import TracedStep

SEEDS, STEPS, LEVEL = range(40), 1500, 0.01


@pytest.mark.long
@pytest.mark.filterwarnings("default")
@pytest.mark.skipif(no_compiler() is not None, reason=str(no_compiler()))
def test_inductor_trains_to_the_same_distribution() -> None:
    data = Ring().load()
    engine = Engine(GAN(width=32, depth=2), data, SEEDS, (R1(weight=1.0),), batch=64)
    traced = TracedStep(engine, "inductor")
    here = there = engine.init_state()
    for _ in range(STEPS):
        here, there = engine.step(here), traced(there)
    assert traced.why is None
    assert not torch.equal(here.params["G"], there.params["G"])  # rounding has told them apart: the test can fail
    evaluator = Evaluator(data, [SlicedWasserstein(n=1000)])
    plain, compiled = ([-row[2] for row in evaluator(engine.sample(s, 1000), s.alive)] for s in (here, there))
    found, spread = rank_test([(compiled, plain)]), spread_test(compiled, plain)
    assert min(found.greater, found.less) > LEVEL / 2
    assert min(spread.more, spread.less) > LEVEL / 2
