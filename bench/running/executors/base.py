"""What an executor is: it gets blocks of work done, in the order given, and says how each one ended."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol, cast

from bench.plugins import nearest, reason
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

    return sorted(m.name for m in iter_modules(executors.__path__) if m.name != "base" and not m.name.startswith("_"))


def find(word: str) -> type[Executor]:
    """The class behind a word: `MyPool` of `my_pool.py`, in any letter case. Raises NoExecutor."""
    if word not in words():
        raise NoExecutor(f"no executor is called '{word}'{nearest(word, words())}")
    try:
        module = import_module(f"bench.running.executors.{word}")
    except Exception as error:
        raise NoExecutor(f"executor {word} can't be imported: {reason(error)}") from error
    wanted = word.replace("_", "")
    for name, thing in vars(module).items():
        if inspect.isclass(thing) and thing.__module__ == module.__name__ and name.lower() == wanted:
            return cast(type[Executor], thing)
    raise NoExecutor(f"{module.__file__}: expected a class named like the file, '{wanted}' in any letter case")
