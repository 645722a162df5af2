"""Targets and the algebra between them."""

from dataclasses import replace

import pytest
import torch

from bench.data.base import Data
from bench.diffusion.paths import Level
from bench.diffusion.weights import min_snr, p2, simple, truncated
from bench.models.ddpm import DDPM
from bench.models.edm import EDM
from bench.models.flow import Flow
from bench.training.loss_inputs import DenoisingInputs

GAMES = {
    "eps": DDPM(target="eps"),
    "x0": DDPM(target="x0", schedule="cosine"),
    "v": DDPM(target="v", schedule="sigmoid", zero_snr=True),
    "vp": DDPM(schedule="vp"),
    "edm": EDM(sigma_data=0.7),
    "flow": Flow(),
}


def levels(path, t):
    alpha, sigma = path.levels(torch.tensor([t], dtype=torch.float64))
    return Level(t, float(alpha), float(sigma))


@pytest.mark.parametrize("word", GAMES)
@pytest.mark.parametrize("t", [0.1, 0.5, 0.9])
def test_the_exact_target_gives_back_both_ends(word, t):
    path = GAMES[word].path
    x0, noise = torch.randn(2, 50, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    times = torch.full((50,), t, dtype=torch.float64)
    ends = path.split(path.target(x0, noise, times), path.mix(x0, noise, times), levels(path, t))
    torch.testing.assert_close(ends, (x0, noise), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("word", GAMES)
def test_gain_turns_an_error_of_the_target_into_one_of_x0(word):
    path, t = GAMES[word].path, 0.4
    x_t, guess, other = torch.randn(3, 20, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    change = path.split(guess, x_t, levels(path, t))[0] - path.split(other, x_t, levels(path, t))[0]
    gain = path.gain(torch.tensor([t], dtype=torch.float64))
    torch.testing.assert_close(change.square(), gain * (guess - other).square())


def test_all_targets_are_one_denoiser():
    """A guess made from (x0, noise) by any of the three targets of one schedule leads to the same two ends."""
    x0, noise = torch.randn(2, 10, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    times = torch.full((10,), 0.3, dtype=torch.float64)
    for word in ("eps", "x0", "v"):
        path = DDPM(target=word).path
        x_t = path.mix(x0, noise, times)
        found = path.split(path.target(x0, noise, times), x_t, levels(path, 0.3))
        torch.testing.assert_close(found, (x0, noise))
    velocity, alpha, sigma = DDPM(target="v").path.target(x0, noise, times), *path.levels(times[:1])
    torch.testing.assert_close(velocity, alpha * noise - sigma * x0)


@pytest.mark.parametrize(
    ("target", "closed"),
    [
        ("eps", lambda snr, least: least / snr),
        ("v", lambda snr, least: least / (snr + 1)),
        ("x0", lambda snr, least: least),
    ],
)
def test_min_snr_weights(target, closed):
    """The three forms of Hang et al. 2023, section 3.4."""
    path = DDPM(target=target).path
    t = torch.arange(1, 1001, dtype=torch.float64) / 1000
    snr = path.snr(t)
    torch.testing.assert_close(min_snr(path, t), closed(snr, snr.clamp(max=5)))


def test_weights_on_the_noise():
    path = DDPM(target="eps").path
    t = torch.arange(1, 1001, dtype=torch.float64) / 1000
    snr = path.snr(t)
    torch.testing.assert_close(p2(path, t), 1 / (1 + snr))
    torch.testing.assert_close(truncated(path, t), (1 / snr).clamp(min=1))
    assert (simple(path, t) == 1).all()


def test_edm_is_the_weighted_denoising_loss():
    """‖F - F*‖² is λ(σ) ‖D - x0‖² with the formulas of Karras et al. 2022, table 1, written out."""
    sd, game = 0.7, GAMES["edm"]
    x0, noise, out = torch.randn(3, 40, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    sigma = torch.linspace(0.01, 20, 40, dtype=torch.float64)
    t = (sigma.log() - torch.tensor(0.002).double().log()) / (torch.tensor(80.0 / 0.002).double().log())
    inputs = DenoisingInputs(x0, noise, t, game.path, lambda x, t: out, game.weight)
    s = sigma[:, None]
    x = x0 + s * noise
    denoised = sd**2 / (s**2 + sd**2) * x + s * sd / (s**2 + sd**2).sqrt() * out
    weight = (sigma**2 + sd**2) / (sigma * sd) ** 2
    torch.testing.assert_close(
        game.weight(t) * inputs.error, weight * (denoised - x0).square().mean(1), rtol=1e-6, atol=1e-9
    )


def test_edm_shows_its_network_unit_variance_and_a_quarter_of_log_sigma():
    seen = {}

    class Watch:
        def at(self, theta):
            return lambda x, t, y: seen.update(x=x, t=t) or x

    n = 20_000
    generator = torch.Generator().manual_seed(4)
    data = Data(0.5 * torch.randn(n, 1, generator=generator), torch.zeros(1, 1))
    game = replace(EDM(), nets={"net": Watch()}, data=data)
    sigma = torch.full((n,), 3.0)
    t = torch.full((n,), game.level(3.0).t)
    game.network({"net": None})(data.x + 3 * torch.randn(n, 1, generator=generator), t, None)
    assert seen["x"].std() == pytest.approx(1, abs=0.02)  # standard error .005
    torch.testing.assert_close(seen["t"], sigma.log() / 4)


def test_a_scene_can_be_altered_after_the_draw():
    path = GAMES["eps"].path
    x0, noise = torch.ones(4, 2), torch.zeros(4, 2)
    inputs = DenoisingInputs(x0, noise, torch.full((4,), 0.5), path, lambda x, t: x, GAMES["eps"].weight)
    before = inputs.error
    torch.testing.assert_close(replace(inputs, noise=noise + 1).target, torch.ones(4, 2))
    assert not torch.equal(replace(inputs, jitter=torch.ones(4, 2)).error, before)
