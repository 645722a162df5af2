"""Terms of the critic's and the generator's loss, on inputs whose answers are known by hand."""

from dataclasses import replace

import pytest
import torch

from bench.stabilizers.adversarial_critic import AdversarialCritic
from bench.stabilizers.dragan import DRAGAN
from bench.stabilizers.gradient_normalization import GradientNormalization
from bench.stabilizers.gradient_penalty import GradientPenalty
from bench.stabilizers.historical_averaging import HistoricalAveraging
from bench.stabilizers.instance_noise import InstanceNoise
from bench.stabilizers.label_smoothing import LabelSmoothing
from bench.stabilizers.lecam import LeCam
from bench.stabilizers.max_gradient_penalty import MaxGradientPenalty
from bench.stabilizers.orthogonal import Orthogonal, overlap
from bench.stabilizers.path_length import PathLength, lengths
from bench.stabilizers.pulling_away import PullingAway
from bench.stabilizers.r2 import R2
from bench.stabilizers.roth import Roth
from bench.stabilizers.topk import TopK
from bench.training.engine import Engine
from bench.training.loss_inputs import gradient_norm
from tests.laws.cases import game, points, run
from tests.stabilizers.contexts import adversarial_inputs, context, linear, rng

ZERO = torch.zeros(())


def quadratic(x):
    return 0.5 * x.square().sum(1)


def test_r2_looks_at_fakes():
    inputs = adversarial_inputs(critic=quadratic)
    torch.testing.assert_close(R2(weight=3.0).loss(ZERO, inputs, context()), 1.5 * inputs.fake.square().sum(1).mean())


def test_dragan_of_a_critic_of_unit_slope():
    assert float(DRAGAN().loss(ZERO, adversarial_inputs(critic=lambda x: linear(x) / 5), context())) == pytest.approx(
        0, abs=1e-10
    )


def test_dragan_stays_near_the_data():
    """Real samples at 0 and 2 have standard deviation s; x̂ lies between x and x + s/2."""
    seen = []

    def critic(x):
        seen.append(x.detach())
        return linear(x)

    x = torch.tensor([[0.0, 0.0], [2.0, 2.0]])
    DRAGAN().loss(ZERO, adversarial_inputs(x, x, critic), context())
    moved = seen[-1] - x
    assert (moved >= 0).all()
    assert (moved <= x.std() / 2).all()
    assert (moved > 0).any()


@pytest.mark.parametrize("target", [0.0, 1.0, 5.0])
def test_a_penalty_pulls_the_slope_to_its_target(target):
    """The critic's slope is 5 everywhere."""
    inputs, weighted = adversarial_inputs(critic=linear), GradientPenalty(weight=2.0, target=target)
    assert float(weighted.loss(ZERO, inputs, context())) == pytest.approx(2 * (5 - target) ** 2, abs=1e-6)


@pytest.mark.parametrize(("until", "left"), [(0, 1.0), (10, 0.4), (6, 0.0)])
def test_instance_noise_fades_until_a_step_or_never(until, left):
    """At step 6; both sides are blurred, by noise of their own."""
    x = torch.zeros(5000, 2)
    shown = InstanceNoise(std=0.5, until=until).loss_inputs(adversarial_inputs(x, x, linear), context(step=6))
    assert float(shown.real.std()) == pytest.approx(0.5 * left, rel=0.03)
    assert float(shown.fake.std()) == pytest.approx(0.5 * left, rel=0.03)
    assert not left or not torch.equal(shown.real, shown.fake)


def test_the_largest_slope_counts():
    x = torch.tensor([[1.0, 0.0], [0.0, 4.0]])
    assert float(
        MaxGradientPenalty(weight=2.0).loss(ZERO, adversarial_inputs(x, x, quadratic), context())
    ) == pytest.approx(32)


@pytest.mark.parametrize(("step", "share"), [(0, 1.0), (50, 0.1), (100, 0.01), (300, 0.01)])
def test_roth_of_an_undecided_critic(step, share):
    """D(x) = 0 · x is undecided; with slope 5 at logit 0, (γ/2)(¼·25 + ¼·25)."""
    flat = torch.zeros(4, 2)
    found = float(Roth(weight=0.2, until=100).loss(ZERO, adversarial_inputs(flat, flat), context(step=step)))
    assert found == pytest.approx(share * 0.1 * 0.5 * 25, rel=1e-5)


def test_a_normalised_critic_is_one_lipschitz_and_bounded():
    inputs = GradientNormalization().loss_inputs(adversarial_inputs(), context())
    x = 3 * rng(5).normal(100, 2)
    torch.testing.assert_close(inputs.critic(x), linear(x) / (5 + linear(x).abs()))
    assert (inputs.critic(x).abs() < 1).all()
    torch.testing.assert_close(gradient_norm(inputs.critic, x), 25 / (5 + linear(x).abs()).square())


def test_lecam_by_hand():
    x, y = torch.tensor([[1.0, 0.0], [2.0, 0.0]]), torch.tensor([[0.0, 1.0], [-1.0, 0.0]])  # r = 3, 6; f = -4, -3
    at = context(memory={"real": torch.tensor(5.0), "fake": torch.tensor(4.0)})
    expected = 0.3 * ((0 + 4) / 2 + (81 + 64) / 2)
    assert float(LeCam().loss(ZERO, adversarial_inputs(x, y), at)) == pytest.approx(expected)
    part = LeCam(decay=0.9)
    seen = {"D": part.collect(adversarial_inputs(x, y), at)}
    first = part.update_memory(at.memory, {}, replace(at, collected=seen, step=torch.tensor(0)))
    assert float(first["real"]) == pytest.approx(4.5)
    later = part.update_memory(at.memory, {}, replace(at, collected=seen, step=torch.tensor(3)))
    assert float(later["real"]) == pytest.approx(0.9 * 5 + 0.1 * 4.5)
    assert float(later["fake"]) == pytest.approx(0.9 * 4 + 0.1 * -3.5)


@pytest.mark.parametrize(("norm", "change"), [("l2", 0.5), ("linf", 0.7)])
def test_the_attack_on_a_linear_wasserstein_critic(norm, change):
    """loss_D = f - r rises by radius · ‖w‖ (dual norm: 5 or 7) at the real and at the fake samples."""

    class Wasserstein:
        @staticmethod
        def objective(player, inputs):
            return inputs.f.mean() - inputs.r.mean()

    engine, inputs = type("Engine", (), {"game": Wasserstein})(), adversarial_inputs()
    part = AdversarialCritic(radius=0.1, norm=norm)
    found = part.loss(ZERO, inputs, context(engine=engine)) - (inputs.f.mean() - inputs.r.mean())
    # each sample's own gradient is w/B; its direction is what counts
    assert float(found) == pytest.approx(2 * change, rel=1e-4)


def test_smoothed_labels():
    """The change equals that of binary cross-entropy with label .9."""
    inputs, bce = adversarial_inputs(), torch.nn.functional.binary_cross_entropy_with_logits
    change = bce(inputs.r, torch.full((8,), 0.9)) - bce(inputs.r, torch.ones(8))
    torch.testing.assert_close(LabelSmoothing(amount=0.1).loss(ZERO, inputs, context()), change)
    assert "labels" in str(LabelSmoothing().refuses(game("gan", loss="wasserstein")))


@pytest.mark.parametrize(("fakes", "expected"), [([[2.0, 0.0], [5.0, 0.0]], 1.0), ([[2.0, 0.0], [0.0, 3.0]], 0.0)])
def test_pulling_away(fakes, expected):
    inputs = adversarial_inputs(fake=torch.tensor(fakes), features=lambda x: x)
    assert float(PullingAway(weight=1.0).loss(ZERO, inputs, context("G"))) == pytest.approx(expected)


def test_top_k_keeps_the_best():
    fake = torch.arange(8.0)[:, None] * torch.tensor([1.0, 0.0])
    kept = TopK(share=0.5).loss_inputs(adversarial_inputs(fake=fake), context("G", step=1_000_000)).fake[:, 0]
    assert sorted(kept.tolist()) == [4, 4, 5, 5, 6, 6, 7, 7]
    assert sorted(TopK().loss_inputs(adversarial_inputs(fake=fake), context("G")).fake[:, 0].tolist()) == list(range(8))
    assert torch.equal(TopK().loss_inputs(adversarial_inputs(fake=fake), context("D", step=1000)).fake, fake)


def test_historical_averaging_remembers_the_mean():
    part, at = HistoricalAveraging(weight=2.0), context()
    thetas = rng(1).normal(6, 4)
    memory = part.init_memory(None, {"D": thetas[0]})
    for k, theta in enumerate(thetas[1:]):
        memory = part.update_memory(memory, {"D": theta}, replace(at, step=torch.tensor(k)))
    torch.testing.assert_close(memory["D"], thetas.mean(0))
    here = replace(at, memory=memory, params={"D": thetas[5]})
    torch.testing.assert_close(part.loss(ZERO, None, here), 2 * (thetas[5] - thetas.mean(0)).square().sum())


def test_orthogonal_rows_have_no_overlap():
    assert float(overlap(torch.tensor([[3.0, 0.0], [0.0, 2.0]]))) == 0
    assert float(overlap(torch.tensor([[1.0, 1.0], [1.0, 2.0]]))) == pytest.approx(2 * 9)


def test_training_with_it_makes_rows_orthogonal():
    """In the square layer; sixteen rows in a plane can't be."""

    def total(parts):
        engine = Engine(game("gan", lr=0.02), points(), [0], parts, batch=16)
        weights = engine.game.nets["D"].unravel(run(engine, 40).params["D"][0]).values()
        (square,) = (w for w in weights if w.shape == (16, 16))
        return float(overlap(square))

    assert total([Orthogonal(weight=1.0, players=("D",))]) < 0.2 * total([])


def test_path_lengths_of_a_linear_generator():
    """G(z) = Az has lengths ‖Aᵀy‖; the penalty is their mean squared distance from the memory."""
    a = torch.tensor([[2.0, 0.0, 0.0], [0.0, 2.0, 0.0]])
    inputs = replace(adversarial_inputs(), generate=lambda z: z @ a.T)
    torch.testing.assert_close(lengths(inputs, context()), 2 * rng().normal(8, 2).norm(dim=1))
    found = PathLength(weight=3.0).loss(ZERO, inputs, context("G", memory=torch.tensor(1.5)))
    torch.testing.assert_close(found, 3 * (2 * rng().normal(8, 2).norm(dim=1) - 1.5).square().mean())
