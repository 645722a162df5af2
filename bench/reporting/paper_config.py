"""`paper.yaml`: what an author wants of a suite in a paper.

methods: {GAN: plain, GAN + R1: +R1, EDM: diffusion}   # in this order; what they are called in the paper
datasets: [ring, digits]      # default: all
metrics: [quality]            # default: quality, else the first; a table each
width: 3.3                    # inches of a column; a wide figure and table are made as well
decimals: 2
serif: true
colors: {plain: '#0173b2'}    # by the name in the paper
caption: Outcomes of ten seeds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.reporting.results import ReportError
from bench.suite.yaml_lines import Problems, read

KEYS = ("methods", "datasets", "metrics", "width", "decimals", "serif", "colors", "caption")
NARROWEST, WIDEST = 1.5, 20.0


@dataclass(frozen=True)
class Paper:
    """What is chosen, in the author's order: label in the suite -> name in the paper."""

    methods: Mapping[str, str] = field(default_factory=dict)
    datasets: Mapping[str, str] = field(default_factory=dict)
    metrics: tuple[str, ...] = ()
    width: float = 3.3
    decimals: int = 2
    serif: bool = False
    colors: Mapping[str, str] = field(default_factory=dict)
    caption: str = ""


def read_paper(path: Path) -> Paper:
    """Raises SuiteError, a line a mistake with its place and remedy, or ReportError where it is no mapping."""
    problems = Problems(path)
    root = read(path, problems)
    problems.check()
    if root is None or not isinstance(root.plain, dict):
        raise ReportError(f"{path}: say what the paper shows: {', '.join(KEYS)} (all may be left out)")
    found: dict[str, Any] = {}
    for key, value in root.plain.items():
        why = _wrong(str(key), value)
        if why:
            problems.add(root.value[key].line, str(key), why)
        elif key in ("methods", "datasets"):
            found[key] = _named(value)
        elif key == "metrics":
            found[key] = tuple(_named(value))
        elif key == "colors":
            found[key] = {str(k): str(v) for k, v in value.items()}
        else:
            found[key] = float(value) if key == "width" else value
    problems.check()
    return Paper(**found)


def _named(value: Any) -> dict[str, str]:
    """A mapping, a list of labels, or one label."""
    if isinstance(value, Mapping):
        return {str(k): str(k if v is None else v) for k, v in value.items()}
    return {str(v): str(v) for v in (value if isinstance(value, list) else [value])}


def _wrong(key: str, value: Any) -> str:
    if key not in KEYS:
        return f"is not known; there are {', '.join(KEYS)}"
    if key == "width" and not (isinstance(value, int | float) and NARROWEST <= value <= WIDEST):
        return f"give inches between {NARROWEST:g} and {WIDEST:g}"
    if key == "decimals" and not (isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 6):
        return "give a whole number from 0 to 6"
    if key == "serif" and not isinstance(value, bool):
        return "give true or false"
    if key == "caption" and not isinstance(value, str):
        return "give a sentence"
    if key == "colors" and not (isinstance(value, Mapping) and all(_color(v) for v in value.values())):
        return "give a colour like '#0173b2' for each name"
    if key in ("methods", "datasets", "metrics") and (value is None or value in ([], {})):
        return "names nothing; leave it out for all"
    return ""


def _color(value: Any) -> bool:
    return re.fullmatch(r"#[0-9a-fA-F]{6}", str(value)) is not None
