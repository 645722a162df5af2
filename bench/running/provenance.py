"""Where a record's numbers come from, beside its cell: the commits of the program and of the suite, and what is installed.

None of it is part of a key. Records of before know fewer of these.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from bench.plugins import CATEGORIES, installed
from bench.suite.suite import Suite

PROGRAM = Path(__file__).parents[1]
HOOK = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")  # of the repository whose hook runs this, not of the folder
LIBRARIES = (
    "scipy",
    "torchvision",
    "torchmetrics",
    "torch-fidelity",
)  # that numbers pass through, beside torch and NumPy


class Commits(NamedTuple):
    """Of repositories, `+` where files differ from them; None outside one."""

    bench: str | None = None
    suite: str | None = None  # None where the suite lies in the program's own repository as well


NOWHERE = Commits()


def commits(suite: Suite) -> Commits:
    """The program's, and that of the repository in which a suite's file lies."""
    shared = _top(suite.path.resolve().parent) == _top(PROGRAM)
    return Commits(_of_program(), None if shared else _of_suite(suite))


def _of_program() -> str | None:
    """None where it is installed: what surrounds that is somebody else's repository."""
    if not _git(PROGRAM, "ls-files", "__init__.py"):
        return None
    return _marked(PROGRAM, bool(_git(PROGRAM, "status", "--porcelain", "--", ".")))


def _of_suite(suite: Suite) -> str | None:
    """Marked where a file that is tracked differs, or where the suite's own or one of its plugins is not tracked. None where
    it is ignored, as what is installed within a repository is."""
    files = [file.resolve() for file in (suite.path, *(suite.own.files if suite.own else ()))]
    folder = files[0].parent
    if _git(folder, "check-ignore", str(files[0])):
        return None
    new = any(not _git(file.parent, "ls-files", file.name) for file in files)
    return _marked(folder, new or bool(_git(folder, "status", "--porcelain", "--untracked-files=no")))


def _marked(folder: Path, differs: bool) -> str | None:
    head = _git(folder, "rev-parse", "HEAD")
    return head + "+" * differs if head else None


def _top(folder: Path) -> str | None:
    """The folder of the repository that a folder lies in."""
    return _git(folder, "rev-parse", "--show-toplevel")


def _git(folder: Path, *words: str) -> str | None:
    """What git says; None where it refuses, or is not there."""
    command = ["git", "--no-optional-locks", *words]
    around = {name: value for name, value in os.environ.items() if name not in HOOK}
    try:
        ran = subprocess.run(command, cwd=folder, env=around, capture_output=True, text=True, check=True, timeout=10)
        return ran.stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None


@cache
def versions() -> dict[str, str]:
    """Of Python, bench, what numbers pass through, CUDA where torch has it, and every package that adds words."""
    found: dict[str, str | None] = {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "bench": getattr(sys.modules[__name__.partition(".")[0]], "__version__", None),
        "cuda": torch.version.cuda,
        **{name: _version(name) for name in LIBRARIES},
    }
    for category in CATEGORIES:
        for entry in installed.entries(category).values():
            if entry.dist is not None:
                found[entry.dist.name] = entry.dist.version
    return {name: said for name, said in found.items() if said}


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
