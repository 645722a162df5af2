"""What an executor is: it gets blocks of work done, in the order given, and says how each one ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, cast

from bench.running import named_files
from bench.running.job import Job, JobResult


class NoExecutor(ValueError):
    """An executor that can't be used here: one line with the remedy."""


class Listener(Protocol):
    """Is told what happens; `k` is the job's place in the list."""

    def begin(self, k: int, job: Job) -> None: ...

    def progress(self, k: int, step: int, alive: int, steps: int) -> None: ...

    def note(self, k: int, text: str) -> None: ...

    def end(self, k: int, job: Job, done: JobResult) -> None: ...


class Executor(Protocol):
    """A file of this folder; its class is named like the file."""

    count: int  # blocks at a time

    def __init__(self, slots: int) -> None:
        """`slots`: blocks at a time. Raises NoExecutor."""
        ...

    def run(self, jobs: Sequence[Job], listener: Listener) -> None:
        """Every job ends in a record and in one `listener.end`. On Ctrl-C the jobs under way end as interrupted, and
        KeyboardInterrupt is raised."""
        ...


def words() -> list[str]:
    """Every executor there is: a file whose name begins with `_` is no word."""
    from bench.running import executors

    return named_files.words(executors)


def find(word: str) -> type[Executor]:
    """The class behind a word: `MyPool` of `my_pool.py`, in any letter case. Raises NoExecutor."""
    from bench.running import executors

    return cast(type[Executor], named_files.find(executors, "executor", word, NoExecutor))
