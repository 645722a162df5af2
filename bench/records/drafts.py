"""Names of what is not in its place yet: they say whose it is, for the day its process is gone."""

from __future__ import annotations

import os
import re
import shutil
import socket
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from bench.records import processes

OLD = 3600.0  # seconds after which a draft is nobody's, where its process can't be asked
NAMED = re.compile(r"(?:record|owner|\..+)\.(\d+)@(.+)\.\w+")
OLDER = re.compile(r"record-\w+|\..+\.\d+|.+\.part")  # of versions before, and of caches


def drafted(name: str, what: str) -> str:
    """The name of a draft of this process."""
    return f"{name}.{os.getpid()}@{socket.gethostname()}.{what}"


def remove_gone(paths: Iterable[Path], *, older: bool = False) -> None:
    """Remove what is a draft of a process that is gone; everything else stays. `older`: those of versions before as well,
    where nobody else keeps files."""
    for path in paths:
        named = NAMED.fullmatch(path.name) or (older and OLDER.fullmatch(path.name))
        if not named or not _gone(path):
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with suppress(OSError):  # somebody else's, who may not share the right to
                path.unlink()


def _gone(path: Path) -> bool:
    """Whether no living process writes a draft."""
    named = NAMED.fullmatch(path.name)
    if named and named[2] == socket.gethostname():
        return not processes.lives(int(named[1]), "")
    try:
        return time.time() - path.stat().st_mtime > OLD
    except FileNotFoundError:  # its process has put it in its place
        return False
