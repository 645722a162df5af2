"""Files below a folder in which other processes write: what goes away in the meantime was not there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path


def walk(root: Path) -> Iterator[Path]:
    """Every folder and file below `root`, in the order of their names, folders before what is in them.

    Links to folders are named and not entered. A folder that vanishes, or may not be read, has nothing in it
    (`Path.rglob` raises there, for a run that starts while another one's draft is renamed into its place).
    """
    for folder, folders, files in os.walk(root):
        folders.sort()
        yield from (Path(folder, name) for name in sorted([*folders, *files]))
