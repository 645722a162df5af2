"""Signals that ask for a stop: Ctrl-C, and what schedulers send before they kill. Each of them stops as Ctrl-C does.

Batch systems, containers and `timeout` send to all processes of a group, some of them twice, and a parent tells its workers
once more: one stop arrives several times, and must be raised once. A signal that is ignored when the program begins (`nohup`)
stays ignored.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

STOPS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1") if hasattr(signal, name))
TOGETHER = 1.0  # seconds within which several signals are one stop


class Stopped(KeyboardInterrupt):
    """A signal asked for a stop."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


def number_of(error: KeyboardInterrupt) -> signal.Signals:
    """The signal behind an interrupt: Ctrl-C's where nothing else is known."""
    return signal.Signals(error.number if isinstance(error, Stopped) else signal.SIGINT)


def exit_code(error: KeyboardInterrupt) -> int:
    """128 + n, as shells have it: 130 for Ctrl-C, 143 for SIGTERM."""
    return 128 + number_of(error)


def stop_on_signals() -> None:
    """Of the program: the first signal raises Stopped, and so does a second one that comes later than TOGETHER."""
    last = -TOGETHER

    def stop(number: int, _: FrameType | None) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= TOGETHER:
            last = now
            raise Stopped(number)

    _install(stop)


def end_on_signals() -> None:
    """What is left to do is not worth waiting for: any further signal ends the process at once."""
    for number in STOPS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


@contextmanager
def blocked() -> Iterator[None]:
    """No signal reaches this thread; one that came meanwhile is heard at the end. A process that is started in it begins
    so, and hears nothing before it has its own handlers (`stop_once`)."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@dataclass
class _Stop:
    """What a worker knows of a stop."""

    number: int = 0  # the signal that asked for it; 0: none did
    held: bool = True  # whether it is noted and not raised


_stop = _Stop()


def stop_once() -> None:
    """Of a worker: the first signal raises Stopped, or is noted while `hold` lasts; later ones are nothing new."""

    def stop(number: int, _: FrameType | None) -> None:
        if not _stop.number:
            _stop.number = number
            if not _stop.held:
                raise Stopped(number)

    _install(stop)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)


def hold() -> None:
    """From here on a worker is not disturbed: a stop waits for `release`, or for the end of its block."""
    _stop.held = True


def release() -> None:
    """Raises Stopped where a stop was waiting."""
    _stop.held = False
    if _stop.number:
        raise Stopped(_stop.number)


@contextmanager
def held() -> Iterator[None]:
    """`hold`, and `release` unless a stop was held before."""
    before, _stop.held = _stop.held, True
    try:
        yield
    finally:
        _stop.held = before
    if not before:
        release()


def asked() -> bool:
    """Whether a worker was asked to stop."""
    return bool(_stop.number)


def _install(handler: object) -> None:
    for number in STOPS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)  # type: ignore[arg-type]
