"""Stabilizers of diffusion models and of the VAE."""

from itertools import permutations

import pytest
import torch

from bench.diffusion.paths import GaussianPath
from bench.diffusion.targets import eps, v, velocity, x0
from bench.stabilizers._assignment import assign
from bench.stabilizers.beta_schedule import BetaSchedule
from bench.stabilizers.free_bits import FreeBits
from bench.stabilizers.input_perturbation import InputPerturbation
from bench.stabilizers.min_snr import MinSNR
from bench.stabilizers.offset_noise import OffsetNoise
from bench.stabilizers.ot_coupling import OTCoupling
from bench.stabilizers.p2 import P2
from bench.stabilizers.truncated_snr import TruncatedSNR
from bench.training.loss_inputs import DenoisingInputs, VAEInputs
from tests.stabilizers.contexts import context, rng

T = torch.linspace(0.05, 0.95, 7).double()
ALPHA, SIGMA = T.cos(), T.sin()  # variance preserving
SNR = (ALPHA / SIGMA).square()


def denoising(aim=eps, shape=(2,), n=7):
    source = rng(3)
    path = GaussianPath(lambda t: (t.cos(), t.sin()), aim)
    return DenoisingInputs(
        source.normal(n, *shape), source.normal(n, *shape), T[:n], path, lambda x, t: x, torch.ones_like
    )


@pytest.mark.parametrize(
    ("aim", "expected"),
    [(eps, SNR.clamp(max=5) / SNR), (v, SNR.clamp(max=5) / (SNR + 1)), (x0, SNR.clamp(max=5))],
)
def test_min_snr_of_each_target(aim, expected):
    assert (SNR > 5).any()
    assert (SNR < 5).any()
    torch.testing.assert_close(MinSNR().loss_inputs(denoising(aim), context()).weight(T), expected)


def test_p2_and_truncated_snr_on_the_noise():
    torch.testing.assert_close(P2(gamma=0.5).loss_inputs(denoising(), context()).weight(T), (1 + SNR) ** -0.5)
    torch.testing.assert_close(TruncatedSNR().loss_inputs(denoising(x0), context()).weight(T), SNR.clamp(min=1))


def test_min_snr_of_a_velocity_is_that_of_the_clean_sample():
    """For whatever target, weight times its squared error is min(SNR, γ) times that of the x0 it implies."""
    inputs = MinSNR().loss_inputs(denoising(velocity), context())
    error = (ALPHA + SIGMA).square().reciprocal() * SIGMA.square()  # of x0 for a unit error of the velocity
    torch.testing.assert_close(inputs.weight(T), SNR.clamp(max=5) * error)


@pytest.mark.parametrize(("shape", "offsets"), [((3, 5, 5), (3, 1, 1)), ((4,), (1,))])
def test_offset_noise_is_constant_over_an_image(shape, offsets):
    inputs = denoising(shape=shape)
    moved = OffsetNoise(strength=0.5).loss_inputs(inputs, context()).noise - inputs.noise
    assert torch.allclose(moved, moved[(slice(None), *(slice(n) for n in offsets))].expand_as(moved), atol=1e-6)
    assert float(moved.flatten(1).std(0).min()) > 0


def test_perturbed_input_keeps_its_target():
    inputs = denoising()
    moved = InputPerturbation(strength=0.1).loss_inputs(inputs, context())
    assert torch.equal(moved.target, inputs.target)
    expected = SIGMA[:, None] * 0.1 * rng().normal(7, 2)
    torch.testing.assert_close(moved.x_t - inputs.x_t, expected, atol=1e-6, rtol=1e-5)


def test_the_pairing_is_the_best_of_all():
    a, b = rng(1).normal(6, 3), rng(2).normal(6, 3)
    rows = assign(a, b)
    best = min(float((a - b[list(order)]).square().sum()) for order in permutations(range(6)))
    assert float((a - b[rows]).square().sum()) == pytest.approx(best)


def test_seeds_are_paired_each_on_their_own():
    a, b = rng(1).normal(3, 9, 2), rng(2).normal(9, 2)
    mapped = torch.func.vmap(assign, in_dims=(0, None))(a, b)
    assert torch.equal(mapped, torch.stack([assign(x, b) for x in a]))


def test_coupling_moves_noise_and_not_data():
    inputs = denoising()
    coupled = OTCoupling().loss_inputs(inputs, context())
    assert torch.equal(coupled.x0, inputs.x0)
    assert torch.equal(coupled.noise.sort(0).values, inputs.noise.sort(0).values)
    assert float((coupled.noise - coupled.x0).square().sum()) < float((inputs.noise - inputs.x0).square().sum())


def latent(kl_per_coordinate, beta=2.0):
    """Means such that each coordinate's divergence is the one asked for."""
    mean = (2 * torch.tensor(kl_per_coordinate)).sqrt().expand(4, -1)
    zero = torch.zeros_like(mean)
    return VAEInputs(zero, mean, zero, zero, lambda z: z, lambda x, output: zero[:, 0], beta)


def test_free_bits():
    inputs = latent([0.05, 0.4])
    own = 2.0 * inputs.kl.sum(1).mean()
    torch.testing.assert_close(FreeBits(nats=0.1).loss(own, inputs, context("net")), torch.tensor(2.0 * (0.1 + 0.4)))
    torch.testing.assert_close(FreeBits(nats=0.01).loss(own, inputs, context("net")), own)


@pytest.mark.parametrize(
    ("step", "cycle", "beta"), [(0, 0, 0.2), (4, 0, 1.0), (50, 0, 2.0), (21, 20, 0.4), (35, 20, 2.0)]
)
def test_beta_grows(step, cycle, beta):
    inputs = BetaSchedule(until=10, cycle=cycle).loss_inputs(latent([0.1]), context("net", step=step))
    assert float(inputs.beta) == pytest.approx(beta)
