"""Colours, line patterns and markers of methods: told apart on both pages, and without colour."""

from __future__ import annotations

from colorsys import rgb_to_hls

import pytest
import seaborn as sns
from matplotlib.colors import to_rgb

from bench.reporting.figure_style import PAPERS, contrast, strokes, tones
from bench.reporting.template import CSS


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)  # WCAG's own example of what just fails 4.5


@pytest.mark.parametrize("tone", tones())
def test_every_colour_is_seen_on_both_pages(tone: str) -> None:
    assert min(contrast(tone, paper) for paper in PAPERS) >= 3
    hues = [rgb_to_hls(*of)[0] for of in sns.color_palette("colorblind")]
    assert min(abs(rgb_to_hls(*to_rgb(tone))[0] - hue) for hue in hues) < 0.01


def test_the_pages_are_those_of_the_template() -> None:
    assert all(f"--paper: {paper}" in CSS for paper in PAPERS)


def test_neighbours_differ_without_colour() -> None:
    drawn = list(strokes([f"method {k}" for k in range(24)]).values())
    assert len({(str(one.line), one.marker) for one in drawn}) == 24
    assert len({one.color for one in drawn[:8]}) == 8


def test_no_rule_of_the_pages_style_is_written_twice() -> None:
    rules = [line.strip() for line in CSS.splitlines() if "{" in line and "}" in line and not line.startswith("@")]
    assert sorted({rule for rule in rules if rules.count(rule) > 1}) == []
    assert "nav, .tools, #tip, .skip { display: none; }" in CSS.partition("@media print")[2]
