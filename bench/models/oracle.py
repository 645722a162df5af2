"""The denoiser that can't be improved: what is left is the error of the sampler, and of chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache

import torch
from torch import Tensor, nn

from bench.architectures.base import Architecture
from bench.data.base import Data, GaussianMixture
from bench.diffusion.base import Diffusion
from bench.diffusion.labels import Network
from bench.diffusion.paths import GaussianPath
from bench.diffusion.samplers import Sampler, Step
from bench.models.edm import EDM
from bench.plugins.ranges import NonNegative
from bench.training.game import Game, Params
from bench.training.loss_inputs import expand_like
from bench.training.nets import Net
from bench.training.rng import Rng


class Offset(nn.Module):
    """theta [d], added to every guess; it starts at N(0, std²)."""

    def __init__(self, size: int, std: float) -> None:
        super().__init__()
        self.theta = nn.Parameter(std * torch.randn(size))

    def forward(self, guess: Tensor) -> Tensor:
        return guess + self.theta


@dataclass(frozen=True, kw_only=True)
class Oracle(Diffusion):
    """guess = E[target | x_t] + θ on data whose law is a mixture of Gaussians; θ [d] is all that is trained, and ends at 0.

    E[x0|x_t] = Σ_k w_k(x_t) (μ_k + αΣ_k S_k⁻¹ (x_t - αμ_k)) with S_k = α²Σ_k + σ²I and w_k ∝ w_k N(x_t; αμ_k, S_k);
    E[ε|x_t] = σ Σ_k w_k S_k⁻¹ (x_t - αμ_k); the target's follows. `of` is the diffusion or flow model whose path, weights
    and sampler are used: `oracle(of=edm(sample_steps=6))`. Source: Karras et al. 2022, appendix B.3 (the ideal denoiser),
    for Gaussians.
    """

    of: Game = field(default_factory=EDM)
    noise: NonNegative = 0.1  # standard deviation of θ's start

    arch: str | Architecture = field(default="", metadata={"hidden": True})
    width: int = field(default=0, metadata={"hidden": True})
    depth: int = field(default=0, metadata={"hidden": True})
    sample_steps: int = field(default=1, metadata={"hidden": True})  # `of` has them
    conditional: bool = field(default=False, metadata={"hidden": True})
    guidance: float = field(default=0.0, metadata={"hidden": True})
    drop: float = field(default=0.0, metadata={"hidden": True})

    def check(self) -> None:
        if not isinstance(self.of, Diffusion):
            raise ValueError(f"of={type(self.of).__name__.lower()} does not denoise: choose edm, ddpm or flow")
        if self.of.conditional:
            raise ValueError("an oracle is told no labels: leave conditional=True out")

    @cached_property
    def model(self) -> Diffusion:
        """The model whose denoiser is replaced."""
        assert isinstance(self.of, Diffusion), "check() first"
        return replace(self.of, data=self.data)

    @property
    def path(self) -> GaussianPath:
        return self.model.path

    @property
    def walker(self) -> Sampler:
        return self.model.walker

    @property
    def prior(self) -> float:
        return self.model.prior

    @property
    def bounds(self) -> tuple[float, float] | None:
        return self.model.bounds

    @property
    def nfe(self) -> int:
        return self.model.nfe

    def steps(self) -> Sequence[Step]:
        return self.model.steps()

    def times(self, n: int, rng: Rng) -> Tensor:
        return self.model.times(n, rng)

    def weight(self, t: Tensor) -> Tensor:
        return self.model.weight(t)

    def make_nets(self, data: Data) -> dict[str, Net]:
        if not isinstance(data.law, GaussianMixture):
            raise ValueError("oracle needs data whose law is a mixture of Gaussians; of this one it is not known")
        return {"net": Net(Offset, size=data.law.means.shape[1], std=self.noise)}

    @property
    def law(self) -> GaussianMixture:
        assert self.data is not None, "build(data) first"
        assert isinstance(self.data.law, GaussianMixture), "make_nets(data) first"
        return self.data.law

    def network(self, params: Params) -> Network:
        net = self.nets["net"].at(params["net"])

        def guess(x: Tensor, t: Tensor, y: Tensor | None) -> Tensor:
            alpha, sigma = self.path.levels(t)
            x0, noise = posterior_means(self.law, x, alpha, sigma)
            a, b = self.path.aim(alpha, sigma)
            return net(expand_like(a, x) * x0 + expand_like(b, x) * noise)  # type: ignore[no-any-return]

        return guess


@lru_cache(maxsize=64)
def _held(numbers: Tensor, device: torch.device, dtype: torch.dtype) -> Tensor:
    """On a device once: a copy in every step could not be captured in a CUDA graph."""
    return numbers.to(device, dtype)


def posterior_means(law: GaussianMixture, x: Tensor, alpha: Tensor, sigma: Tensor) -> tuple[Tensor, Tensor]:
    """E[x0 | x_t] and E[ε | x_t], each [B, d], of x_t [B, d] at the levels α, σ [B]; at σ = 0 too."""
    weights, means, covariances = (  # [K], [K, d], [K, d, d]
        _held(part, x.device, x.dtype) for part in (law.weights, law.means, law.covariances)
    )
    eye = torch.eye(means.shape[1], dtype=x.dtype, device=x.device)
    noised = (
        alpha[:, None, None, None].square() * covariances + sigma[:, None, None, None].square() * eye
    )  # [B, K, d, d]
    gap = x[:, None] - alpha[:, None, None] * means  # [B, K, d]
    pull = torch.linalg.solve(noised, gap[..., None])[..., 0]  # S⁻¹ gap
    log_weight = weights.log() - 0.5 * ((gap * pull).sum(-1) + torch.linalg.slogdet(noised)[1])
    ends = means + alpha[:, None, None] * (covariances @ pull[..., None])[..., 0]
    share = log_weight.softmax(-1)[..., None]
    return (share * ends).sum(1), sigma[:, None] * (share * pull).sum(1)
