"""How figures look and how they are saved: sizes of a paper's column and page, one colour per method.

Figures are drawn in the object-oriented way (no pyplot figure, no backend), inside `style()`, which puts every setting
back. In the page, black is the page's own ink, so that a figure is readable on light and on dark ground.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from bench.reporting.table import anchor

COLUMN, PAGE = 3.3, 6.8  # inches: a paper's column, its full width
INK, FAINT = "#1b1f24", "#70777f"  # text and axes; grids, floors, notes
_ORDER = (0, 1, 2, 3, 4, 9, 5, 7)  # of seaborn's colour-blind palette, without the tones that vanish on white
_LINES = ("-", "--", "-.", ":")

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


@dataclass(frozen=True)
class Stroke:
    """How a method is drawn in every figure."""

    color: str
    line: str


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
    """One colour a method; where colours run out, the line's pattern changes."""
    tones = sns.color_palette("colorblind").as_hex()
    tones = [tones[k] for k in _ORDER]
    return {m: Stroke(tones[k % len(tones)], _LINES[k // len(tones) % len(_LINES)]) for k, m in enumerate(methods)}


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


def _embeddable(svg: str, key: str) -> str:
    """An SVG as a part of a page: no prologue, no fixed size, the page's ink, and names that no other figure has."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, count=1, flags=re.DOTALL)
    inches = float(re.search(r'viewBox="0 0 ([0-9.]+) ', body)[1]) / 72  # type: ignore[index]
    body = re.sub(r'(<svg [^>]*?) width="[^"]*"', rf'\1 style="max-width: {8.8 * inches:.1f}rem"', body, count=1)
    body = re.sub(r'(<svg [^>]*?) height="[^"]*"', r"\1", body, count=1)
    body = re.sub(r'<g id="[^"]*"', "<g", body)
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
