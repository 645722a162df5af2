"""A suite: data sets × methods × seeds, and what is measured."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol

from bench.claims.claim_types import Claim
from bench.claims.label_patterns import matches
from bench.data.base import DataSource
from bench.evaluation.outcomes import OutcomeRule
from bench.metrics.base import Metric
from bench.metrics.mmd_multiscale import MmdMultiscale
from bench.plugins.own_code import OwnCode
from bench.probes.base import Probe
from bench.suite.budget import Budget
from bench.suite.published import Published
from bench.suite.space import Setting, Space, trial_seeds
from bench.suite.stored_suite import varied
from bench.suite.waivers import Waiver
from bench.suite.yaml_lines import Problems
from bench.training.game import Game
from bench.training.hooks import Stabilizer
from bench.training.pretrained import Pretrained

# of `train:`; the rest does not change a number
KEYED = ("steps", "batch", "evaluate_every", "precision", "mapping", "compile")
LARGEST = {"steps": 10**12, "batch": 10**7, "evaluate_every": 10**18, "lanes": 10**6}  # of `train:`; more is a slip
LONGEST = 200  # characters of a label in a folder's name


@dataclass(frozen=True, kw_only=True)
class Train:
    """`train:`, the same for every cell of a suite. Its length is a number of steps or a budget; a cell's own has `steps`
    in any case (`paid`)."""

    steps: int = 0  # 0: as many as the budget pays for
    budget: Budget | None = None
    batch: int = 256
    evaluate_every: int = 0  # steps, or of the budget's currency; 0: at the end only
    checkpoint_minutes: float = 1.0
    precision: Literal["float32", "float64", "tf32", "bfloat16"] = "float32"  # (training/precision.py)
    mapping: Literal["auto", "vmap", "loop"] = "auto"  # how seeds share the machine
    compile: Literal["off", "graph", "inductor", "cuda", "auto"] = "off"  # how a step is run (training/trace.py)
    keep: Literal["none", "last", "best"] = "last"  # the weights, for metrics that are asked for later; best: both
    lanes: int = 0  # seeds trained together at most; 0: 16 on a CPU, 128 on a GPU

    def __post_init__(self) -> None:
        steps = 0 if self.budget else 1
        least = {"steps": steps, "batch": 1, "evaluate_every": 0, "checkpoint_minutes": 0, "lanes": 0}
        wrong = [f"{k} has to be at least {v}" for k, v in least.items() if getattr(self, k) < v]
        if wrong := wrong + [f"{k} has to be at most {v}" for k, v in LARGEST.items() if getattr(self, k) > v]:
            raise ValueError("\n".join(wrong))

    def paid(self, price: Mapping[str, int]) -> Train:
        """The same in steps, where a step has a price in every currency: the most that the budget pays for.

        Evaluations lie at the first steps at which so much more is spent. Raises ValueError where not one step is paid for.
        """
        if self.budget is None:
            return self
        of_step = price[self.budget.currency]
        return replace(self, steps=self.budget.steps(of_step), evaluate_every=-(-self.evaluate_every // of_step))


@dataclass(frozen=True)
class Dataset:
    """A line under `datasets:`."""

    label: str
    call: str
    source: DataSource
    row: str = ""  # the label in the file, without the grid's values
    line: int = 0


@dataclass(frozen=True)
class Method:
    """A line under `methods:`, or one point of its grid."""

    label: str
    call: str
    game: Game | Pretrained
    stabilizers: tuple[Stabilizer, ...]
    stabilizer_calls: tuple[str, ...] = ()
    model: str = ""  # the word of the model
    row: str = ""  # the label in the file, without the grid's values
    line: int = 0
    space: Space | None = None  # what is tuned of it


@dataclass(frozen=True)
class Tune:
    """`tune:`, how the methods that have a space find their setting."""

    trials: int  # settings of a method
    seeds: int  # of a trial
    select: str = "quality"  # the score whose median at the end decides
    shared: bool = False  # one setting of a method for all data sets
    trains: Mapping[Train, Train] = field(default_factory=dict)  # of a cell -> of its trials, where that is another
    line: int = 0

    def train_of(self, train: Train) -> Train:
        """How the trials of a cell are trained."""
        return self.trains.get(train, train)

    def seeds_of(self, trial: int) -> tuple[int, ...]:
        return trial_seeds(trial, self.seeds)


@dataclass(frozen=True)
class Chosen:
    """The setting that the trials of a cell found."""

    method: Method  # with that setting
    setting: Setting
    told: Mapping[str, Any]  # what the cell's records say of it


@dataclass(frozen=True)
class Skip:
    """Cells that are left out, and why. Labels may be patterns (`GAN*`)."""

    dataset: str
    method: str
    reason: str
    line: int = 0

    def covers(self, dataset: Dataset, method: Method) -> bool:
        return matches(dataset.label, self.dataset) and matches(method.label, self.method)


@dataclass(frozen=True)
class Gate:
    """What a run may lose against a baseline before it fails."""

    against: str  # a baseline's file
    within: Mapping[str, float]  # the primary metrics, which gate, and what each may lose at least, in its own units
    waivers: tuple[Waiver, ...] = ()
    line: int = 0


@dataclass(frozen=True)
class Experiment:
    """An entry under `experiments:`: one question, and the cells that answer it."""

    label: str
    asks: str
    source: str  # where the question comes from: author year, theorem
    datasets: tuple[Dataset, ...]
    methods: tuple[Method, ...]
    train: Train
    variant: str = ""  # what of `train:` it overrides, as `steps=2000`; part of its methods' labels
    line: int = 0


@dataclass(frozen=True)
class Planned:
    """One cell as a suite asks for it."""

    dataset: Dataset
    method: Method
    train: Train
    experiments: tuple[str, ...] = ()  # the labels of those that share it
    skip: str | None = None  # why it is left out
    tuning: Mapping[str, Any] = field(default_factory=dict)  # what its records say of trials
    waits: bool = False  # for its trials: its setting is not known yet


class FromDict(Protocol):
    """`Suite.from_dict` (load.py, which stands above this file)."""

    def __call__(self, content: Mapping[str, Any], folder: str | Path = ".") -> Suite: ...


@dataclass(frozen=True)
class Suite:
    """One file under suites/, checked; or what `Suite.from_dict` was given."""

    from_dict: ClassVar[FromDict]

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
    quality: MmdMultiscale | None = None  # None: in the data's own space, or in the first feature space for images
    outcomes: OutcomeRule = field(default_factory=OutcomeRule)
    experiments: tuple[Experiment, ...] = ()
    claims: tuple[Claim, ...] = ()
    published: tuple[Published, ...] = ()
    gate: Gate | None = None
    timeout: float | None = None  # minutes per block of seeds
    tune: Tune | None = None
    own: OwnCode | None = None  # plugins that lie beside it
    chosen: Mapping[tuple[str, str], Chosen] = field(default_factory=dict)  # (data set, method) -> by its trials
    lines: Mapping[str, int] = field(default_factory=dict)  # "metrics.0" or "claims.<name>" -> its line
    text: str = ""  # of one that lies in no file

    def planned(self) -> tuple[Planned, ...]:
        """Every cell, in the order of the file: those of the experiments, shared ones once, or data sets × methods.

        A method that is tuned has the chosen setting, and waits where none is chosen yet.
        """
        whole = Experiment("", self.asks, "", self.datasets, self.methods, self.train)
        return tuple(self._settled(cell) for cell in planned(self.experiments or (whole,), self.skip))

    def _settled(self, cell: Planned) -> Planned:
        if cell.method.space is None or cell.skip:
            return cell
        found = self.chosen.get((cell.dataset.label, cell.method.label))
        return replace(cell, method=found.method, tuning=found.told) if found else replace(cell, waits=True)

    def problems(self) -> Problems:
        """Where what is found later, against the data, is collected."""
        return Problems(self.path, numbered=not self.text)


def planned(experiments: Sequence[Experiment], skip: Sequence[Skip]) -> tuple[Planned, ...]:
    """The cells of some experiments, those that they share once."""
    found: dict[tuple[str, str], Planned] = {}
    for one in experiments:
        for dataset in one.datasets:
            for method in one.methods:
                label = varied(method.label, one.variant)
                why = next((entry.reason for entry in skip if entry.covers(dataset, method)), None)
                cell = Planned(dataset, replace(method, label=label), one.train, (), why)
                held = found.get((dataset.label, label), cell)
                found[dataset.label, label] = replace(held, experiments=(*held.experiments, one.label))
    return tuple(found.values())


def slug(label: str) -> str:
    """A label as the name of a folder: lower case, and `-` for whatever is neither a letter nor a digit.

    What is not ASCII is no part of it, and a long one is cut: a hash tells such labels apart.
    """
    name = re.sub(r"[^a-z0-9.=]+", "-", label.lower()).strip("-.") or "x"
    if label.isascii() and len(name) <= LONGEST:
        return name
    return f"{name[: LONGEST - 7]}-{hashlib.sha256(label.encode('utf-8', 'surrogatepass')).hexdigest()[:6]}"
