"""The loops that the engine is measured against: what a good user writes by hand. nn.Module, fused Adam, one thread, one seed."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Step = Callable[[], None]


def mlp(inputs: int, outputs: int, width: int, depth: int) -> nn.Sequential:
    sizes = [inputs] + [width] * depth
    hidden = [layer for i, o in pairwise(sizes) for layer in (nn.Linear(i, o), nn.LeakyReLU(0.2))]
    return nn.Sequential(*hidden, nn.Linear(width, outputs))


def gan(generator: nn.Module, critic: nn.Module, x: Tensor, batch: int, latent: int) -> Step:
    """The non-saturating GAN: one step of the critic, one of the generator."""
    of_g, of_d = (torch.optim.Adam(m.parameters(), 1e-3, betas=(0.5, 0.9), fused=True) for m in (generator, critic))

    def step() -> None:
        real = x[torch.randint(len(x), (batch,))]
        with torch.no_grad():
            fake = generator(torch.randn(batch, latent))
        loss = F.softplus(-critic(real)).mean() + F.softplus(critic(fake)).mean()
        of_d.zero_grad()
        loss.backward()
        of_d.step()
        critic.requires_grad_(False)
        loss = F.softplus(-critic(generator(torch.randn(batch, latent)))).mean()
        of_g.zero_grad()
        loss.backward()
        of_g.step()
        critic.requires_grad_(True)

    return step


def wgan_gp(generator: nn.Module, critic: nn.Module, x: Tensor, batch: int, latent: int, weight: float = 1.0) -> Step:
    """A Wasserstein GAN with a penalty on slopes between real and fake, one step of each player."""
    of_g, of_d = (torch.optim.Adam(m.parameters(), 1e-3, betas=(0.5, 0.9), fused=True) for m in (generator, critic))

    def step() -> None:
        real = x[torch.randint(len(x), (batch,))]
        with torch.no_grad():
            fake = generator(torch.randn(batch, latent))
        share = torch.rand(batch, 1)
        between = (share * real + (1 - share) * fake).requires_grad_()
        (slope,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
        loss = critic(fake).mean() - critic(real).mean() + weight * (slope.norm(dim=1) - 1).square().mean()
        of_d.zero_grad()
        loss.backward()
        of_d.step()
        critic.requires_grad_(False)
        loss = -critic(generator(torch.randn(batch, latent))).mean()
        of_g.zero_grad()
        loss.backward()
        of_g.step()
        critic.requires_grad_(True)

    return step


def denoiser(network: nn.Module, x: Tensor, batch: int) -> Step:
    """Noise prediction under a cosine schedule in continuous time."""
    optimizer = torch.optim.Adam(network.parameters(), 1e-3, fused=True)

    def step() -> None:
        x0 = x[torch.randint(len(x), (batch,))]
        noise, t = torch.randn_like(x0), torch.rand(batch)
        angle = (t * torch.pi / 2).view(-1, *[1] * (x.ndim - 1))
        loss = (network(angle.cos() * x0 + angle.sin() * noise, t) - noise).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step
