"""Whitening gives identity covariance and is undone exactly."""

from dataclasses import replace

import pytest
import torch

from bench.stabilizers.whitening import Whitening
from bench.training.engine import Engine
from tests.laws.cases import game, images, points


def stretched():
    data = points()
    return replace(data, x=data.x @ torch.tensor([[30.0, 2.0], [0.0, 0.1]]) + 5)


@pytest.mark.parametrize("kind", ["zca", "pca"])
def test_identity_covariance(kind):
    white = Whitening(kind=kind).data(stretched()).x
    torch.testing.assert_close(white.mean(0), torch.zeros(2), atol=1e-4, rtol=0)
    torch.testing.assert_close(torch.cov(white.T, correction=0), torch.eye(2), atol=1e-3, rtol=0)


@pytest.mark.parametrize("kind", ["zca", "pca"])
@pytest.mark.parametrize("data", [stretched(), images()], ids=["points", "images"])
def test_undone(kind, data):
    white = Whitening(kind=kind).data(data)
    torch.testing.assert_close(white.undo(white.x), data.x, atol=1e-4, rtol=1e-5)
    torch.testing.assert_close(white.undo(white.held_out), data.held_out, atol=1e-4, rtol=1e-5)


def test_images_stay_within_reach_of_a_bounded_generator():
    white = Whitening().data(images())
    assert white.x.shape == images().x.shape
    assert float(white.x.abs().max()) == pytest.approx(1)
    covariance = torch.cov(white.x.flatten(1).T, correction=0)
    torch.testing.assert_close(covariance / covariance.diagonal().mean(), torch.eye(64), atol=1e-3, rtol=0)


def test_zca_turns_nothing():
    """The zca map is symmetric: of all whitenings it moves the data least."""
    data = replace(stretched(), x=stretched().x.double())
    centred = data.x - data.x.mean(0)
    solved = torch.linalg.lstsq(centred, Whitening().data(data).x).solution
    torch.testing.assert_close(solved, solved.T)


def test_a_constant_direction_comes_back():
    data = points()
    flat = replace(data, x=torch.cat([data.x, torch.full((len(data.x), 1), 3.0)], 1), held_out=torch.zeros(1, 3))
    white = Whitening().data(flat)
    assert white.x.isfinite().all()
    torch.testing.assert_close(white.undo(white.x), flat.x, atol=1e-5, rtol=1e-5)


def test_twice_is_undone_twice():
    data = stretched()
    white = Whitening(kind="pca").data(Whitening().data(data))
    torch.testing.assert_close(white.undo(white.x), data.x, atol=1e-4, rtol=1e-5)


def test_samples_are_judged_in_the_original_space():
    engine = Engine(game("gan"), stretched(), [0], [Whitening()], batch=16)
    state = engine.init_state()
    fakes = engine.sample(state, 256)[0]
    assert abs(float(fakes.mean(0)[0]) - float(stretched().x.mean(0)[0])) < 15
    assert not torch.equal(fakes, Engine(game("gan"), stretched(), [0], batch=16).sample(state, 256)[0])
