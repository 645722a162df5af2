"""Adversarial losses against the divergences and the probabilities that they stand for."""

import pytest
import torch
import torch.nn.functional as F

from bench.training import gan_losses
from tests.stabilizers.contexts import adversarial_inputs

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
    pair = gan_losses.pair(word)
    inputs = adversarial_inputs(outcomes(P), outcomes(Q), lambda x: x @ best)
    torch.testing.assert_close(-pair.critic(inputs), divergence)
    slope = torch.func.grad(lambda v: pair.critic(adversarial_inputs(outcomes(P), outcomes(Q), lambda x: x @ v)))(best)
    torch.testing.assert_close(slope, torch.zeros(3).double())


@pytest.mark.parametrize("word", [w for w in gan_losses.words() if w.startswith("relativistic")])
def test_relativistic_losses_are_symmetric_and_ignore_a_constant(word):
    pair, inputs = gan_losses.pair(word), adversarial_inputs(n=16)
    exchanged = adversarial_inputs(inputs.fake, inputs.real)
    torch.testing.assert_close(pair.generator(inputs), pair.critic(exchanged))
    shifted = adversarial_inputs(inputs.real, inputs.fake, lambda x: inputs.critic(x) + 3)
    torch.testing.assert_close(pair.critic(shifted), pair.critic(inputs))


def test_relativistic_average_is_binary_cross_entropy():
    inputs = adversarial_inputs(n=16)
    real, fake = inputs.r - inputs.f.mean(), inputs.f - inputs.r.mean()
    bce = F.binary_cross_entropy_with_logits
    expected = bce(real, torch.ones(16)) + bce(fake, torch.zeros(16))
    torch.testing.assert_close(gan_losses.pair("relativistic_average").critic(inputs), expected)


def test_paired_relativistic():
    inputs = adversarial_inputs(n=16)
    expected = -torch.sigmoid(inputs.r - inputs.f).log().mean()
    torch.testing.assert_close(gan_losses.pair("relativistic").critic(inputs), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("word", gan_losses.words())
def test_the_generator_wants_higher_logits_where_the_critic_wants_lower(word):
    """At equal logits, pushing a fake's logit up helps G and hurts D."""
    pair, x = gan_losses.pair(word), torch.eye(2)
    gradients = [
        torch.func.grad(lambda v, side=side: side(adversarial_inputs(x * 0.1, v[:, None] * x, lambda x: x.sum(1))))(
            torch.ones(2) * 0.1
        )
        for side in (pair.generator, pair.critic)
    ]
    assert (gradients[0] < 0).all()
    assert (gradients[1] > 0).all()
