"""GDPP: fakes take on the diversity of real samples, as the spectrum of their similarities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from bench.plugins.ranges import NonNegative
from bench.training.hooks import Stabilizer, StepContext
from bench.training.loss_inputs import AdversarialInputs

BROADENING = 1e-3  # δ as a share of the kernel's trace, which is B


@dataclass(frozen=True)
class GDPP(Stabilizer):
    """loss_G + weight · (Σ_i (λ_i - λ̃_i)² - Σ_i λ̂_i |v_i · ṽ_i|), eigenpairs of the kernels ΦΦᵀ of real and fake batch.

    Φ [B, F] are the critic's features, rows of unit length; λ̂ are the real eigenvalues scaled to [0, 1]. Kernels have
    at most F eigenvalues that are not 0: of the others, which have no direction, none is used. An eigenvector has no
    sign, so cosines count by size (the authors' code leaves the sign to chance, and has 1e-4 times a mean for the first sum).
    Where fakes lie close together most of their eigenvalues are near 0, and the directions of those are rounding's: two plays
    in double precision that begin 1e-15 apart are 2e-5 apart after two steps of Adam.
    Source: Elfeki et al. 2019 (GDPP).
    """

    weight: NonNegative = 1.0

    inputs_type: ClassVar[type] = AdversarialInputs
    works_on: ClassVar[str] = "G"

    def loss(self, loss: Tensor, inputs: AdversarialInputs, at: StepContext) -> Tensor:
        if at.player != "G":
            return loss
        real, directions = spectrum(inputs.features(inputs.real))
        fake, others = spectrum(inputs.features(inputs.fake))
        scaled = (real - real.amin()) / (real.amax() - real.amin())
        structure = (scaled * (directions * others).sum(0).abs()).sum()
        return loss + self.weight * ((real - fake).square().sum() - structure)


def spectrum(features: Tensor) -> tuple[Tensor, Tensor]:
    """Φ [B, F] -> the largest min(B, F) eigenvalues of the kernel [K], and their vectors [B, K].

    Decomposed as a constant; derivatives are those of first-order perturbation, λ_i' = v_iᵀK'v_i and
    v_i' = Σ_j v_j v_jᵀK'v_i Δ/(Δ² + δ²) with Δ = λ_i - λ_j: 1/Δ, but finite where eigenvalues coincide (Liao et al. 2019,
    section III.A).
    """
    phi = F.normalize(features, dim=1)
    kernel, rank = phi @ phi.t(), min(phi.shape)
    # A decomposition raises for all seeds where one seed's kernel is not finite: that seed gets another one here, and
    # its NaN back in the products below.
    constant = torch.where(
        kernel.isfinite().all(), kernel, torch.eye(len(phi), dtype=kernel.dtype, device=kernel.device)
    ).detach()
    values, vectors = torch.linalg.eigh(constant)
    gap = values - values[:, None]
    mixing = vectors.t() @ kernel @ vectors  # diagonal, as a number
    turned = vectors + vectors @ (mixing * gap / (gap.square() + (BROADENING * len(phi)) ** 2))
    return mixing.diagonal()[-rank:], turned[:, -rank:]
