"""PresGAN: noise of a learned size."""

from math import log

import torch

from bench.stabilizers.presgan import PresGAN
from bench.training.engine import Engine
from tests.laws.cases import game, points, run


def sigma(engine, state):
    return engine.game.nets["G"].unravel(state.params["G"][0])["log_sigma"].exp()


def test_entropy_alone_raises_sigma_by_its_weight():
    """With a critic that is flat, the gradient of log σ is -weight."""
    engine = Engine(game("gan", loss="wasserstein"), points(), [0], [PresGAN(weight=0.25)], batch=16)
    state = engine.init_state()
    state.params["D"].zero_()
    gradient = engine.game_gradient(state, engine.draw_batch(state), ("G",)).grads["G"][0]
    found = engine.game.nets["G"].unravel(gradient)["log_sigma"]
    torch.testing.assert_close(found, torch.full((2,), -0.25))


def test_sigma_has_no_pull_beyond_its_bounds():
    engine = Engine(game("gan"), points(), [0], [PresGAN(start=0.1, most=0.1)], batch=16)
    state = engine.init_state()
    net = engine.game.nets["G"]
    beyond = net.ravel(net.unravel(state.params["G"][0]) | {"log_sigma": torch.full((2,), log(0.5))})
    state.params["G"][0] = beyond
    gradient = engine.game_gradient(state, engine.draw_batch(state), ("G",)).grads["G"][0]
    assert torch.equal(net.unravel(gradient)["log_sigma"], torch.zeros(2))


def test_sigma_is_learned_and_starts_where_told():
    engine = Engine(game("gan"), points(), [0], [PresGAN(start=0.07)], batch=16)
    start = engine.init_state()
    torch.testing.assert_close(sigma(engine, start), torch.full((2,), 0.07))
    assert not torch.equal(sigma(engine, run(engine, 3, start)), sigma(engine, engine.init_state()))
