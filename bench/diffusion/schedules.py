"""Noise schedules: how much signal is left after each of T steps, or at any time.

A schedule of steps is the name of a function here, T -> log ᾱ [T+1] float64, with log ᾱ_0 = 0 (clean data). The one in
continuous time, `vp`, needs no table.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Levels = NDArray[np.float64]

LARGEST_BETA = 0.999  # Nichol & Dhariwal 2021, section 3.2: keeps the last step from being singular


def linear(steps: int) -> Levels:
    """β from 1e-4 to 2e-2 in equal steps, times 1000/T so that any T destroys as much.

    Source: Ho et al. 2020, section 4.
    """
    betas = np.linspace(1e-4, 2e-2, steps) * (1000 / steps)
    return _accumulate(np.log1p(-np.minimum(betas, LARGEST_BETA)))


def cosine(steps: int, offset: float = 0.008) -> Levels:
    """ᾱ = f(t)/f(0), f(t) = cos²(π/2 · (t + s)/(1 + s)). Source: Nichol & Dhariwal 2021, eq. 17."""
    t = np.linspace(0, 1, steps + 1)
    return _clipped(np.cos(np.pi / 2 * (t + offset) / (1 + offset)) ** 2)


def sigmoid(steps: int, start: float = -3.0, end: float = 3.0) -> Levels:
    """ᾱ = (S(end) - S(start + t(end - start))) / (S(end) - S(start)), S the logistic function.

    Source: Chen 2023, algorithm 1.
    """
    t = np.linspace(0, 1, steps + 1)
    signal = 1 / (1 + np.exp(start + t * (end - start))) - 1 / (1 + np.exp(end))
    return _clipped(np.maximum(signal, 0))


SCHEDULES: dict[str, Callable[[int], Levels]] = {"linear": linear, "cosine": cosine, "sigmoid": sigmoid}


def _accumulate(log_keep: Levels) -> Levels:
    return np.concatenate([[0.0], np.cumsum(log_keep)])


def _clipped(signal: Levels) -> Levels:
    """ᾱ up to a factor [T+1] -> log ᾱ, no step's β above LARGEST_BETA."""
    return _accumulate(np.log(np.maximum(signal[1:] / signal[:-1], 1 - LARGEST_BETA)))


def vp_log_signal(t: Any, beta_min: float, beta_max: float) -> Any:
    """log ᾱ(t) = -∫₀ᵗ β = -½ t² (β_max - β_min) - t β_min with β(t) = β_min + t (β_max - β_min); t a float or a Tensor.

    Where T grows, `linear` comes to it with β_min = .1 and β_max = 20. Source: Song et al. 2021, eqs. 32 and 33.
    """
    return -0.5 * t**2 * (beta_max - beta_min) - t * beta_min


def vp(beta_min: float, beta_max: float, t: Tensor) -> tuple[Tensor, Tensor]:
    """(α, σ) [B] at t [B] in [0, 1]: α = √ᾱ and σ = √(1-ᾱ), without cancellation near t = 0."""
    log_signal = vp_log_signal(t, beta_min, beta_max)
    return (log_signal / 2).exp(), (-torch.expm1(log_signal)).sqrt()


@cache
def table(schedule: str, steps: int, zero_snr: bool) -> NDArray[np.float64]:
    """α = √ᾱ and σ = √(1-ᾱ) of every step, [2, T+1]; step 0 is clean data.

    `zero_snr` shifts and scales √ᾱ so that the last step is pure noise and the first keeps its level.
    Source: Lin et al. 2024, algorithm 1.
    """
    log_signal = SCHEDULES[schedule](steps)
    if not zero_snr:
        return np.stack([np.exp(log_signal / 2), np.sqrt(-np.expm1(log_signal))])
    root = np.exp(log_signal / 2)
    root[1:] = (root[1:] - root[-1]) * root[1] / (root[1] - root[-1])
    return np.stack([root, np.sqrt(1 - root**2)])


@cache
def _held(schedule: str, steps: int, zero_snr: bool, device: torch.device, dtype: torch.dtype) -> Tensor:
    return torch.as_tensor(table(schedule, steps, zero_snr), dtype=dtype, device=device)


def look_up(schedule: str, steps: int, zero_snr: bool, t: Tensor) -> tuple[Tensor, Tensor]:
    """(α, σ) [B] at noise levels t [B] in [0, 1]; t = k/T is step k, anything between is rounded to a step."""
    # the table is copied to a device once: a copy in every step could not be captured in a CUDA graph
    rows: Any = _held(schedule, steps, zero_snr, t.device, t.dtype)
    k = (t * steps).round().long()
    return rows[0][k], rows[1][k]
