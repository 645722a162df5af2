"""The laws of metrics, probes, feature spaces, data sets and architectures, over every one on disk."""

from __future__ import annotations

from typing import Any

import pytest

from bench.laws.trial import laws, needs
from bench.laws.verdict import NotTried
from bench.plugins import words


def cases() -> list[Any]:
    """Those that no other test holds: `test_training.py` has models and stabilizers, `test_ranges.py` options."""
    return [
        pytest.param(hold, id=f"{category}-{word}-{law}")
        for category in ("datasets", "metrics", "probes", "features", "architectures")
        for word in words(category)
        if not needs(category, word)
        for law, hold in laws(category, word)
        if not law.startswith("options")
    ]


@pytest.mark.parametrize("hold", cases())
def test_law(hold: Any) -> None:
    try:
        hold()
    except NotTried as error:
        pytest.skip(str(error))
