"""Labels: dropped in training, guiding in sampling."""

from dataclasses import replace

import pytest
import torch

from bench.data.base import Data
from bench.diffusion.labels import dropped, guided
from bench.models.ddpm import DDPM
from bench.models.edm import EDM
from bench.models.flow import Flow
from bench.training.engine import Engine
from bench.training.rng import NoiseTape, Rng


def two_points():
    """Class 0 at (-1, 0), class 1 at (1, 0)."""
    y = torch.arange(200) % 2
    x = torch.stack([2.0 * y - 1, torch.zeros(200)], 1)
    return Data(x, x[:10], labels=y, held_out_labels=y[:10], classes=2)


def test_labels_are_dropped_at_their_rate():
    rng = Rng(NoiseTape([0], torch.device("cpu"), torch.float32), 0, 0, "test", taped=False)
    y = torch.arange(10_000) % 3
    left = dropped(y, 0.1, 3, rng)
    null = left == 3
    assert null.float().mean() == pytest.approx(0.1, abs=0.015)  # standard error .003
    assert torch.equal(left[~null], y[~null])


def test_guidance_is_the_formula_and_none_is_one_evaluation():
    calls = []

    def network(x, t, y):
        calls.append(y)
        return x + y[:, None]

    x, t, y = torch.zeros(3, 1), torch.zeros(3), torch.tensor([0, 1, 0])
    assert torch.equal(guided(network, y, 2, 0.0)(x, t)[:, 0], y.float())
    assert len(calls) == 1
    assert torch.equal(guided(network, y, 2, 1.5)(x, t)[:, 0], 2.5 * y - 1.5 * 2)
    assert len(calls) == 3


@pytest.mark.parametrize("game", [DDPM(width=32), EDM(width=32), Flow(width=32)], ids=lambda g: type(g).__name__)
def test_a_conditional_model_puts_each_class_in_its_place(game):
    game = replace(game, conditional=True, sample_steps=20, lr=3e-3)
    engine = Engine(game, two_points(), [0], batch=64, mapping="loop")
    state = engine.init_state()
    for _ in range(300):
        state = engine.step(state)
    params = {"net": state.params["net"][0]}
    rng = Rng(NoiseTape([0], torch.device("cpu"), torch.float32), 0, 0, "test", taped=False)
    y = torch.arange(64) % 2
    with torch.no_grad():
        built = engine.game
        x = built.walker.walk(built.look(params, y), built.prior * rng.normal(64, 2), built.steps(), rng)
    assert (x[y == 1, 0].mean() - x[y == 0, 0].mean()) > 1.2


@pytest.mark.parametrize(
    ("build", "word"),
    [
        (lambda: DDPM(guidance=1.0), "conditional=True"),
        (lambda: DDPM(target="eps", zero_snr=True), "target=v"),
        (lambda: DDPM(eta=1.0, sampler="heun"), "sampler=ddim"),
        (lambda: DDPM(variance="beta"), "sampler=ancestral"),
        (lambda: DDPM(schedule="vp", timesteps=10), "continuous in time"),
        (lambda: DDPM(schedule="vp", zero_snr=True, target="v"), "continuous in time"),
        (lambda: DDPM(schedule="vp", beta_min=21.0), "beta_min=21 is more than beta_max=20"),
        (lambda: DDPM(schedule="vp", t_min=0.1), "below t_min=0.1"),
        (lambda: DDPM(beta_max=10.0), "schedule=vp"),
        (lambda: DDPM(timesteps=10, sample_steps=50), "timesteps=10"),
        (lambda: Flow(sample_steps=0), "sample_steps=0"),
        (lambda: EDM(churn=3.0, sampler="dpmpp_2m"), "sampler=heun"),
        (lambda: Flow(conditional=True).build(replace(two_points(), labels=None)), "labels"),
    ],
)
def test_contradicting_options_are_refused(build, word):
    with pytest.raises(ValueError, match=word):
        build()
