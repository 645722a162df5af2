"""Who works on the results of a suite: one run at a time, on whichever machine of those that share the folder.

`results/<suite>/.running/owner/<token>.json` names the run, and is touched every BEAT seconds. That folder is made beside its
place and renamed, which fails where one with a file in it is; a run that is gone is removed by deleting its very file, which one
of several does, and none takes for another. Both are atomic on network file systems, too. Reading results needs no leave.
"""

from __future__ import annotations

import _thread
import errno
import json
import os
import secrets
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.records import drafts, processes, store
from bench.records.strict_json import read_json
from bench.records.walking import walk
from bench.running import leftovers
from bench.running.plan import CantRun

BEAT = 15.0  # seconds
STALE = 300.0  # seconds without a beat after which a run on another machine is gone; here it is asked of the system
TRIES = 20  # of several runs that begin at once, each has its turn


class Held(CantRun):
    """Results that another run works on: a line that says which."""


@dataclass(frozen=True)
class Owner:
    """A run."""

    host: str
    space: str  # in which numbers of processes are told apart: two containers may have one host's name
    pid: int
    started: str
    since: str

    @property
    def here(self) -> bool:
        """Whether it is, or was, on this machine."""
        return (self.host, self.space) == (socket.gethostname(), _space())

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}, since {self.since}"


@contextmanager
def owned(root: Path) -> Iterator[None]:
    """No other run works on these results in the meantime. Raises Held, and CantRun where nothing can be written there.

    A run that was thought to be gone (its machine slept) and lost them to another one is stopped.
    """
    if why := store.unwritable(root):
        raise CantRun(f"{root}: results can't be written there: {why}; choose another folder with --out")
    mine = _take(root)
    done, lost = threading.Event(), list[Held]()
    beat = threading.Thread(target=_beat, args=(root, mine, done, lost), daemon=True)
    beat.start()
    try:
        leftovers.remove(root)
        yield
    except KeyboardInterrupt:
        if lost:
            raise lost[0] from None
        raise
    finally:
        done.set()
        beat.join(1.0)
        mine.unlink(missing_ok=True)
        with suppress(OSError):  # it is the next one's already
            mine.parent.rmdir()


def _take(root: Path) -> Path:
    """The file of this run, in its place."""
    place = root / store.RUNNING / "owner"
    name = f"{secrets.token_hex(8)}.json"
    draft = place.with_name(drafts.drafted("owner", secrets.token_hex(4)))
    try:
        draft.mkdir(parents=True)
        (draft / name).write_text(json.dumps(asdict(_this())) + "\n", encoding="utf-8")
        for _ in range(TRIES):
            with suppress(OSError):  # an empty one is nobody's, and not replaced everywhere
                place.rmdir()
            try:
                draft.rename(place)
                return place / name
            except OSError as error:
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                    raise
            for file in walk(place):
                if _works(file, draft / name):
                    raise _held(root, file)
                file.unlink(missing_ok=True)
            time.sleep(0.05)
        raise Held(f"{root}: other runs begin here at the same time; try again")
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _works(file: Path, probe: Path) -> bool:
    """Whether the run of a file still works; `probe` is touched to learn the file server's time."""
    owner = _read(file)
    if owner and owner.here:
        return processes.lives(owner.pid, owner.started)
    try:
        os.utime(probe)
        return abs(probe.stat().st_mtime - file.stat().st_mtime) < STALE
    except FileNotFoundError:
        return False


def _beat(root: Path, mine: Path, done: threading.Event, lost: list[Held]) -> None:
    while not done.wait(BEAT):
        try:
            os.utime(mine)
        except FileNotFoundError:
            for file in walk(mine.parent):
                lost.append(_held(root, file))
                _thread.interrupt_main()
                return
        except OSError:  # the file server is away for a while
            continue


def _held(root: Path, file: Path) -> Held:
    who = _read(file) or "of which nothing is known"
    return Held(f"{root}: another run works on these results ({who}): wait for it, or choose another folder with --out")


def _this() -> Owner:
    me = processes.look(os.getpid())
    now = datetime.now(UTC).isoformat(sep=" ", timespec="seconds")
    return Owner(socket.gethostname(), _space(), os.getpid(), me.started if me else "", now)


def _space() -> str:
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""


def _read(file: Path) -> Owner | None:
    try:
        return Owner(**read_json(file))
    except (OSError, ValueError, TypeError):
        return None
