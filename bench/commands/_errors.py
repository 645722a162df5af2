"""Mistakes of a user become lines on standard error and an exit code; everything else stays a traceback."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn

from bench.running import signals

DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.ESTALE)  # nothing that a program can mend
FAILED, WRONG, UNDECIDED, INCOMPLETE, NOTHING, HELD = 1, 2, 3, 4, 5, 6


@contextmanager
def plainly() -> Iterator[None]:
    """Mistakes become their lines and exit code 2, a pattern that selects nothing 5, results that another run works on 6,
    signals that stop 128 + n."""
    signals.stop_on_signals()
    try:
        with disk_errors(), _mistakes():
            yield
    except KeyboardInterrupt as error:
        signals.end_on_signals()
        stop(f"stopped by {signals.number_of(error).name}", signals.exit_code(error))


@contextmanager
def disk_errors() -> Iterator[None]:
    """A device that takes no more is a line and exit code 4, also where it is the output's; where who reads that went away,
    it ends as other programs do: 128 + SIGPIPE."""
    try:
        yield
        sys.stdout.flush()
    except OSError as error:
        if error.errno not in (*DISK, errno.EPIPE):
            raise
        with suppress(OSError, ValueError):  # what is left to print can't be, and the interpreter would try again
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if error.errno == errno.EPIPE:
            sys.exit(141)
        told = f"{error.filename or 'the output'}: {error.strerror}"
        stop(f"{told}; what was finished is on disk, and the same command continues", INCOMPLETE)


@contextmanager
def _mistakes() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        if (code := _code(error)) is None:
            raise
        stop(str(error), code)


def _code(error: Exception) -> int | None:
    """The exit code of a user's mistake; None of a bug. Imported late: what went well needs none of these modules."""
    from bench.claims import ClaimError
    from bench.data.base import DataError
    from bench.gate import WaiverError
    from bench.gate.baseline import BaselineError
    from bench.plugins import BrokenPlugin
    from bench.reporting import ReportError
    from bench.running.executors.base import NoExecutor
    from bench.running.machine import NoDevice
    from bench.running.owner import Held
    from bench.running.plan import CantRun, NothingSelected
    from bench.running.watchers.base import NoWatcher
    from bench.suite.yaml_lines import SuiteError

    mistakes = (
        SuiteError, CantRun, NoDevice, NoExecutor, NoWatcher, DataError, ReportError, ClaimError, BaselineError,
        WaiverError, BrokenPlugin,
    )  # fmt: skip
    codes = {NothingSelected: NOTHING, Held: HELD, **dict.fromkeys(mistakes, WRONG)}
    return next((code for kind, code in codes.items() if isinstance(error, kind)), None)


def stop(message: str, code: int = WRONG) -> NoReturn:
    """Print to standard error and exit."""
    with suppress(OSError):  # of a terminal that is gone
        print(message, file=sys.stderr, flush=True)
    sys.exit(code)
