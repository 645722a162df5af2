"""A job: one block of seeds of one cell, as it is given to a worker, and what it needs before anything is trained."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from bench.data.base import Data, DataSource
from bench.evaluation.evaluator import Evaluator
from bench.evaluation.references import Reference
from bench.hashing.code import code_hash
from bench.metrics.base import Metric
from bench.plugins import BrokenPlugin, own_code, reason, word_of
from bench.plugins.own_code import OwnCode
from bench.records import store
from bench.running import machine
from bench.running.cell_keys import THREADS, describe
from bench.running.cells import Cell
from bench.running.provenance import NOWHERE, Commits, versions
from bench.suite.seeds_section import night_of
from bench.training.engine import Engine
from bench.training.game import Game
from bench.training.precision import PRECISIONS
from bench.training.untouched import WroteInPlace, content, untouched


@dataclass(frozen=True)
class Job:
    """What a worker is given; it can be sent to another process."""

    cell: Cell
    seeds: tuple[int, ...]
    root: Path  # results/<suite>
    device: str = "cpu"
    commits: Commits = NOWHERE
    of: Path | None = None  # a record whose kept weights are scored by what it lacks; nothing is trained
    own: OwnCode | None = field(default_factory=own_code.in_use)  # the suite's plugins, which its worker has to import
    own_hash: str = field(default_factory=lambda: code_hash(own_code.modules()))  # of their code, as it was planned

    def __reduce__(self) -> Any:
        """As bytes that are read once its plugins are imported, and are the code that the run was planned with."""
        if self.own != own_code.in_use():
            own_code.use(self.own)
        held = pickle.dumps({f.name: getattr(self, f.name) for f in fields(self)})
        return _received, (self.own, self.own_hash, held)

    @property
    def label(self) -> str:
        return f"{self.cell.label} · {store.block_name(self.seeds)}" + " · scored again" * (self.of is not None)

    @property
    def checkpoint(self) -> Path:
        return self.root / store.RUNNING / self.cell.folder / f"{store.block_name(self.seeds)}.pt"


@dataclass(frozen=True)
class JobResult:
    """How a job ended."""

    status: str
    reason: str | None = None
    folder: Path | None = None
    errors: tuple[str, ...] = ()  # metrics and probes that broke: what and why


class NoData(RuntimeError):
    """A data set that can't be loaded: no method's fault, and no seed's outcome."""


def _received(own: OwnCode | None, own_hash: str, held: bytes) -> Job:
    """A job in its worker. Raises BrokenPlugin where the suite's own code is not there, or not what it was."""
    own_code.use(own)
    if own and code_hash(own_code.modules()) != own_hash:
        files = ", ".join(map(str, own.files)) or str(own.folder)
        raise BrokenPlugin(f"{files}: changed since the run began; run it again")
    return Job(**pickle.loads(held))


def about(job: Job) -> dict[str, Any]:
    """What a record says of a cell before anything was run; of a pretrained model nothing of training."""
    cell = job.cell
    trained = {
        "train": asdict(cell.train),
        "timeout": cell.timeout,
        "mapping": cell.train.mapping,
        "precision": cell.train.precision,
    }
    return {
        "suite": cell.suite,
        "asks": cell.asks,
        "dataset": {"label": cell.dataset.label, "call": cell.dataset.call, **describe(cell.dataset.source)},
        "method": {
            "label": cell.method.label,
            "call": cell.method.call,
            "model": cell.method.model,
            "stabilizers": list(cell.method.stabilizer_calls),
            "options": [describe(part) for part in (cell.method.game, *cell.method.stabilizers)],
        },
        "key": cell.key,
        **({"pretrained": True, "made": cell.made or None} if cell.pretrained else trained),
        "lanes": len(job.seeds),
        "threads": THREADS,
        "versions": versions(),
        "device": machine.device(job.device),
        "commit": job.commits.bench,
        "suite_commit": job.commits.suite,
        "night": night_of(job.seeds),
        "code": cell.code[:16],
        "data": cell.content or None,
        **cell.tuning,
        "created": datetime.now(UTC).isoformat(timespec="microseconds"),
    }


@lru_cache(maxsize=1)
def evaluation(
    source: DataSource, expected: str, scores: tuple[Metric, ...], cache: Path
) -> tuple[Data, Evaluator, dict[str, Reference], dict[str, str]]:
    """The data, its evaluator, what its metrics read on real data and on the null, and why some broke there.

    Kept for the next block on the same data. Raises NoData where they can't be had, or are not those of `expected`.
    """
    try:
        data = source.load()
    except MemoryError:
        raise
    except (Exception, SystemExit, GeneratorExit) as error:
        raise NoData(f"the data set {word_of(type(source))} can't be loaded: {reason(error)}") from error
    if source.content(data) != expected:
        raise NoData(
            f"the data set {word_of(type(source))} is not what it was when the run began: its files were changed, or what it "
            "draws does not follow from its options; run it again"
        )
    evaluator, errors = Evaluator(data, scores, cache), dict[str, str]()
    return data, evaluator, evaluator.references(errors), errors


@contextmanager
def unspoilt(data: Data) -> Iterator[None]:
    """Raises WroteInPlace where a part of the block writes into the data, however it does; the next block loads them anew."""
    message = "a part of this cell that bench does not ship writes into the data: clone them first"
    try:
        with untouched([data.x, data.held_out], content, message):
            yield
    except WroteInPlace:
        evaluation.cache_clear()
        raise


def engine_of(job: Job, data: Data, mapping: str) -> Engine:
    """The engine of a job's seeds."""
    options, game = job.cell.train, job.cell.method.game
    assert isinstance(game, Game), "a pretrained model has none"
    return Engine(
        game,
        data,
        job.seeds,
        job.cell.method.stabilizers,
        batch=options.batch,
        mapping=mapping,
        device=job.device,
        **PRECISIONS[options.precision]._asdict(),
    )
