"""Stability diagnostics: pure functions of traces and learning curves, float64, one seed at a time.

May import: plugins, stats.
"""

from bench.diagnostics.collapse import collapse, divergence
from bench.diagnostics.dispersion import (
    dispersion_across_seeds,
    dispersion_in_time,
    drawdowns,
    long_term_risk,
    risk_across_seeds,
    short_term_risk,
)
from bench.diagnostics.learning_curve import Sensitivity, area_under_curve, best, best_to_last, sensitivity, time_to
from bench.diagnostics.oscillation import Oscillation, oscillation, sign_changes, swing
from bench.diagnostics.spikes import spikes
from bench.diagnostics.summary import measure_of, summarise

__all__ = [
    "Oscillation",
    "Sensitivity",
    "area_under_curve",
    "best",
    "best_to_last",
    "collapse",
    "dispersion_across_seeds",
    "dispersion_in_time",
    "divergence",
    "drawdowns",
    "long_term_risk",
    "measure_of",
    "oscillation",
    "risk_across_seeds",
    "sensitivity",
    "short_term_risk",
    "sign_changes",
    "spikes",
    "summarise",
    "swing",
    "time_to",
]
