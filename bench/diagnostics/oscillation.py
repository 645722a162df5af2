"""Loss oscillation: how far a loss swings, and whether the swing has a period of its own or is only a drift."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from bench.diagnostics.series import Floats, living
from bench.plugins.lazily import lazily

if TYPE_CHECKING:
    from scipy import optimize, signal
else:
    optimize, signal = lazily("scipy.optimize"), lazily("scipy.signal")

FEWEST_POINTS = 64
FEWEST_CYCLES = 3  # within the series; slower swings can't be told from a drift
LOBE = 2  # bins on each side that a Hann window's main lobe covers
CHANCE = 0.01  # a peak is called a peak where red noise shows such a one in at most 1 % of the series

NAN = float("nan")


@dataclass(frozen=True)
class Oscillation:
    """What `oscillation` finds. Amplitudes are in the loss's units, periods in steps."""

    deviation: float  # standard deviation around the linear trend; a / √2 for a sine of amplitude a
    scale_free: float  # deviation over the curve's 5-to-95 % range; unchanged by scaling or shifting the loss
    period: float  # of the dominant peak; NaN where there is no peak above the red noise
    power_share: float  # of the dominant peak in the detrended power; 0 where there is no peak
    chance: float  # probability that red noise with the fitted background shows a peak as high anywhere
    sign_changes: float  # share of successive non-zero increments that differ in sign
    variation: float  # Σ|Δ| over the span of steps

    @property
    def periodic(self) -> bool:
        return self.chance <= CHANCE


def oscillation(values: ArrayLike, steps: ArrayLike, burn_in: float = 0.1) -> Oscillation:
    """Oscillation of a loss: values [T] at steps [T], the first `burn_in` share of the steps left out.

    The dominant peak is the bin of the Hann periodogram that rises highest above a red background: AR(2) of two real
    poles plus white, S(ω) = s / Π(1 + φ² - 2φ cos ω) + w, fitted by Whittle's likelihood without that bin's lobe. (With one
    pole at 1 it is an integrated AR(1), a smooth drift, of which AR(1) alone calls one in ten periodic.) Under the background
    I/S is Exp(1); with K bins to know S from, P(I/S > r) = (1 + r/K)^-K, and the chance of a maximum r over M bins
    is 1 - (1 - P)^M. A peak must also rise above a power law through the bins nearby, top its neighbourhood, and
    have three cycles or more. Its frequency is then refined by least squares, jointly with the trend. With fewer
    than 64 finite values, or a gap among them, every field is NaN. Unevenly spaced values are interpolated.
    Measured on 300 values: integrated AR(1) drifts (φ = .9) are called periodic 1 time in 100; a sine whose own deviation is
    half of white noise's is found 8 to 9 times in 10 from nine cycles on, 2 in 3 with eight, 1 in 5 with five. Source:
    Whittle 1953 (likelihood); Torrence and Compo 1998, eq. 16 (red-noise background); Vaughan 2005 (test).
    """
    v, s = living(values, steps, burn_in)
    if len(v) < FEWEST_POINTS or not np.isfinite(v).all():
        return Oscillation(NAN, NAN, NAN, NAN, NAN, NAN, NAN)
    low, high = np.percentile(v, [5, 95])
    flips, variation = sign_changes(v), float(np.abs(np.diff(v)).sum() / (s[-1] - s[0]))
    spread = float(np.ptp(v))
    if spread <= 1e-12 * float(np.abs(v).max()):  # constant, up to rounding
        return Oscillation(0.0, 0.0, NAN, 0.0, 1.0, flips, variation)
    even, gap = _even(v, s)
    unit = (even - even.mean()) / spread
    power = np.abs(np.fft.rfft(signal.detrend(unit) * signal.windows.hann(len(unit), sym=False))) ** 2
    power = power[1 : (len(unit) + 1) // 2]  # neither the mean nor the Nyquist bin, which is no Exp(1)
    chance, peak = _peak(power)
    period, share = NAN, 0.0
    rest = signal.detrend(unit)
    if chance <= CHANCE:
        cycles, rest = _refine(unit, peak + 1)
        period = gap * len(unit) / cycles
        share = float(power[max(0, peak - LOBE) : peak + LOBE + 1].sum() / power.sum())
    deviation = float(np.std(rest)) * spread
    scale = deviation / float(high - low) if high > low else NAN
    return Oscillation(deviation, scale, period, share, chance, flips, variation)


def swing(values: ArrayLike, steps: ArrayLike, burn_in: float = 0.1) -> float:
    """Standard deviation around the linear trend over the 5-to-95 % range: `oscillation(...).scale_free` without the search.

    A dominant period is not fitted beside the trend, so that a slow one may tilt it; NaN where `oscillation` has NaN.
    """
    v, _ = living(values, steps, burn_in)
    if len(v) < FEWEST_POINTS or not np.isfinite(v).all():
        return NAN
    low, high = np.percentile(v, [5, 95])
    if float(np.ptp(v)) <= 1e-12 * float(np.abs(v).max()):
        return 0.0
    return float(np.std(signal.detrend(v)) / (high - low)) if high > low else NAN


def sign_changes(values: ArrayLike) -> float:
    """Share of successive increments, zeros left out, that differ in sign: 2/3 for white noise, 1 for a zigzag."""
    signs = np.sign(np.diff(np.asarray(values, dtype=np.float64)))
    signs = signs[signs != 0]
    return float(np.mean(signs[1:] != signs[:-1])) if len(signs) > 1 else 0.0


def _even(v: Floats, s: Floats) -> tuple[Floats, float]:
    """The values on evenly spaced steps, and the spacing."""
    gaps = np.diff(s)
    gap = float(np.median(gaps))
    if np.allclose(gaps, gap):
        return v, gap
    grid = np.arange(s[0], s[-1] + gap / 2, gap)
    return np.interp(grid, s, v), gap


def _background(power: Floats, use: Floats) -> Floats:
    """Red noise of two real poles plus white noise, fitted to the bins in `use` (0 or 1) by Whittle's likelihood, Σ log S + I/S."""
    cosine = np.cos(np.pi * np.arange(1, len(power) + 1) / (len(power) + 1))
    level = float(power[use > 0].mean()) + 1e-300
    seen = power / level

    def parts(x: Floats) -> tuple[Floats, Floats, Floats]:
        """What a pole's number turns, for both [2, bins]; the red part and the whole, in units of the level."""
        poles = 1 / (1 + np.exp(-x[:2, None]))
        below = 1 + poles**2 - 2 * poles * cosine
        red = np.exp(x[2]) * ((1 - poles) ** 2 / below).prod(0)  # exp(x₂) at ω = 0
        turns = (-2 / (1 - poles) - 2 * (poles - cosine) / below) * poles * (1 - poles)
        return turns, red, red + np.exp(x[3])

    def misfit(x: Floats) -> tuple[float, Floats]:
        turns, red, s = parts(x)
        ratio = seen / s
        slope = use * (1 - ratio) / s  # ∂(log S + I/S)/∂S
        gradient = np.array([*(slope * red * turns).sum(1), (slope * red).sum(), slope.sum() * np.exp(x[3])])
        return float((use * (np.log(s) + ratio)).sum()), gradient

    starts = [np.array([2.0, -4.0, 2.0, -1.0]), np.array([4.0, -4.0, 4.0, -6.0]), np.array([4.0, 2.0, 4.0, -6.0])]
    bounds = [(-4.0, 12.0), (-4.0, 12.0), (-25.0, 25.0), (-25.0, 5.0)]
    fits = [optimize.minimize(misfit, x, method="L-BFGS-B", jac=True, bounds=bounds) for x in starts]
    return level * parts(min(fits, key=lambda f: float(f.fun)).x)[2]


def _peak(power: Floats) -> tuple[float, int]:
    """The chance of the highest rise above the background, and its bin."""
    everything = np.ones(len(power))
    if power.sum() <= 1e-24 * len(power):
        return 1.0, 0
    first = FEWEST_CYCLES - 1
    highest = np.array([power[max(0, k - 2 * LOBE) : k + 2 * LOBE + 1].max() for k in range(len(power))])
    rise = np.where(power >= highest, power / _background(power, everything), 0.0)
    rise[:first] = 0.0
    k = int(rise.argmax())
    if rise[k] == 0.0:
        return 1.0, k
    others = everything.copy()
    others[max(0, k - LOBE) : k + LOBE + 1] = 0.0
    ratio = float(power[k] / max(_background(power, others)[k], _nearby(power, others, k)))
    known = others.sum() / 1.5 - 4  # independent bins under a Hann window, less the four numbers fitted
    alone = -known * np.log1p(ratio / known)  # log P(one bin rises as high)
    return float(-np.expm1((len(power) - first) * np.log1p(-np.exp(alone)))), k


def _nearby(power: Floats, use: Floats, k: int) -> float:
    """The background at bin k by a power law through the bins from half to twice its frequency (E log Exp(1) = -γ).

    It catches drifts that are smoother than AR(1), whose spectrum has a shoulder of another slope.
    """
    frequency = np.arange(1, len(power) + 1)
    near = (use > 0) & (frequency >= (k + 1) / 2) & (frequency <= 2 * (k + 1)) & (power > 0)
    if near.sum() < 5:
        return 0.0
    _, level = np.polyfit(np.log(frequency[near] / (k + 1)), np.log(power[near]) + np.euler_gamma, 1)
    return float(np.exp(level))


def _refine(v: Floats, cycles: int) -> tuple[float, Floats]:
    """Cycles within the series by least squares of line and sinusoid together, and the values without the line."""
    t = np.arange(len(v)) / len(v)
    line = np.stack([np.ones_like(t), t - 0.5], axis=1)

    def fit(c: float) -> tuple[float, Floats]:
        columns = np.column_stack([line, np.sin(2 * np.pi * c * t), np.cos(2 * np.pi * c * t)])
        weights = np.linalg.lstsq(columns, v, rcond=None)[0]
        return float(np.square(v - columns @ weights).sum()), weights

    best = optimize.minimize_scalar(
        lambda c: fit(c)[0], bounds=(cycles - 1, cycles + 1), method="bounded", options={"xatol": 1e-6}
    )
    return float(best.x), v - line @ fit(float(best.x))[1][:2]
