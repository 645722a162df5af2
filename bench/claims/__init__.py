"""Claims: what a suite states about its methods, judged on seeds.

May import: diagnostics, plugins, stats.
"""

from bench.claims.claim_types import (
    Claim,
    ClaimError,
    FailsLess,
    Margin,
    NonInferiority,
    Ordering,
    Superiority,
    Threshold,
)
from bench.claims.evidence import Asked, Evidence, SeedValues
from bench.claims.judge import Verdict, judge, mute
from bench.claims.parse import direction, parse

__all__ = [
    "Asked",
    "Claim",
    "ClaimError",
    "Evidence",
    "FailsLess",
    "Margin",
    "NonInferiority",
    "Ordering",
    "SeedValues",
    "Superiority",
    "Threshold",
    "Verdict",
    "direction",
    "judge",
    "mute",
    "parse",
]
