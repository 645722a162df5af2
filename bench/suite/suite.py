"""A suite: data sets × methods × seeds, and what is measured."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

from bench.claims.claim_types import Claim
from bench.data.base import DataSource
from bench.metrics.base import Metric
from bench.probes.base import Probe
from bench.suite.waivers import Waiver
from bench.suite.yaml_lines import Problems
from bench.training.game import Game
from bench.training.hooks import Stabilizer


@dataclass(frozen=True, kw_only=True)
class Train:
    """`train:`, the same for every cell of a suite."""

    steps: int
    batch: int = 256
    evaluate_every: int = 0  # steps; 0: at the end only
    checkpoint_minutes: float = 5.0
    precision: Literal["float32", "float64"] = "float32"
    mapping: Literal["auto", "vmap", "loop"] = "auto"  # how seeds share the machine
    lanes: int = 0  # seeds trained together at most; 0: 16 on a CPU, 128 on a GPU

    def __post_init__(self) -> None:
        for name, least in (("steps", 1), ("batch", 1), ("evaluate_every", 0), ("checkpoint_minutes", 0), ("lanes", 0)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} has to be at least {least}")


@dataclass(frozen=True)
class Dataset:
    """A line under `datasets:`."""

    label: str
    call: str
    source: DataSource
    line: int = 0


@dataclass(frozen=True)
class Method:
    """A line under `methods:`, or one point of its grid."""

    label: str
    call: str
    game: Game
    stabilizers: tuple[Stabilizer, ...]
    stabilizer_calls: tuple[str, ...] = ()
    model: str = ""  # the word of the model
    row: str = ""  # the label in the file, without the grid's values
    line: int = 0


@dataclass(frozen=True)
class Skip:
    """Cells that are left out, and why. Labels may be patterns (`GAN*`)."""

    dataset: str
    method: str
    reason: str

    def covers(self, dataset: Dataset, method: Method) -> bool:
        return matches(dataset.label, dataset.label, self.dataset) and matches(method.label, method.row, self.method)


def matches(label: str, row: str, pattern: str) -> bool:
    """Whether a pattern means a label; brackets in it are a grid's, not a set of letters."""
    return pattern in (label, row) or fnmatchcase(label, pattern.replace("[", "[[]"))


@dataclass(frozen=True)
class Gate:
    """What a run may lose against a baseline before it fails."""

    against: str  # a baseline's file
    within: Mapping[str, float]  # the primary metrics, which gate, and what each may lose at least, in its own units
    waivers: tuple[Waiver, ...] = ()
    line: int = 0


@dataclass(frozen=True)
class Suite:
    """One file under suites/, checked."""

    path: Path
    name: str
    asks: str
    seeds: tuple[int, ...]
    train: Train
    datasets: tuple[Dataset, ...]
    methods: tuple[Method, ...]
    metrics: tuple[Metric, ...]
    probes: tuple[Probe, ...]
    skip: tuple[Skip, ...] = ()
    claims: tuple[Claim, ...] = ()
    gate: Gate | None = None
    timeout: float | None = None  # minutes per block of seeds
    lines: Mapping[str, int] = field(default_factory=dict)  # "metrics.0" -> the line of the first metric

    def reason_to_skip(self, dataset: Dataset, method: Method) -> str | None:
        """Why a cell is left out; None where it is run."""
        return next((one.reason for one in self.skip if one.covers(dataset, method)), None)

    def problems(self) -> Problems:
        """Where what is found later, against the data, is collected."""
        return Problems(self.path)


def slug(label: str) -> str:
    """A label as the name of a folder: lower case, and `-` for whatever is neither a letter nor a digit."""
    return re.sub(r"[^a-z0-9.=]+", "-", label.lower()).strip("-.") or "x"
