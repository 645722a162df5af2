"""The laws on a GPU: its steps are the CPU's on the same noise, repeat to the bit, and are those of a CUDA graph."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from bench.evaluation.evaluator import Evaluator
from bench.laws.training import Memory
from bench.metrics.base import Metric
from bench.plugins import find, words
from bench.training.engine import Engine
from bench.training.loop import train
from bench.training.rng import NoiseTape
from bench.training.state import State
from bench.training.trace import TracedStep
from tests.laws.cases import MODELS, bits_agree, engine, game, images, methods, points, poison, run

pytestmark = [pytest.mark.gpu, pytest.mark.filterwarnings("default")]
SEEDS = [3, 5]
STEPS = 4
CPU = torch.device("cpu")
UNCAPTURED = {
    "ot_coupling",
    "gdpp",
    "oracle",
}  # scipy's assignments; decompositions, which look at their errors on the host
METHODS = pytest.mark.parametrize(("game", "data", "parts"), methods())


class Carried(NoiseTape):
    """The noise of a CPU, on the card."""

    def _draw(self, *asked: Any) -> torch.Tensor:
        return NoiseTape(self.seeds, CPU, self.dtype)._draw(*asked).to(self.device)


def close(here: State, there: State, tolerance: float) -> None:
    """The weights of two states, seed by seed, as far apart as `tolerance` times the largest."""
    for player, weights in here.params.items():
        scale = weights.abs().max().clamp(min=1)
        torch.testing.assert_close(there.params[player].cpu() / scale, weights / scale, rtol=0, atol=tolerance)


@METHODS
def test_a_card_computes_what_a_cpu_does(game: Any, data: Any, parts: Any) -> None:
    here = engine((game, data, parts), SEEDS, dtype=torch.float64)
    there = engine((game, data, parts), SEEDS, dtype=torch.float64, device="cuda")
    there.noise = Carried(there.seeds, there.device, there.dtype)
    close(run(here, 2), run(there, 2), 1e-5)  # the tolerance of the law that the loop equals vmap


@METHODS
def test_a_step_repeats_to_the_bit(game: Any, data: Any, parts: Any) -> None:
    first, second = (run(engine((game, data, parts), SEEDS, device="cuda"), STEPS) for _ in range(2))
    assert bits_agree(first, second)


@METHODS
def test_a_cuda_graph_is_the_step(game: Any, data: Any, parts: Any, request: pytest.FixtureRequest) -> None:
    machine = engine((game, data, parts), SEEDS, device="cuda")
    traced = TracedStep(machine, "cuda")
    here = there = machine.init_state()
    for step in range(STEPS):
        here, there = machine.step(here), traced(there)
        assert (traced.why is None) == (request.node.callspec.id not in UNCAPTURED)
        assert bits_agree(here, there), f"step {step}"


@pytest.mark.parametrize("model", MODELS)
def test_captured_samples_are_the_engines(model: str) -> None:
    machine = Engine(game(model), points(), SEEDS, batch=16, device="cuda")
    traced, state = TracedStep(machine, "cuda"), run(machine, 2)
    for n in (8, 8, 24):
        assert torch.equal(traced.sample(state, n), machine.sample(state, n))
    assert (traced.why_samples is None) == (model not in UNCAPTURED)


def test_a_capture_that_failed_leaves_nothing_behind() -> None:
    refused = TracedStep(engine((game("oracle"), points(), ()), SEEDS, device="cuda"), "cuda")
    refused(refused.engine.init_state())
    assert "not permitted when stream is capturing" in str(refused.why)
    machine = engine((game("gan"), points(), ()), SEEDS, device="cuda")
    traced, state = TracedStep(machine, "cuda"), machine.init_state()
    assert bits_agree(traced(state), machine.step(state))
    assert traced.why is None


def test_a_lane_does_not_depend_on_the_others() -> None:
    """C1, a seed that is not a number among them."""
    for data, model in ((points(), game("gan")), (images(), game("gan", arch="dcgan")), (images(), game("ddpm"))):
        first = run(Engine(model, data, [7, 1, 2, 3], batch=16, device="cuda"), 20)
        machine = Engine(model, data, [7, 11, 12, 13], batch=16, device="cuda")
        second = run(machine, 20, poison(machine.init_state(), 2))
        for player in first.params:
            assert torch.equal(first.params[player][0], second.params[player][0])


@pytest.mark.parametrize("how", [None, "cuda"])
def test_an_interrupted_run_goes_on_bit_for_bit(how: Any) -> None:
    machine, memory = Engine(game("gan"), points(), SEEDS, batch=16, device="cuda"), Memory()

    def traced() -> Any:
        return how and TracedStep(machine, how)

    whole = train(machine, steps=90, traced=traced())
    memory.save(train(machine, steps=40, traced=traced()).save())
    assert bits_agree(whole.state, train(machine, steps=90, checkpoint=memory, traced=traced()).state)


@pytest.mark.parametrize("word", words("probes"))
def test_a_probe_reads_there_what_it_reads_here(word: str) -> None:
    probe = find("probes", word)()
    machines = (
        engine((game(m), points(), ()), SEEDS, dtype=torch.float64) for m in ("gan", "ddpm", "vae", "dirac", "hopf")
    )
    here = next(machine for machine in machines if probe.fits(machine.game))
    there = Engine(here.game, points(), SEEDS, batch=here.batch, mapping="vmap", dtype=torch.float64, device="cuda")
    there.noise = Carried(there.seeds, there.device, there.dtype)
    state = run(here, 1)
    expected, found = probe.measure(here, state), probe.measure(there, there.to_device(state))
    assert expected.keys() == found.keys()
    for name, values in expected.items():
        torch.testing.assert_close(found[name].cpu(), values, rtol=1e-5, atol=1e-7, equal_nan=True)


@pytest.mark.parametrize("word", words("metrics"))
def test_a_metric_reads_there_what_it_reads_here(word: str) -> None:
    metric: Metric = find("metrics", word)()
    data = points() if metric.refuses(points()) is None else images()
    if why := metric.refuses(data):
        pytest.skip(why)
    metric = replace(metric, n=64) if metric.n else metric  # type: ignore[type-var]
    evaluator, alive = Evaluator(data, [metric]), torch.ones(2, dtype=torch.bool)
    fake = torch.stack([data.x[:128], 1.1 * data.x[128:256] + 0.1])
    here, there = evaluator(fake, alive), evaluator(fake.cuda(), alive.cuda())
    for (*name, value), (*other, found) in zip(here, there, strict=True):
        assert name == other
        assert found == pytest.approx(value, rel=1e-4, abs=1e-6)


@pytest.mark.parametrize(
    ("products", "least", "most"), [("exact", 0, 1e-5), ("tf32", 1e-4, 3e-2), ("bfloat16", 1e-2, 0.25)]
)
def test_products_are_as_exact_as_is_said(products: Any, least: float, most: float) -> None:
    """Convolutions and matrix products alike; cuDNN would round to TF32 by itself."""

    def slope(dtype: torch.dtype, products: Any) -> torch.Tensor:
        machine = Engine(
            game("gan", arch="dcgan"), images(), SEEDS, batch=64, device="cuda", dtype=dtype, products=products
        )
        machine.noise = Carried(machine.seeds, machine.device, dtype)
        state = machine.init_state()
        grads = machine.game_gradient(state, machine.draw_batch(state), machine.game.players).grads
        return torch.cat([g.double() for g in grads.values()], 1)

    exact = slope(torch.float64, "exact")
    error = float((slope(torch.float32, products) - exact).norm() / exact.norm())
    assert least <= error <= most
