"""What the critic is shown: packed, blurred."""

import pytest
import torch

from bench.stabilizers.feature_matching import FeatureMatching
from bench.stabilizers.instance_noise import InstanceNoise
from bench.stabilizers.pacgan import PacGAN
from bench.stabilizers.weight_clip import WeightClip
from bench.training.engine import Engine
from tests.laws.cases import game, images, points, run
from tests.stabilizers.contexts import adversarial_inputs, context


def test_packing_joins_neighbours():
    packed = PacGAN(pack=4).loss_inputs(adversarial_inputs(n=8), context())
    assert packed.real.shape == (2, 8)
    assert torch.equal(packed.real[0], adversarial_inputs(n=8).real[:4].flatten())
    assert torch.equal(packed.fake[1], adversarial_inputs(n=8).fake[4:].flatten())


def test_images_are_packed_by_channel():
    engine = Engine(game("gan", arch="dcgan"), images(), [0], [PacGAN(pack=2)], batch=8, mapping="loop")
    assert engine.game.nets["D"].options["shape"] == (2, 8, 8)
    assert run(engine, 1).alive.all()


def test_a_batch_that_cannot_be_packed_is_refused():
    assert "multiple of pack=3" in str(PacGAN(pack=3).refuses_batch(8))
    assert PacGAN(pack=4).refuses_batch(8) is None


def test_a_batch_can_count_packs_as_the_authors_do():
    """Lin et al. 2018: 100 logits of 100 m samples."""
    packs = PacGAN(pack=3, batch_of="packs")
    engine = Engine(game("gan"), points(), [0], [packs], batch=16, mapping="loop")
    assert packs.refuses_batch(16) is None
    assert engine.batch == 48
    assert engine.draw_batch(engine.init_state()).x.shape == (1, 48, 2)
    assert run(engine, 2).alive.all()


def test_a_critic_of_labels_is_not_packed():
    with pytest.raises(ValueError, match="labels"):
        Engine(game("gan", conditional=True), points(), [0], [PacGAN()])


@pytest.mark.parametrize(("step", "share"), [(0, 1.0), (25, 0.75), (100, 0.0), (150, 0.0)])
def test_instance_noise_is_annealed(step, share):
    zeros = torch.zeros(20_000, 2)
    noisy = InstanceNoise(std=2.0, until=100).loss_inputs(adversarial_inputs(zeros, zeros), context(step=step))
    for x in (noisy.real, noisy.fake):
        assert float(x.std()) == pytest.approx(2.0 * share, rel=0.02)
    assert share == 0 or not torch.equal(noisy.real, noisy.fake)


def test_clipped_weights_stay_in_the_box():
    state = run(Engine(game("gan"), points(), [0, 1], [WeightClip(clip=0.02)], batch=16), 3)
    assert float(state.params["D"].abs().max()) == pytest.approx(0.02)
    assert float(state.params["G"].abs().max()) > 0.02


def test_matched_features():
    """φ(x) = x: the distance of the means, squared."""
    inputs = adversarial_inputs(
        torch.tensor([[1.0, 0.0], [3.0, 0.0]]), torch.tensor([[0.0, 1.0], [0.0, 3.0]]), features=lambda x: x
    )
    own = torch.tensor(10.0)
    assert float(FeatureMatching(weight=0.5).loss(own, inputs, context("G"))) == pytest.approx(0.5 * 8)
    assert float(FeatureMatching(adversarial=1.0).loss(own, inputs, context("G"))) == pytest.approx(18)
    assert float(FeatureMatching().loss(own, inputs, context("D"))) == 10
