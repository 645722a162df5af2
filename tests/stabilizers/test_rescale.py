"""Training in other units: what is drawn, what is known of it, and what comes back."""

from __future__ import annotations

import pytest
import torch

from bench.data.grid import Grid
from bench.models.edm import EDM
from bench.models.gan import GAN
from bench.stabilizers.rescale import Rescale
from bench.stabilizers.whitening import Whitening
from bench.training.engine import Engine
from tests.laws.cases import images, run

DATA = Grid(side=5, std=0.05, n=2000, held_out=500).load()


def engine(*stabilizers):
    return Engine(GAN(width=8, depth=1), DATA, [0, 1], stabilizers, batch=16)


@pytest.mark.parametrize(("std", "is_"), [(0.25, 0.25), (1.0, 1.0), (3.0, 3.0), (0.0, float(DATA.x.double().std()))])
def test_points_have_this_deviation(std, is_):
    trained = engine(Rescale(std)).data
    assert float(trained.x.double().square().mean().sqrt()) == pytest.approx(is_, rel=1e-3)
    torch.testing.assert_close(trained.undo(trained.x), DATA.x, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(trained.undo(trained.held_out), DATA.held_out, rtol=1e-5, atol=1e-5)


def test_what_is_known_of_the_law_comes_along():
    trained, x = engine(Rescale(3.0)).data, DATA.x[:50]
    plain = engine().data
    z, scale = trained.x[:50], 3.0
    torch.testing.assert_close(
        trained.law.log_density(z),
        plain.law.log_density(z / scale) - 2 * torch.log(torch.tensor(scale)),
        check_dtype=False,
    )
    assert torch.equal(trained.modes.assign(z)[0], DATA.modes.assign(x)[0])


def test_a_unit_of_one_is_what_training_does_anyway():
    plain, rescaled = run(engine(), 3), run(engine(Rescale(1.0)), 3)
    for player, theta in plain.params.items():
        torch.testing.assert_close(rescaled.params[player], theta, rtol=1e-4, atol=1e-6)


def test_a_denoiser_learns_what_deviation_its_data_has():
    machine = Engine(EDM(width=8, depth=1), DATA, [0], [Rescale(4.0)], batch=16)
    assert float(machine.game.data_std) == pytest.approx(4.0, rel=1e-2)


def test_it_comes_after_whitening():
    data = engine(Whitening(), Rescale(2.0)).data
    assert float(data.x.double().square().mean().sqrt()) == pytest.approx(2.0, rel=1e-3)
    torch.testing.assert_close(data.undo(data.x), DATA.x, rtol=1e-4, atol=1e-4)


def test_images_are_refused():
    with pytest.raises(ValueError, match="images keep their range"):
        Engine(GAN(), images(), [0], [Rescale(2.0)], batch=4)
