"""Waivers as a suite writes them."""

from datetime import date

import pytest

from bench.suite.waivers import CellMetric, Waiver, WaiverError, parse


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"reason": ""}, "'reason' is missing"),
        ({"until": "soon"}, "expected a date"),
        ({"why": "x"}, "no word of a waiver"),
    ],
)
def test_a_waiver_needs_its_five_words(change, word):
    entry = {"dataset": "ring", "method": "GAN", "metric": "modes", "until": "2026-03-01", "reason": "known"}
    assert parse([entry]) == [Waiver(CellMetric("ring", "GAN", "modes"), date(2026, 3, 1), "known")]
    with pytest.raises(WaiverError, match=word):
        parse([entry | change])
