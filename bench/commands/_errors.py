"""Mistakes of a user become lines on standard error and an exit code; everything else stays a traceback."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

FAILED, WRONG, INCOMPLETE, NOTHING, INTERRUPTED = 1, 2, 4, 5, 130


@contextmanager
def plainly() -> Iterator[None]:
    """Mistakes become their lines and exit code 2, a pattern that selects nothing 5, Ctrl-C and SIGTERM 130."""
    from bench.claims import ClaimError
    from bench.data.base import DataError
    from bench.gate import WaiverError
    from bench.gate.baseline import BaselineError
    from bench.reporting import ReportError
    from bench.running.executors.base import NoExecutor
    from bench.running.machine import NoDevice
    from bench.running.plan import CantRun, NothingSelected
    from bench.suite.yaml_lines import SuiteError

    signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    except NothingSelected as error:
        stop(str(error), NOTHING)
    except (SuiteError, CantRun, NoDevice, NoExecutor, DataError, ReportError) as error:
        stop(str(error))
    except (ClaimError, BaselineError, WaiverError) as error:
        stop(str(error))
    except KeyboardInterrupt:
        print("interrupted; the same command continues where it stopped", file=sys.stderr)
        sys.exit(INTERRUPTED)


def stop(message: str, code: int = WRONG) -> NoReturn:
    """Print to standard error and exit."""
    print(message, file=sys.stderr)
    sys.exit(code)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
