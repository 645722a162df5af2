"""Adversarial flow models: a GAN whose generator carries noise to data by the shortest way, in one leap or in a few."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from types import UnionType
from typing import Any, ClassVar

from torch import Tensor

from bench.architectures.base import architecture
from bench.data.base import Data
from bench.models.gan import GAN
from bench.plugins.ranges import NonNegative, Repeats
from bench.training import gan_losses
from bench.training.game import Batch, Params
from bench.training.loss_inputs import AdversarialInputs, expand_like
from bench.training.nets import Net
from bench.training.rng import Rng


@dataclass(frozen=True)
class Transported(AdversarialInputs):
    """An adversarial game whose generator is asked not to carry a sample far."""

    source: Tensor  # x_s [B, *D], what the generator was given
    landed: Tensor  # G(x_s) [B, *D], before anybody altered it for the critic
    transport: Tensor | float  # the weight of the way that lies between


@dataclass(frozen=True, kw_only=True)
class AdversarialFlow(GAN):
    """D: loss_D + centring · E(D(x) + D(x̃))²; G: loss_G + transport · E ‖G(x_s) - x_s‖²/(D (s - t)).

    x_t = (1 - t) x0 + t ε: time goes from noise at 1 to data at 0 in k = `sample_steps` equal leaps from s to t = s - 1/k,
    drawn alike in training; with one leap G carries ε to data. D judges x_t, real ones made with noise of their own, and is
    told t where there is more than one. There is no latent code: the map is deterministic. A GAN leaves open which map it is;
    the transport penalty asks for a short one, with a small weight for the optimal transport of the squared distance.
    The paper's critic has R1 and R2 beside it, by finite differences: `+ r1(weight=0.5) + r2(weight=0.5)`, its .25 without
    the half. Its weight of transport falls from .2 to .005: `+ transport_schedule`. Its scaling of the critic's gradient at
    fakes by a running size, by which `transport` means the same beside all critics, is left out.
    Source: Lin et al. 2025 (Adversarial Flow Models); transport, centring and betas as in its code.
    """

    Inputs: ClassVar[type | UnionType] = Transported

    loss: str = field(default="relativistic", metadata={"words": gan_losses.words})
    betas: tuple[float, float] = (0.0, 0.9)
    transport: NonNegative = 0.2
    centring: NonNegative = 0.01
    sample_steps: Repeats = 1
    latent: int = field(default=0, metadata={"hidden": True})  # as long as a sample

    @property
    def paired(self) -> bool:
        return self.conditional or self.sample_steps > 1

    @property
    def nfe(self) -> int:
        return self.sample_steps

    def make_nets(self, data: Data) -> dict[str, Net]:
        arch = architecture(self.arch, data.shape, "unet", self.width, self.depth)
        classes = self.told(data, self.conditional)
        timed = {"timed": True} if self.sample_steps > 1 else {}
        return {
            "G": Net(arch.denoiser, shape=data.shape, classes=classes),
            "D": Net(arch.critic, shape=data.shape, classes=classes, **timed),
        }

    def loss_inputs(self, player: str, params: Params, batch: Batch, rng: Rng) -> Transported:
        label: dict[str, Any] = {"y": batch.y} if self.conditional else {}
        n, k, shape = len(batch.x), self.sample_steps, batch.x.shape
        s = (rng.integers(k, n) + 1).to(batch.x.dtype) / k
        t = s - 1 / k
        z, fresh = rng.normal(n, shape[1:].numel()), rng.normal(*shape)
        carry = self.nets["G"].at(params["G"])
        told = label | ({"t": t} if k > 1 else {})
        critic = partial(self.nets["D"].at(params["D"]), **told)

        def mixed(noise: Tensor, time: Tensor) -> Tensor:
            return expand_like(1 - time, batch.x) * batch.x + expand_like(time, batch.x) * noise

        def generate(z: Tensor) -> Tensor:
            return carry(mixed(z.view(shape), s), s, **label)  # type: ignore[no-any-return]

        landed = generate(z)
        return Transported(
            real=mixed(fresh, t),
            fake=landed,
            critic=critic,
            features=partial(critic, features=True),
            z=z,
            generate=generate,
            source=mixed(z.view(shape), s),
            landed=landed,
            transport=self.transport,
        )

    def objective(self, player: str, inputs: Transported) -> Tensor:  # type: ignore[override]
        loss = super().objective(player, inputs)
        if player == "D":
            return loss + self.centring * (inputs.r + inputs.f).square().mean()
        return loss + inputs.transport * (inputs.landed - inputs.source).square().mean() * self.sample_steps

    def sample(self, params: Params, n: int, rng: Rng) -> Tensor:
        label: dict[str, Any] = {"y": rng.integers(self.classes, n)} if self.conditional else {}
        x = rng.normal(n, *self.shape)
        for step in range(self.sample_steps, 0, -1):
            x = self.nets["G"](params["G"], x, x.new_full((n,), step / self.sample_steps), **label)
        return x
