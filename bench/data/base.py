"""What a data set is: samples for training, samples held out, and whatever is known exactly about their law."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor


class Modes(Protocol):
    """The known modes of a data set, and which of them a sample belongs to."""

    weights: Tensor  # [K], each mode's share, sums to 1

    def assign(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Samples x [..., *D] -> (nearest mode [...] int64, whether it counts as a sample of that mode [...] bool)."""
        ...


class Manifold(Protocol):
    """A manifold on which the data lies."""

    def distance(self, x: Tensor) -> Tensor:
        """Distance of x [..., *D] from the manifold [...], in the units of the data."""
        ...


class Law(Protocol):
    """A density that is known in closed form."""

    def log_density(self, x: Tensor, sigma: float = 0.0) -> Tensor:
        """log p(x) of the data after adding N(0, sigma² I); x [..., *D] -> [...], in nats."""
        ...

    def score(self, x: Tensor, sigma: float = 0.0) -> Tensor:
        """∇ log p(x) of the same; x [..., *D] -> [..., *D]."""
        ...


def _identity(x: Tensor) -> Tensor:
    return x


@dataclass(frozen=True)
class Data:
    """A data set in memory. Points are [N, d]; images are [N, C, H, W] in [-1, 1].

    `undo` maps what a model was shown back to the original space (a whitening stabilizer extends it);
    metrics and figures live in the original space only.
    """

    x: Tensor  # [N, *D] float32, what training draws from
    held_out: Tensor  # [M, *D] float32, never trained on: the floor of every metric
    labels: Tensor | None = None  # [N] int64
    held_out_labels: Tensor | None = None  # [M] int64
    classes: int = 0
    modes: Modes | None = None
    manifold: Manifold | None = None
    law: Law | None = None
    undo: Callable[[Tensor], Tensor] = field(default=_identity)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape *D of one sample."""
        return tuple(self.x.shape[1:])

    @property
    def is_image(self) -> bool:
        return self.x.ndim == 4


@dataclass(frozen=True, kw_only=True)
class Source(ABC):
    """A word under `datasets:`; its fields are the suite's options. Subclass it, one file each, named as the file."""

    @abstractmethod
    def load(self) -> Data:
        """The data, on the CPU; the same bits at every call. Raises DataError when files are missing or unreadable."""


class DataError(ValueError):
    """Data that can't be had: one line with the place and the remedy."""


@dataclass(frozen=True)
class GaussianMixture:
    """A mixture of K Gaussians: modes, density and score in closed form.

    p(x) = Σ_k w_k N(x; m_k, S_k). A sample belongs to its nearest mode in Mahalanobis distance and counts
    when that distance is at most `within` standard deviations (3 in Metz et al. 2017 and Lin et al. 2018).
    """

    means: Tensor  # [K, d]
    covariances: Tensor  # [K, d, d]
    weights: Tensor  # [K]
    within: float = 3.0

    def _squared(self, x: Tensor, covariances: Tensor) -> Tensor:
        factor = torch.linalg.cholesky(covariances)  # [K, d, d]
        gap = (x[..., None, :] - self.means.to(x)).unsqueeze(-1)  # [..., K, d, 1]
        return torch.linalg.solve_triangular(factor, gap, upper=False).square().sum((-2, -1))  # [..., K]

    def assign(self, x: Tensor) -> tuple[Tensor, Tensor]:
        squared, mode = self._squared(x, self.covariances.to(x)).min(-1)
        return mode, squared <= self.within**2

    def _noised(self, x: Tensor, sigma: float) -> Tensor:
        eye = torch.eye(self.means.shape[1], dtype=x.dtype, device=x.device)
        return self.covariances.to(x) + sigma**2 * eye

    def _log_terms(self, x: Tensor, sigma: float) -> Tensor:
        covariances = self._noised(x, sigma)
        constant = torch.logdet(2 * torch.pi * covariances)  # [K]
        return self.weights.to(x).log() - 0.5 * (self._squared(x, covariances) + constant)

    def log_density(self, x: Tensor, sigma: float = 0.0) -> Tensor:
        return torch.logsumexp(self._log_terms(x, sigma), -1)

    def score(self, x: Tensor, sigma: float = 0.0) -> Tensor:
        share = self._log_terms(x, sigma).softmax(-1)  # [..., K]
        precision = torch.linalg.inv(self._noised(x, sigma))  # [K, d, d]
        pull = (precision @ (self.means.to(x) - x[..., None, :]).unsqueeze(-1)).squeeze(-1)  # [..., K, d]
        return (share.unsqueeze(-1) * pull).sum(-2)

    def draw(self, n: int, generator: torch.Generator) -> Tensor:
        """n samples [n, d], float32, in the order of the generator."""
        mode = torch.multinomial(self.weights, n, replacement=True, generator=generator)
        noise = torch.randn(n, self.means.shape[1], generator=generator)
        return self.means[mode] + (torch.linalg.cholesky(self.covariances)[mode] @ noise.unsqueeze(-1)).squeeze(-1)
