"""Cells: a suite's data sets × methods, each checked against its data, with a label and a key.

Two results with one key came from the same cell: the same options (defaults included), the same code, the same content of
data that are read, and whatever else changes rounding. Seeds are not part of it, so that more seeds can join a cell later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from bench.data._checked import checked, content_of, remarks
from bench.data.base import Data, DataError
from bench.evaluation.outcomes import OutcomeRule
from bench.evaluation.quality_metrics import with_quality
from bench.metrics.base import Metric
from bench.plugins import UnknownName, first_line, own_code, reason, word_of
from bench.plugins.surroundings import plain_surroundings
from bench.probes.base import Probe
from bench.running.cell_keys import EVALUATOR, code_of, key_of, wanted_of
from bench.running.memory import within_memory
from bench.running.spend import spend_per_step
from bench.running.unmeasured import Paid, note_unmeasured, note_unspent
from bench.suite.measurable import QUALITY, Measurable, measurable
from bench.suite.suite import Dataset, Method, Planned, Suite, Train, slug
from bench.training.engine import Engine
from bench.training.pretrained import Pretrained


@dataclass(frozen=True)
class Cell:
    """One method on one data set."""

    suite: str
    asks: str
    dataset: Dataset
    method: Method
    train: Train
    metrics: tuple[Metric, ...]  # those that fit the data set
    probes: tuple[Probe, ...]  # those that fit the game
    timeout: float | None  # minutes per block of seeds
    key: str
    skip: str | None = None  # why it is left out
    experiments: tuple[str, ...] = ()  # those of the suite that share it
    outcomes: OutcomeRule = field(default_factory=OutcomeRule)  # what its seeds have to reach and to keep
    code: str = ""  # a hash of all code that its numbers depend on
    wanted: Mapping[str, str] = field(default_factory=dict)  # every column of its metrics -> a hash of what measures it
    content: str = ""  # of the data that it was planned with; '' where they are generated
    made: str = ""  # the content of what a pretrained model samples from
    tuning: Mapping[str, Any] = field(default_factory=dict)  # what its records say of trials
    waits: bool = False  # for its trials: this is not the setting that will be run

    @property
    def label(self) -> str:
        return f"{self.dataset.label} / {self.method.label}"

    @property
    def pretrained(self) -> bool:
        """Whether its samples come from elsewhere: nothing is trained."""
        return isinstance(self.method.game, Pretrained)

    @property
    def folder(self) -> Path:
        """Where its records lie, inside the suite's results."""
        return Path(slug(self.dataset.label)) / f"{slug(self.method.label)}-{self.key[:8]}"


@plain_surroundings()
def cells(
    suite: Suite, device: str = "cpu", asked: Sequence[Planned] | None = None, *, others: bool = False
) -> list[Cell]:
    """Every cell of a suite, in its order, on a kind of device; or those that are `asked` for, on its data sets.

    Loads the data and builds every network once. A pretrained model has to have samples of the suite's
    seeds, unless `others` are run (`without_samples`). Raises SuiteError where data can't be had, a model can't be built for
    it or lacks samples, a metric fits none of the data sets, or a claim is about what is never measured on its data.
    """
    own_code.use(suite.own)
    problems = suite.problems()
    loaded: list[tuple[Dataset, Data]] = []
    for dataset in suite.datasets:
        try:
            with within_memory():
                loaded.append((dataset, checked(dataset.source)))
        except DataError as error:
            problems.add(dataset.line, f"datasets.{dataset.label}", error)
    problems.check()
    sound = True
    for k, score in enumerate(suite.metrics):
        try:
            score.names()
            refusals = [why for _, data in loaded if (why := score.refuses(data))]
        except (Exception, SystemExit, GeneratorExit) as error:
            why = f"{word_of(type(score))} can't say what it fits: {reason(error)}"
            problems.add(suite.lines.get(f"metrics.{k}", 1), "metrics", why)
            sound = False
            continue
        if len(refusals) == len(loaded):
            said = f"{word_of(type(score))} fits none of the data sets: {refusals[0]}"
            problems.add(suite.lines.get(f"metrics.{k}", 1), "metrics", said)
    if not sound:
        problems.check()
    found: list[Cell] = []
    measured: dict[tuple[str, str], Measurable] = {}
    of = {dataset.label: data for dataset, data in loaded}
    contents = {}
    for dataset, data in loaded:
        try:
            contents[dataset.label] = content_of(dataset.source, data)
        except DataError as error:
            problems.add(dataset.line, f"datasets.{dataset.label}", error)
    problems.check()
    timed = any(claim.at for claim in suite.claims)
    paid: dict[tuple[str, str], Paid] = {}
    for one in suite.planned() if asked is None else asked:
        dataset, method, data = one.dataset, one.method, of[one.dataset.label]
        scores = with_quality(suite.metrics, data, suite.quality)
        columns = [name for score in scores for name in score.names()] + [QUALITY] * bool(scores)
        if isinstance(method.game, Pretrained):
            try:
                made = "" if one.skip else _made(method.game, data, () if others else suite.seeds, scores)
            except (Exception, SystemExit, GeneratorExit) as error:
                why = first_line(error) if isinstance(error, ValueError | OSError) else reason(error)
                problems.add(method.line, f"methods.{method.label}", f"on {dataset.label}: {why}")
                continue
            if not one.skip:
                measured[dataset.label, method.label] = measurable(columns, (), method.game)
            found.append(_pretrained(suite, one, scores, device, contents[dataset.label], made))
            continue
        try:
            with within_memory():
                engine = (
                    None if one.skip else Engine(method.game, data, (0,), method.stabilizers, batch=one.train.batch)
                )
        except UnknownName as error:  # a misspelt word, the same on every data set
            problems.add(method.line, f"methods.{method.label}", str(error.args[0]))
            continue
        except (ValueError, LookupError) as error:
            why = f"can't be built for {dataset.label}: {first_line(error)}; leave the cell out under 'skip'"
            problems.add(method.line, f"methods.{method.label}", why)
            continue
        except (Exception, SystemExit, GeneratorExit) as error:  # sizes that no network can have, or a bug of a plugin
            why = f"can't be built for {dataset.label}: {reason(error)}"
            problems.add(method.line, f"methods.{method.label}", why)
            continue
        game = engine.game if engine else method.game
        length = one.train
        try:
            if engine and (length.budget or timed):
                price = asdict(spend_per_step(engine, engine.init_state()))
                length = length.paid(price)
                paid[dataset.label, method.label] = Paid(length.steps, length.evaluate_every, {"steps": 1.0, **price})
        except ValueError as error:
            problems.add(method.line, f"methods.{method.label}", f"on {dataset.label} {error}")
            continue
        try:
            probes = tuple(probe for probe in suite.probes if probe.fits(game))
        except (Exception, SystemExit, GeneratorExit) as error:
            problems.add(method.line, f"methods.{method.label}", f"a probe can't say whether it fits: {reason(error)}")
            continue
        if engine:
            measured[dataset.label, method.label] = measurable(columns, probes, game)
        nets = {type(m).__module__ for net in game.nets.values() for m in net.module.modules()}
        content = contents[dataset.label]
        key = key_of(length, dataset, method, probes, device, sorted(nets), content)
        about = (suite.name, suite.asks, dataset, method, length)
        code = code_of([dataset.source, method.game, *method.stabilizers, *scores, *probes], [*sorted(nets), EVALUATOR])
        cell = Cell(*about, scores, probes, suite.timeout, key, one.skip, one.experiments, suite.outcomes, code)
        found.append(replace(cell, wanted=wanted_of(scores), content=content, tuning=one.tuning, waits=one.waits))
    for k, probe in enumerate(suite.probes):
        if asked is None and found and not any(probe in cell.probes for cell in found):
            line = suite.lines.get(f"probes.{k}", 1)
            problems.add(line, "probes", f"{word_of(type(probe))} fits none of the methods: remove it")
    note_unmeasured(suite, measured, of, problems)
    note_unspent(suite, paid, problems)
    problems.check()
    return found


def _made(model: Pretrained, data: Data, seeds: Sequence[int], scores: Sequence[Metric]) -> str:
    """The content of what a pretrained model samples from. Raises ValueError where it lacks samples of a seed."""
    ready = model.build(data)
    n = max((score.n for score in scores), default=1)
    if why := ready.refuses(data, seeds, n):
        words = ", ".join(dict.fromkeys(word_of(type(score)) for score in scores if score.n == n))
        raise ValueError(why if ready.refuses(data, seeds, 1) else f"{why} ({words} judges {n})")
    return ready.content(data)


def without_samples(cell: Cell, seeds: Sequence[int]) -> str | None:
    """Why a pretrained model lacks samples of some seeds; None where it has them, or where the method is trained."""
    if not isinstance(cell.method.game, Pretrained) or cell.skip:
        return None
    try:
        _made(cell.method.game, cell.dataset.source.load(), seeds, cell.metrics)
    except (ValueError, OSError) as error:
        return f"{cell.label}: {first_line(error)}"
    return None


def _pretrained(suite: Suite, one: Planned, scores: Sequence[Metric], device: str, content: str, made: str) -> Cell:
    """A cell of which nothing is trained: no part of `train:` and no probe concerns it."""
    dataset, method = one.dataset, one.method
    key = key_of(None, dataset, method, (), device, data=content, made=made)
    code = code_of([dataset.source, method.game, *scores], [EVALUATOR])
    about = (suite.name, suite.asks, dataset, method, one.train, tuple(scores), (), suite.timeout, key, one.skip)
    cell = Cell(*about, one.experiments, suite.outcomes, code, wanted_of(scores), content, made)
    return replace(cell, tuning=one.tuning)


def alike(found: Sequence[Cell]) -> list[str]:
    """One line where cells have the same key: they train the same thing under several labels."""
    groups: dict[str, list[str]] = {}
    for cell in found:
        if cell.skip is None and not cell.waits:
            groups.setdefault(cell.key, []).append(cell.label)
    same = [" = ".join(labels) for labels in groups.values() if len(labels) > 1]
    more = f", and {len(same) - 3} more" if len(same) > 3 else ""
    return [f"the same settings under several labels: {', '.join(same[:3])}{more}"] if same else []


def remarked(suite: Suite) -> list[str]:
    """What has to be said of the data sets' files, one line each: what was left out, and the like."""
    return [f"{dataset.label}: {said}" for dataset in suite.datasets if (said := remarks(dataset.source))]


def short_of(suite: Suite) -> list[str]:
    """For each data set with fewer real samples than a metric asks for, one line: the floors are of fewer."""
    said = []
    for dataset in suite.datasets:
        data = dataset.source.load()
        asked = [s for s in suite.metrics if s.refuses(data) is None and s.n > s.pool(data)]
        if asked:
            named = ", ".join(f"{word_of(type(s))} {s.n}" for s in asked)
            pool = max(s.pool(data) for s in asked)
            said.append(
                f"{dataset.label} has {pool} real samples, and more are asked for: {named}; floors are of fewer"
            )
    return said
