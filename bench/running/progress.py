"""How the progress of a run is shown: bars in a terminal, plain lines elsewhere, nothing with --quiet."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from bench.records.under_way import UnderWay
from bench.running.so_far import Latest
from bench.stats.outcomes import INTERRUPTED, OUTCOMES

if TYPE_CHECKING:
    from bench.running.job import Job, JobResult

BAD = frozenset(row.name for row in OUTCOMES if row.of_block and not row.planned)


def listener(jobs: Sequence[Job], *, quiet: bool = False) -> Quiet:
    """The listener that fits where standard error goes."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    if quiet:
        return Quiet(console)
    return Bars(jobs, console) if console.is_terminal else Lines(jobs, console)


class Quiet:
    """Says only what went wrong. Counts how jobs ended."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.ended: dict[str, int] = {}
        self.broken = False  # whether a metric or a probe broke
        self.notes: set[str] = set()
        self.under_way: dict[int, Job] = {}  # those that were stopped, too

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if isinstance(error, KeyboardInterrupt) and self.under_way:
            self.console.print(goes_on(self.under_way.values()))

    def begin(self, k: int, job: Job) -> None:
        self.under_way[k] = job

    def progress(self, k: int, step: int, alive: int, steps: int) -> None:
        return

    def note(self, k: int, text: str) -> None:
        if text not in self.notes:
            self.notes.add(text)
            self.console.print(f"note: {escape(text)}")

    def end(self, k: int, job: Job, done: JobResult) -> None:
        self.ended[done.status] = self.ended.get(done.status, 0) + 1
        if done.status != INTERRUPTED.name:
            self.under_way.pop(k, None)
        self.broken |= bool(done.errors)
        for said in done.errors:
            self.console.print(escape(f"{job.label}: {said}"))
        if done.status in BAD:
            where = f" (see {done.folder / 'log.txt'})" if done.folder and (done.folder / "log.txt").exists() else ""
            self.console.print(escape(f"{job.label}: {done.status}: {done.reason}{where}"))

    def lacks(self, text: str) -> None:
        """Something that was asked for and has no result; an error of this run was said when it came."""
        self.console.print(escape(text))

    @property
    def incomplete(self) -> bool:
        """Whether anything ended otherwise than with a result, or with one that is not whole."""
        return self.broken or bool(BAD & self.ended.keys())


class Lines(Quiet):
    """A line when a block begins and ends, and one in between now and then."""

    EVERY = 30.0  # seconds

    def __init__(self, jobs: Sequence[Job], console: Console) -> None:
        super().__init__(console)
        self.jobs, self.finished = jobs, 0
        self.latest = Latest()
        self.began: dict[int, float] = {}
        self.last: dict[int, tuple[float, int]] = {}

    def begin(self, k: int, job: Job) -> None:
        super().begin(k, job)
        self.latest.begin(job)
        self.began[k] = time.monotonic()
        how = "continues from its last checkpoint" if job.checkpoint.exists() else "begins"
        self.console.print(escape(f"{job.label}: {how}"))

    def progress(self, k: int, step: int, alive: int, steps: int) -> None:
        now = time.monotonic()
        then, before = self.last.setdefault(k, (now, step))
        if now - then >= self.EVERY and step > before:
            self.last[k] = now, step
            rate = (step - before) / (now - then)
            left = span((steps - step) / rate)
            count = len(self.jobs[k].seeds)
            pace = f"{rate:.0f} steps/s, {left} left"
            read = [f"{name} {value}" for name, value in [primary(self.latest.of(self.jobs[k]))] if name]
            said = ", ".join([f"step {step} of {steps}", f"{alive}/{count} seeds alive", *read, pace])
            self.console.print(escape(f"{self.jobs[k].label}: {said}"))

    def end(self, k: int, job: Job, done: JobResult) -> None:
        self.finished += 1
        super().end(k, job, done)
        if done.status not in BAD:
            took = span(time.monotonic() - self.began[k])
            self.console.print(escape(f"{job.label}: {done.status} in {took} ({self.finished} of {len(self.jobs)})"))


class Bars(Quiet):
    """A bar for every block under way and one for all.

    What a block reads is the first metric that its suite lists, at its latest evaluation: the median over living seeds.
    """

    WIDE = 110  # columns from which on there is room for rates and for the time that has passed
    NUMBERS = 38  # columns of a bar and of all that is no label and no metric, in a narrow terminal
    METRIC = 18  # columns of a metric's name and number there

    def __init__(self, jobs: Sequence[Job], console: Console) -> None:
        super().__init__(console)
        self.jobs = jobs
        self.latest = Latest()
        self.wide = console.width >= self.WIDE
        pace = [TextColumn("{task.fields[rate]}"), TimeElapsedColumn()] if self.wide else []
        self.bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(40 if self.wide else 10),
            TaskProgressColumn(),
            TextColumn("{task.fields[alive]}"),
            TextColumn("{task.fields[reads]}"),
            *pace,
            TimeRemainingColumn(compact=not self.wide),
            console=console,
            transient=True,
        )
        self.work = [len(job.seeds) * job.cell.train.steps for job in jobs]
        self.steps = dict.fromkeys(range(len(jobs)), 0)
        self.tasks: dict[int, TaskID] = {}
        self.first: dict[int, tuple[float, int]] = {}
        self.total = self.bars.add_task("[bold]all seed-steps", total=sum(self.work), alive="", reads="", rate="")

    def __enter__(self) -> Self:
        self.bars.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.bars.stop()
        super().__exit__(kind, error, at)

    def begin(self, k: int, job: Job) -> None:
        super().begin(k, job)
        self.latest.begin(job)
        label, total = escape(self._shortened(job.label)), job.cell.train.steps
        self.tasks[k] = self.bars.add_task(label, total=total, alive="starting", reads="", rate="")

    def progress(self, k: int, step: int, alive: int, steps: int) -> None:
        now = time.monotonic()
        then, before = self.first.setdefault(k, (now, step))
        rate = f"{(step - before) / (now - then):.0f} steps/s" if now > then and step > before else ""
        living = f"{alive}/{len(self.jobs[k].seeds)} alive"
        reads = self._reads(*primary(self.latest.of(self.jobs[k])))
        self.bars.update(self.tasks[k], completed=step, alive=living, reads=reads, rate=rate)
        self._count(k, step)

    def end(self, k: int, job: Job, done: JobResult) -> None:
        self.bars.remove_task(self.tasks.pop(k))
        self._count(k, job.cell.train.steps)
        super().end(k, job, done)

    def _count(self, k: int, step: int) -> None:
        self.steps[k] = step
        done = sum(len(job.seeds) * self.steps[j] for j, job in enumerate(self.jobs))
        self.bars.update(self.total, completed=done)

    def _shortened(self, label: str) -> str:
        """A block's label in the room that numbers leave: `ring8 / GAN + sp… · 0-9`."""
        room = max(self.console.width - self.NUMBERS - self.METRIC, 20)
        if self.wide or len(label) <= room:
            return label
        cell, dot, seeds = label.rpartition(" · seeds-")
        left = room - len(seeds) - 3 if dot else room
        return f"{cell if len(cell) <= left else f'{cell[: left - 1]}…'} · {seeds}" if dot else f"{label[: room - 1]}…"

    def _reads(self, name: str, value: str) -> str:
        """`modes_covered 6`; of a long name its beginning."""
        room = self.METRIC - len(value) - 1
        return escape(f"{name if self.wide or len(name) <= room else f'{name[: room - 1]}…'} {value}".strip())


def primary(now: UnderWay | None) -> tuple[str, str]:
    """The metric that a suite lists first and what it reads, as text; both empty before the first evaluation."""
    name, value = next(iter(now.medians.items()), ("", 0.0)) if now else ("", 0.0)
    return name, f"{value:.3g}" if name else ""


def goes_on(stopped: Iterable[Job]) -> str:
    """`the same command continues: 2 blocks from their checkpoints, 1 block from its first step`, as it is on disk."""
    saved = [job.checkpoint.exists() for job in stopped]
    kept, lost = sum(saved), len(saved) - sum(saved)
    parts = [f"{kept} {'block from its checkpoint' if kept == 1 else 'blocks from their checkpoints'}"] * (kept > 0)
    parts += [f"{lost} {'block from its first step' if lost == 1 else 'blocks from their first step'}"] * (lost > 0)
    return f"the same command continues: {', '.join(parts)}"


def span(seconds: float) -> str:
    """`2 h 05 min`, `3 min 10 s`, `4.2 s`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes} min {rest:02d} s"
