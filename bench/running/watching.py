"""What a run measures, shown to watchers while it goes on: read by this process from what evaluations leave on disk.

Watchers have a thread of their own, for which nobody waits while blocks are trained. One that raises costs a line.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.plugins import reason
from bench.records import store
from bench.records.rows import read_rows
from bench.running.executors.base import Listener
from bench.running.job import Job, JobResult, about
from bench.running.so_far import Latest
from bench.running.watchers.base import Row, Watcher

PATIENCE = 60.0  # seconds that watchers get at the end of a run
Number = tuple[int, int, str]  # step, seed, column


@contextmanager
def watching(told: Listener, kinds: Sequence[type[Watcher]]) -> Iterator[Listener]:
    """A listener that passes all on to another one and shows watchers what there is; that one where there are no watchers."""
    if not kinds:
        yield told
        return
    watched = Watching(told, kinds)
    try:
        yield watched
    finally:
        watched.close()


@dataclass
class _Block:
    """A block under way, and its watchers."""

    job: Job
    watchers: dict[type[Watcher], Watcher] = field(default_factory=dict)
    seen: set[Number] = field(default_factory=set)

    def new(self, rows: Sequence[tuple[int, int, str, float | None]]) -> dict[int, list[Row]]:
        """Step -> what was not shown yet, the earliest first."""
        found: dict[int, list[Row]] = {}
        for step, seed, column, value in sorted(rows, key=lambda row: row[0]):
            if value is not None and (step, seed, column) not in self.seen:
                self.seen.add((step, seed, column))
                found.setdefault(step, []).append((seed, column, value))
        return found


class Watching:
    """A listener. Records that are scored again have no curve, and are not shown."""

    def __init__(self, told: Listener, kinds: Sequence[type[Watcher]]) -> None:
        self.told, self.kinds = told, list(kinds)
        self.latest = Latest()
        self.blocks: dict[int, _Block] = {}
        self.events: queue.SimpleQueue[tuple[int, Job | JobResult | None] | None] = queue.SimpleQueue()
        self.thread = threading.Thread(target=self._work, name="watchers", daemon=True)
        self.thread.start()

    def begin(self, k: int, job: Job) -> None:
        self.told.begin(k, job)
        if job.of is None:
            self.latest.begin(job)
            self.events.put((k, job))

    def progress(self, k: int, step: int, alive: int, steps: int) -> None:
        self.told.progress(k, step, alive, steps)
        self.events.put((k, None))

    def note(self, k: int, text: str) -> None:
        self.told.note(k, text)

    def end(self, k: int, job: Job, done: JobResult) -> None:
        self.told.end(k, job, done)
        self.events.put((k, done))

    def close(self) -> None:
        """Wait for the watchers, no longer than PATIENCE."""
        self.events.put(None)
        self.thread.join(PATIENCE)
        if self.thread.is_alive():
            names = ", ".join(kind.__name__ for kind in self.kinds)
            self.told.note(0, f"{names}: not through {PATIENCE:.0f} s after the run; what is left is not shown there")

    def _work(self) -> None:
        while (event := self.events.get()) is not None:
            k, what = event
            try:
                if isinstance(what, Job):
                    self.blocks[k] = _Block(what)
                    self._begin(self.blocks[k])
                elif what is None and k in self.blocks:
                    self._look(self.blocks[k])
                elif isinstance(what, JobResult) and k in self.blocks:
                    self._end(self.blocks.pop(k), what)
            except Exception as error:  # of a disk, or of a record that can't be read
                self.told.note(k, f"watchers miss something: {reason(error)}")

    def _begin(self, block: _Block) -> None:
        job = block.job
        config = {name: value for name, value in about(job).items() if name not in ("suite", "asks", "created")}
        cell = job.cell.dataset.label, job.cell.method.label
        for kind in list(self.kinds):
            with self._sound(kind):
                block.watchers[kind] = kind(job.root)
                block.watchers[kind].begin(job.cell.suite, cell, job.seeds, config)

    def _look(self, block: _Block) -> None:
        if (now := self.latest.of(block.job)) is not None:
            self._show(block, [(now.step, *row) for row in now.scores])

    def _end(self, block: _Block, done: JobResult) -> None:
        try:
            self._look(block)
            if done.folder is not None:
                self._show(block, _recorded(done.folder))
        finally:
            for kind, watcher in list(block.watchers.items()):
                if kind in self.kinds:
                    with self._sound(kind):
                        watcher.end(done.status)

    def _show(self, block: _Block, rows: Sequence[tuple[int, int, str, float | None]]) -> None:
        for step, new in block.new(rows).items():
            for kind, watcher in block.watchers.items():
                if kind in self.kinds:
                    with self._sound(kind):
                        watcher.scores(step, new)

    @contextmanager
    def _sound(self, kind: type[Watcher]) -> Iterator[None]:
        """One of a kind that raises is the last of its kind."""
        try:
            yield
        except (Exception, SystemExit, GeneratorExit) as error:
            self.kinds.remove(kind)
            self.told.note(0, f"the watcher {kind.__name__} is not told any more: {reason(error)}")


def _recorded(folder: Path) -> list[tuple[int, int, str, float | None]]:
    """Every score of the record in a folder; none where it came to no result."""
    for record in store.load_records(folder):
        table = read_rows(record, "score")
        columns = (table[name].to_pylist() for name in ("step", "seed", "name", "value"))
        return list(zip(*columns, strict=True))
    return []
