"""What a data set is: samples for training, samples held out, and whatever is known exactly about their law."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar, Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor

from bench.hashing.content import digest
from bench.hashing.noise_keys import key_of

LARGEST_SLAB = 1 << 22  # numbers that a mixture's distances may take at once


class Modes(Protocol):
    """The known modes of a data set, and which of them a sample belongs to."""

    @property
    def weights(self) -> Tensor:
        """Each mode's share [K], summing to 1."""
        ...

    def assign(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Samples x [..., *D] -> (nearest mode [...] int64, whether it counts as a sample of that mode [...] bool)."""
        ...


class Manifold(Protocol):
    """A manifold on which the data lies."""

    def distance(self, x: Tensor) -> Tensor:
        """Distance of x [..., *D] from the manifold [...], in the units of the data."""
        ...


@runtime_checkable
class Round(Manifold, Protocol):
    """A manifold that is curved equally everywhere: its curvature is 1/radius."""

    @property
    def radius(self) -> float:
        """In the units of the data."""
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

    `undo` maps what a model was shown back to the original space (normalising points and a whitening stabilizer extend it);
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
class DataSource(ABC):
    """A word under `datasets:`; its fields are the suite's options. Subclass it, one file each, named as the file."""

    generated: ClassVar[bool] = False  # made by its code alone, which with its options says what it is

    def content(self, data: Data) -> str:
        """A hash of what was loaded, part of what identifies a cell; '' where code and options say it all.

        What is generated is left out since its last bits may depend on the processor.
        """
        if self.generated:
            return ""
        return digest(data.x, data.held_out, data.labels, data.held_out_labels)[:32]

    @abstractmethod
    def load(self) -> Data:
        """The data, on the CPU; the same bits at every call. Raises DataError when files are missing or unreadable."""


class DataError(ValueError):
    """Data that can't be had: one line with the place and the remedy."""


def keyed(*parts: object) -> np.random.Generator:
    """The noise that a data set is made of: equal parts, equal bits; no global random state is read or changed."""
    return np.random.Generator(np.random.Philox(key=key_of("data", *parts)))


@dataclass(frozen=True)
class GaussianMixture:
    """A mixture of K Gaussians: modes, density and score in closed form.

    p(x) = Σ_k w_k N(x; m_k, S_k). A sample belongs to its nearest mode in Mahalanobis distance and counts
    when that distance is at most `within` standard deviations (3 in Srivastava et al. 2017 and Lin et al. 2018).
    """

    means: Tensor  # [K, d]
    covariances: Tensor  # [K, d, d]
    weights: Tensor  # [K]
    within: float = 3.0

    def _squared(self, x: Tensor, covariances: Tensor) -> Tensor:
        whiten = torch.linalg.inv(torch.linalg.cholesky(covariances))  # [K, d, d]
        gap: Tensor = torch.einsum("kij,...kj->...ki", whiten, x[..., None, :] - self.means.to(x))  # [..., K, d]
        return gap.square().sum(-1)

    def assign(self, x: Tensor) -> tuple[Tensor, Tensor]:
        flat, (modes, d) = x.reshape(-1, x.shape[-1]), self.means.shape
        slabs = torch.split(flat, max(1, LARGEST_SLAB // (modes * d)))  # a thousand modes must not fill the memory
        nearest = [self._squared(slab, self.covariances.to(x)).min(-1) for slab in slabs]
        squared = torch.cat([n.values for n in nearest]).reshape(x.shape[:-1])
        return torch.cat([n.indices for n in nearest]).reshape(x.shape[:-1]), squared <= self.within**2

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
        out: Tensor = (share.unsqueeze(-1) * pull).sum(-2)
        return out

    def draw(self, n: int, source: np.random.Generator) -> tuple[Tensor, Tensor]:
        """n samples [n, d] float32 and the mode of each [n] int64, in the order of the source."""
        edges = self.weights.double().cumsum(0)[:-1].numpy()
        mode = torch.from_numpy(np.searchsorted(edges, source.random(n), side="right").astype(np.int64))
        noise = torch.from_numpy(source.standard_normal((n, self.means.shape[1]), dtype=np.float32))
        factor = torch.linalg.cholesky(self.covariances.double()).float()  # [K, d, d]
        return self.means.float()[mode] + _each_by(factor, mode, noise), mode


def _each_by(factor: Tensor, mode: Tensor, noise: Tensor) -> Tensor:
    """factor[mode[n]] noise[n] for each n: [K, d, d], [n], [n, d] -> [n, d]; a matrix each only where they are small."""
    if noise.numel() * noise.shape[1] <= LARGEST_SLAB:
        return torch.einsum("nij,nj->ni", factor[mode], noise)
    out = torch.empty_like(noise)
    for k in range(len(factor)):
        out[mode == k] = noise[mode == k] @ factor[k].T
    return out
