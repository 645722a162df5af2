"""Augmentations of images, and the stabilizers that use them."""

from dataclasses import replace

import pytest
import torch

from bench.stabilizers import _images as images
from bench.stabilizers.ada import ADA, augmented
from bench.stabilizers.consistency import Consistency
from bench.stabilizers.dequantise import Dequantise
from bench.stabilizers.diffaugment import DiffAugment
from bench.stabilizers.zcr import ZCR
from bench.training.engine import Engine
from tests.laws.cases import game, points
from tests.laws.cases import images as pictures
from tests.stabilizers.contexts import adversarial_inputs, context, linear, rng

ZERO = torch.zeros(())
X = rng(11).normal(64, 3, 8, 8)
GEOMETRY = [images.flip, images.turn, images.shift, images.cutout]
COLOUR = [images.brightness, images.saturation, images.contrast, images.invert]


@pytest.mark.parametrize("augment", GEOMETRY + COLOUR)
def test_every_image_is_augmented_on_its_own(augment):
    """A batch's draws move images differently; the shape stays; a gradient of finite size comes back."""
    same = X[:1].expand(64, -1, -1, -1)
    out = augment(same, rng())
    assert out.shape == same.shape
    assert not torch.equal(out, same)
    assert any(not torch.equal(out[0], other) for other in out[1:])
    assert torch.func.grad(lambda x: augment(x, rng()).square().sum())(X).isfinite().all()


@pytest.mark.parametrize("augment", [images.flip, images.turn])
def test_flips_and_turns_move_pixels_only(augment):
    out = augment(X, rng())
    assert torch.equal(out.flatten(1).sort(1).values, X.flatten(1).sort(1).values)


def test_turns_are_even():
    corner = torch.zeros(4000, 1, 4, 4)
    corner[:, :, 0, 0] = 1
    places = images.turn(corner, rng()).mean(0)[0]
    for value in (places[0, 0], places[0, 3], places[3, 0], places[3, 3]):
        assert float(value) == pytest.approx(0.25, abs=0.03)


def test_a_shift_is_a_whole_number_of_pixels():
    dots = torch.zeros(2000, 1, 9, 9)
    dots[:, :, 4, 4] = 1
    places = images.shift(dots, rng(), share=2 / 9).mean(0)[0]
    assert float(places[2:7, 2:7].min()) == pytest.approx(1 / 25, abs=0.02)
    assert float(places.sum()) == pytest.approx(1)


def test_a_shift_equals_torch_roll_inside():
    out = images.shift(X, rng(), share=0.125)
    for image, moved in zip(X, out, strict=True):
        rolls = [torch.roll(image, (a, b), (1, 2))[:, 1:-1, 1:-1] for a in (-1, 0, 1) for b in (-1, 0, 1)]
        assert any(torch.equal(moved[:, 1:-1, 1:-1], rolled) for rolled in rolls)


def test_cutout_leaves_a_hole_of_half_the_side():
    holes = (images.cutout(torch.ones(500, 1, 8, 8), rng()) == 0).flatten(1).sum(1)
    assert int(holes.max()) == 16
    assert int(holes.min()) >= 4  # centred in a corner


def test_diffaugment_lets_the_gradient_through():
    part, fake = DiffAugment(), X[:8]
    inputs = adversarial_inputs(X[8:16], fake, critic=lambda x: x.flatten(1).sum(1))
    slope = torch.func.grad(lambda fake: part.loss_inputs(replace(inputs, fake=fake), context()).f.sum())(fake)
    assert float(slope.abs().max()) > 0


@pytest.mark.parametrize("part", [DiffAugment(), ADA(), Dequantise()])
def test_points_are_refused(part):
    with pytest.raises(ValueError, match="image"):
        Engine(game("gan"), points(), [0], [part])


def test_ada_applies_each_part_with_its_probability():
    assert torch.equal(augmented(X, torch.tensor(0.0), rng()), X)
    lone = torch.stack([(augmented(X, torch.tensor(0.02), rng(k)) != X).flatten(1).any(1) for k in range(20)])
    # seven parts; flip, turn and invert leave an image as it is in a half, a quarter and a half of the cases, shift in 1/9
    expected = 1 - (1 - 0.02) ** 3 * (1 - 0.02 / 2) ** 2 * (1 - 0.02 * 3 / 4) * (1 - 0.02 * 8 / 9)
    assert float(lone.float().mean()) == pytest.approx(expected, abs=0.025)


@pytest.mark.parametrize(("sign", "expected"), [(1.0, 0.2 + 16 / 1000), (0.0, 0.2 - 16 / 1000)])
def test_ada_follows_the_critic(sign, expected):
    engine = type("Engine", (), {"batch": 16})()
    at = context(engine=engine, collected={"D": torch.tensor(sign)})
    assert float(ADA(images=1000).update_memory(torch.tensor(0.2), {}, at)) == pytest.approx(expected)
    assert float(ADA(images=1).update_memory(torch.tensor(0.2), {}, at)) == float(sign)


def test_consistency_of_a_linear_critic_on_points():
    """D(x) - D(x + radius ε) = -radius w·ε, of mean square radius² ‖w‖²."""
    found = Consistency(real=10.0, radius=0.1).loss(ZERO, adversarial_inputs(n=50_000), context())
    assert float(found) == pytest.approx(10 * 0.01 * 25, rel=0.03)
    both = Consistency(real=10.0, fake=10.0, radius=0.1).loss(ZERO, adversarial_inputs(n=50_000), context())
    assert float(both) == pytest.approx(20 * 0.01 * 25, rel=0.03)


def test_images_are_flipped_and_shifted_for_consistency():
    """A critic that sums over all pixels of an image whose border is empty can't tell."""
    framed = torch.nn.functional.pad(X[:, :, 1:-1, 1:-1], (1, 1, 1, 1))
    blind = adversarial_inputs(framed, framed, critic=lambda x: x.sum((1, 2, 3)))
    assert float(Consistency().loss(ZERO, blind, context())) == pytest.approx(0, abs=1e-6)
    sharp = adversarial_inputs(framed, framed, critic=lambda x: x[:, 0, 2, 3])
    assert float(Consistency().loss(ZERO, sharp, context())) > 1


def test_latent_consistency():
    """G(z) = z[:2] moves by radius² per coordinate; a linear critic by radius² ‖w‖²."""
    inputs = adversarial_inputs(n=50_000)
    found = ZCR(critic=20.0, radius=0.05).loss(ZERO, inputs, context("D"))
    assert float(found) == pytest.approx(20 * 0.0025 * 25, rel=0.03)
    assert float(ZCR(generator=0.5).loss(ZERO, inputs, context("G"))) == pytest.approx(-0.5 * 0.0025, rel=0.03)
    assert linear is inputs.critic


def test_dequantised_levels_stay_apart():
    data = pictures()
    grid = replace(data, x=((data.x + 1) / 2 * 15).round() / 15 * 2 - 1)
    filled = Dequantise(levels=16).data(grid)
    assert torch.equal(((filled.x + 1) / 2 * 15).round() / 15 * 2 - 1, grid.x)
    step = (filled.x - grid.x) * 15 / 2
    assert float(step.min()) == pytest.approx(-0.5, abs=0.01)
    assert float(step.mean()) == pytest.approx(0, abs=0.01)
    assert torch.equal(filled.held_out, grid.held_out)
