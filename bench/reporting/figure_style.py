"""How figures look and how they are saved: sizes of a paper's column and page, one colour per method.

Figures are drawn in the object-oriented way (no pyplot figure, no backend), inside `style()`, which puts every setting
back. In the page, black is the page's own ink, so that a figure is readable on light and on dark ground.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator, Sequence
from colorsys import rgb_to_hls
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import matplotlib as mpl
import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.layout_engine import PlaceHolderLayoutEngine
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from bench.reporting.estimates import digits
from bench.reporting.table import anchor

COLUMN, PAGE = 3.3, 6.8  # inches: a paper's column, its full width
INK, FAINT = "#1b1f24", "#70777f"  # text and axes; grids, floors, notes
PAPERS = ("#ffffff", "#14171b")  # the page, light and dark (template.py)
LEAST_CONTRAST = 3.0  # of what is drawn against what it is drawn on (WCAG 2.2, 1.4.11)
_ORDER = (
    0,
    1,
    2,
    3,
    4,
    9,
    5,
    7,
)  # of seaborn's colour-blind palette, of which yellow and pink look like others once darkened
LINES: tuple[Any, ...] = (
    "-",
    (0, (5, 1.5)),
    (0, (1.2, 1.2)),
    (0, (5, 1.5, 1.2, 1.5)),
    (0, (9, 2)),
    (0, (3, 1, 1, 1, 1, 1)),
)
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<")

_SETTINGS = {
    "font.size": 7.5, "axes.titlesize": 7.5, "axes.labelsize": 7.5, "xtick.labelsize": 6.5, "ytick.labelsize": 6.5,
    "legend.fontsize": 6.5, "font.family": "DejaVu Sans", "pdf.fonttype": 42, "ps.fonttype": 42, "svg.fonttype": "none",
    "axes.spines.top": False, "axes.spines.right": False, "axes.linewidth": 0.6, "lines.linewidth": 0.8,
    "text.usetex": False,
    "text.color": INK, "axes.labelcolor": INK, "axes.titlecolor": INK, "axes.edgecolor": INK, "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.width": 0.6, "ytick.major.width": 0.6, "xtick.minor.width": 0.4, "ytick.minor.width": 0.4,
    "xtick.major.size": 2.5, "ytick.major.size": 2.5, "xtick.minor.size": 1.5, "ytick.minor.size": 1.5,
    "figure.facecolor": "none", "axes.facecolor": "none", "savefig.facecolor": "none", "axes.unicode_minus": True,
}  # fmt: skip


@cache
def tones() -> tuple[str, ...]:
    """The colours of methods: seaborn's for the colour-blind, as light or dark as both pages need to tell them from themselves."""
    palette = sns.color_palette("colorblind")
    return tuple(_readable(palette[k]) for k in _ORDER)


def contrast(one: Any, other: Any) -> float:
    """(L₁ + .05)/(L₂ + .05) of the relative luminances of two colours, the lighter one above. Source: WCAG 2.2."""
    linear = [[c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(x)] for x in (one, other)]
    dark, light = sorted(0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in linear)
    return (light + 0.05) / (dark + 0.05)


def _readable(color: Any) -> str:
    """The nearest lightness of a colour that has LEAST_CONTRAST against both pages."""
    lightness = rgb_to_hls(*to_rgb(color))[1]
    for away in np.arange(0, 0.5, 0.005):
        for near in (lightness - away, lightness + away):
            tried = sns.set_hls_values(color, l=float(np.clip(near, 0, 1)))
            if min(contrast(tried, paper) for paper in PAPERS) >= LEAST_CONTRAST:
                return to_hex(tried)
    raise ValueError(f"no lightness of {color} is readable on {PAPERS}")


@dataclass(frozen=True)
class Stroke:
    """How a method is drawn in every figure."""

    color: str
    line: Any  # what matplotlib's linestyle takes
    marker: str


@dataclass(frozen=True)
class Picture:
    """A finished figure in its three forms."""

    key: str
    title: str
    caption: str
    svg: str
    png: bytes
    pdf: bytes


def strokes(methods: Sequence[str]) -> dict[str, Stroke]:
    """A colour that belongs to the label (the next free one where two labels want the same), and a line pattern and a marker
    that tell neighbours apart in black and white."""
    found, taken, of = dict[str, Stroke](), set[int](), tones()
    for k, method in enumerate(methods):
        tone = hashlib.sha256(method.encode()).digest()[0] % len(of)
        if len(taken) == len(of):
            taken.clear()
        while tone in taken:
            tone = (tone + 1) % len(of)
        taken.add(tone)
        found[method] = Stroke(of[tone], LINES[(k + k // 24) % len(LINES)], MARKERS[k % len(MARKERS)])
    return found


@contextmanager
def style(key: str = "") -> Iterator[None]:
    """The report's settings, and whatever was set before afterwards. `key` seeds the names inside an SVG."""
    settings: Any = _SETTINGS | {"svg.hashsalt": key}
    with mpl.rc_context(settings):
        yield


def canvas(width: float, height: float) -> Figure:
    """An empty figure, width and height in inches."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def facets(
    count: int, width: float = PAGE, height: float = 1.45, across: int = 4, **kw: Any
) -> tuple[Figure, list[Axes]]:
    """`count` small axes in rows of at most `across`, each row `height` inches tall."""
    down = -(-count // across)
    across = -(-count // max(1, down))  # five axes stand three above two, not four above one
    figure = canvas(width if across > 1 else COLUMN, height * max(1, down) + 0.35)
    grid = figure.subplots(down, across, squeeze=False, **kw)
    axes = list(grid.flat)
    for spare in axes[count:]:
        spare.set_axis_off()
    for k in range(count - across, count):  # the lowest axes of each column tell the scale
        axes[max(0, k)].tick_params(labelbottom=True)
    return figure, axes[:count]


def tag(label: str) -> str:
    """What ties a method's rows and marks together on a page."""
    return hashlib.sha256(label.encode()).hexdigest()[:8]


def mark(method: str, seed: int | None = None, value: float | None = None) -> str:
    """The `gid` of what stands for a method, or for one of its seeds: a page can follow it, and shows its value."""
    said = "" if value is None else digits(float(value))
    return f"mark|{tag(method)}|{'' if seed is None else seed}|{said}"


def log_ticks(axis: Axis) -> None:
    """Readable ticks on a log axis: powers of ten, or steps between them where it spans hardly two."""
    low, high = axis.get_view_interval()
    span = high / low if low > 0 else float("inf")
    axis.set_major_locator(LogLocator(subs=(1, 2, 5) if span < 12 else (1, 3) if span < 150 else (1,), numticks=9))
    axis.set_minor_formatter(NullFormatter())
    if span < 150:
        axis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))


def save(figure: Figure, key: str, title: str, caption: str) -> Picture:
    """Render a figure; equal figures give equal bytes. Call inside `style(key)`."""
    if not isinstance(figure.get_layout_engine(), PlaceHolderLayoutEngine | None):
        figure.draw_without_rendering()
        figure.set_layout_engine("none")  # laid out once, saved three times
    svg, png, pdf = io.StringIO(), io.BytesIO(), io.BytesIO()
    dpi = figure.dpi
    own: Any  # the canvases' own methods: `savefig` would draw each once more, to lay it out
    own = FigureCanvasSVG(figure)
    own.print_svg(svg, metadata={"Date": None, "Creator": None})
    figure.set_dpi(dpi)  # each leaves its own
    own = FigureCanvasPdf(figure)
    own.print_pdf(pdf, metadata={"CreationDate": None, "Creator": None, "Producer": None})
    figure.set(dpi=200, facecolor="white")
    own = FigureCanvasAgg(figure)
    own.print_png(png, metadata={"Software": None})
    return Picture(key, title, caption, _embeddable(svg.getvalue(), key), png.getvalue(), pdf.getvalue())


def _shorter(path: str) -> str:
    """A path with two decimals, a hundredth of a point, and without the letters and spaces that its grammar lets one leave out."""
    path = re.sub(r"(\.\d\d)\d+", r"\1", path)
    if not re.search("[A-KN-Y]", path):  # after M and L, pairs are lines
        path = re.sub(r"\s+L\s+", " ", path)
    return re.sub(r"\s+", " ", path)


def _embeddable(svg: str, key: str) -> str:
    """An SVG as a part of a page: no prologue, no fixed size, the page's ink, and names that no other figure has."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, count=1, flags=re.DOTALL)
    inches = float(re.search(r'viewBox="0 0 ([0-9.]+) ', body)[1]) / 72  # type: ignore[index]
    body = re.sub(r'(<svg [^>]*?) width="[^"]*"', rf'\1 style="max-width: {8.8 * inches:.1f}rem"', body, count=1)
    body = re.sub(r'(<svg [^>]*?) height="[^"]*"', r"\1", body, count=1)
    marks = r'<g id="mark\|([0-9a-f]+)\|([-0-9]*)\|([^"|]*)"'
    body = re.sub(marks, r'<g class="mark" data-m="\1" data-seed="\2" data-value="\3"', body)
    body = re.sub(r'<g id="[^"]*"', "<g", body)
    body = re.sub(r' d="[^"]*"', lambda path: _shorter(path[0]), body)
    body = re.sub(r'( [xy]="-?\d+\.\d\d)\d+"', r'\1"', body)
    body = body.replace(INK, "var(--ink)").replace(FAINT, "var(--faint)")
    prefix = anchor(key)
    body = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}-\1"', body)
    body = re.sub(r'xlink:href="#([^"]+)"', rf'xlink:href="#{prefix}-\1"', body)
    return re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", body)


def plain(text: str, longest: int = 34) -> str:
    """User text in a figure: dollar signs are dollar signs, and what is too long ends in an ellipsis."""
    text = " ".join(text.split())
    text = text if len(text) <= longest else text[: longest - 1] + "…"
    return text.replace("$", r"\$")
