"""Where weights of feature extractors lie: put there by the user, or kept there once trained."""

from __future__ import annotations

import os
from pathlib import Path


def folder() -> Path:
    """$BENCH_WEIGHTS, else ~/.cache/gan-diffusion-bench/weights."""
    return Path(os.environ.get("BENCH_WEIGHTS") or Path.home() / ".cache" / "gan-diffusion-bench" / "weights")
