"""Adversarial losses against the divergences and the probabilities that they stand for."""

import pytest
import torch
import torch.nn.functional as F

from bench.training import losses
from tests.stabilizers.moments import duel

P, Q = torch.tensor([0.5, 0.3, 0.2]).double(), torch.tensor([0.2, 0.2, 0.6]).double()
RATIO = P / Q
MIX = (P + Q) / 2
DIVERGENCES = {  # word -> (the divergence, the best critic's logit at each outcome)
    "kl": ((P * RATIO.log()).sum(), 1 + RATIO.log()),
    "reverse_kl": (-(Q * RATIO.log()).sum(), RATIO.log()),
    "pearson": (((P - Q).square() / Q).sum(), 2 * (RATIO - 1)),
    "squared_hellinger": ((P.sqrt() - Q.sqrt()).square().sum(), RATIO.log() / 2),
    "jensen_shannon": ((P * (P / MIX).log()).sum() + (Q * (Q / MIX).log()).sum(), RATIO.log()),
}


def outcomes(probabilities):
    """1000 samples, outcome k as a one-hot row, in exact proportion."""
    counts = (probabilities * 1000).round().long()
    return torch.eye(3).double().repeat_interleave(counts, 0)


@pytest.mark.parametrize("word", DIVERGENCES)
def test_the_best_critic_of_an_f_gan_tells_the_divergence(word):
    divergence, best = DIVERGENCES[word]
    pair = losses.pair(word)
    scene = duel(outcomes(P), outcomes(Q), lambda x: x @ best)
    torch.testing.assert_close(-pair.critic(scene), divergence)
    slope = torch.func.grad(lambda v: pair.critic(duel(outcomes(P), outcomes(Q), lambda x: x @ v)))(best)
    torch.testing.assert_close(slope, torch.zeros(3).double())


@pytest.mark.parametrize("word", [w for w in losses.words() if w.startswith("relativistic")])
def test_relativistic_losses_are_symmetric_and_ignore_a_constant(word):
    pair, scene = losses.pair(word), duel(n=16)
    exchanged = duel(scene.fake, scene.real)
    torch.testing.assert_close(pair.generator(scene), pair.critic(exchanged))
    shifted = duel(scene.real, scene.fake, lambda x: scene.critic(x) + 3)
    torch.testing.assert_close(pair.critic(shifted), pair.critic(scene))


def test_relativistic_average_is_binary_cross_entropy():
    scene = duel(n=16)
    real, fake = scene.r - scene.f.mean(), scene.f - scene.r.mean()
    bce = F.binary_cross_entropy_with_logits
    expected = bce(real, torch.ones(16)) + bce(fake, torch.zeros(16))
    torch.testing.assert_close(losses.pair("relativistic_average").critic(scene), expected)


def test_paired_relativistic():
    scene = duel(n=16)
    expected = -torch.sigmoid(scene.r - scene.f).log().mean()
    torch.testing.assert_close(losses.pair("relativistic").critic(scene), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("word", losses.words())
def test_the_generator_wants_higher_logits_where_the_critic_wants_lower(word):
    """At equal logits, pushing a fake's logit up helps G and hurts D."""
    pair, x = losses.pair(word), torch.eye(2)
    gradients = [
        torch.func.grad(lambda v, side=side: side(duel(x * 0.1, v[:, None] * x, lambda x: x.sum(1))))(
            torch.ones(2) * 0.1
        )
        for side in (pair.generator, pair.critic)
    ]
    assert (gradients[0] < 0).all()
    assert (gradients[1] > 0).all()
