"""Denoising diffusion GANs: a few large denoising steps, each made by a generator against a critic of that step."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor

from bench.architectures.base import architecture
from bench.data.base import Data
from bench.models.gan import GAN
from bench.plugins.ranges import Positive, Repeats
from bench.training.game import Batch, Params
from bench.training.loss_inputs import AdversarialInputs, expand_like
from bench.training.nets import Net
from bench.training.rng import Rng


@dataclass(frozen=True, kw_only=True)
class DDGAN(GAN):
    """D sees x_{t-1} beside (x_t, t); G guesses x0 from (x_t, z, t) and x̃_{t-1} ~ q(x_{t-1} | x_t, x̃0).

    x_t = √ᾱ_t x0 + √(1-ᾱ_t) ε with ᾱ_t = exp(-β_min s - ½(β_max - β_min) s²), s = t/T and T = `steps`. t is uniform on
    1 … T; real and fake x_{t-1} of a row share x_t, and the noise of the fake's posterior is drawn once for a loss.
    It is an adversarial game: each regularizer of a critic acts on x ↦ D(x, x_t, t). The paper's own is R1 on real x_{t-1}.
    So β_t = 1 - exp(-β_min/T - ½(β_max - β_min)(2t - 1)/T²), as in the paper, where x_0 is clean. Its code departs from it
    twice, and this does not: its times are ε + (1 - ε) t/T with ε = 1e-3 (for T = 4 no β_t differs by more than .002), and its
    networks are told the index of x_{t-1}, 0 … T-1; here they are told that of x_t, as eq. 4 writes it, as t/T in (0, 1].
    Source: Xiao et al. 2022, eqs. 4, 5 and 7 (T = 4; β_min .1, β_max 20 in appendix C).
    """

    steps: Repeats = 4
    beta_min: Positive = 0.1
    beta_max: Positive = 20.0

    def __post_init__(self) -> None:
        if self.steps < 1 or not 0 < self.beta_min <= self.beta_max:
            raise ValueError("ddgan needs steps ≥ 1 and 0 < beta_min ≤ beta_max")

    @property
    def paired(self) -> bool:
        return True

    @property
    def nfe(self) -> int:
        return self.steps

    def make_nets(self, data: Data) -> dict[str, Net]:
        arch = architecture(self.arch, data.shape, "unet", self.width, self.depth)
        classes = self.told(data, self.conditional)
        first, *rest = data.shape
        return {
            "G": Net(arch.denoiser, shape=data.shape, latent=self.latent, classes=classes),
            "D": Net(arch.critic, shape=(2 * first, *rest), timed=True, classes=classes),
        }

    def kept(self, t: Tensor) -> Tensor:
        """ᾱ_t [B], the share of the data's variance that is left; ᾱ_0 = 1."""
        s = t / self.steps
        return (-self.beta_min * s - 0.5 * (self.beta_max - self.beta_min) * s.square()).exp()

    def posterior(self, x0: Tensor, x_t: Tensor, t: Tensor, noise: Tensor) -> Tensor:
        """A draw from q(x_{t-1} | x_t, x0) [B, *D], made from noise [B, *D]; x0 itself where t = 1.

        Mean (√ᾱ_{t-1} β_t x0 + √α_t (1-ᾱ_{t-1}) x_t)/(1-ᾱ_t), variance β_t (1-ᾱ_{t-1})/(1-ᾱ_t).
        Source: Ho et al. 2020, eq. 7.
        """
        now, before = self.kept(t), self.kept(t - 1)
        alpha = now / before
        rest = 1 - now
        mean = (
            expand_like(before.sqrt() * (1 - alpha) / rest, x0) * x0
            + expand_like(alpha.sqrt() * (1 - before) / rest, x0) * x_t
        )
        return mean + expand_like(((1 - alpha) * (1 - before) / rest).sqrt(), x0) * noise

    def loss_inputs(self, player: str, params: Params, batch: Batch, rng: Rng) -> AdversarialInputs:
        label: dict[str, Any] = {"y": batch.y} if self.conditional else {}
        n, shape = len(batch.x), batch.x.shape
        t = (rng.integers(self.steps, n) + 1).to(batch.x.dtype)
        now, before = self.kept(t), self.kept(t - 1)
        real = expand_like(before.sqrt(), batch.x) * batch.x + expand_like((1 - before).sqrt(), batch.x) * rng.normal(
            *shape
        )
        alpha = expand_like(now / before, batch.x)
        x_t = alpha.sqrt() * real + (1 - alpha).sqrt() * rng.normal(*shape)
        z, noise = rng.normal(n, self.latent), rng.normal(*shape)
        denoiser, judge = self.nets["G"].at(params["G"]), self.nets["D"].at(params["D"])

        def generate(z: Tensor) -> Tensor:
            return self.posterior(denoiser(x_t, t / self.steps, z=z, **label), x_t, t, noise)

        def critic(x: Tensor, **more: Any) -> Tensor:
            return judge(torch.cat([x, x_t], 1), t / self.steps, **label, **more)  # type: ignore[no-any-return]

        return AdversarialInputs(real, generate(z), critic, partial(critic, features=True), z, generate)

    def sample(self, params: Params, n: int, rng: Rng) -> Tensor:
        label: dict[str, Any] = {"y": rng.integers(self.classes, n)} if self.conditional else {}
        denoiser, x = self.nets["G"].at(params["G"]), rng.normal(n, *self.shape)
        for step in range(self.steps, 0, -1):
            t = x.new_full((n,), step)
            x0 = denoiser(x, t / self.steps, z=rng.normal(n, self.latent), **label)
            x = self.posterior(x0, x, t, rng.normal(*x.shape))
        return x
