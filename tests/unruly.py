"""A package of unruly plugins, installed for one test, and a small suite to run them in."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.plugins import discovery

ROOT = Path(__file__).parents[1]

UNRULY = '''
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import torch

from bench.data.base import DataError, DataSource
from bench.probes.base import Probe


@dataclass(frozen=True, kw_only=True)
class Ends(Probe):
    """Ends the process, or raises, at a step; what it does depends on the length of z."""

    at: int = 20
    every: int = 10

    def measure(self, engine, state):
        if int(state.step) == self.at:
            if engine.game.latent == 5:
                os.kill(os.getpid(), signal.SIGKILL)
            if engine.game.latent == 6:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
            if engine.game.latent == 7:
                raise RuntimeError("first line\\nsecond line")
        return {}


@dataclass(frozen=True, kw_only=True)
class Nap(Probe):
    """Takes its time for as long as the file in $NAP exists."""

    every: int = 10

    def measure(self, engine, state):
        if os.environ.get("NAP") and Path(os.environ["NAP"]).exists():
            time.sleep(0.2)
        return {}


@dataclass(frozen=True, kw_only=True)
class Absent(DataSource):
    """Data that is not there."""

    folder: str = "nowhere"

    def load(self):
        raise DataError(f"{self.folder}: there is no such folder; put the images there")
'''
ENTRIES = """
[bench.probes]
ends = unruly:Ends
nap = unruly:Nap
[bench.datasets]
absent = unruly:Absent
"""


@pytest.fixture
def unruly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Installs the words `ends`, `nap` and `absent`, here and in every process that is started."""
    site = tmp_path / "site"
    about = site / "unruly-1.dist-info"
    about.mkdir(parents=True)
    (site / "unruly.py").write_text(UNRULY)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: unruly\nVersion: 1\n")
    (about / "entry_points.txt").write_text(ENTRIES)
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(site), str(ROOT)]))
    caches = (discovery._entries, discovery.words, discovery.find)
    for cache in caches:
        cache.cache_clear()
    return site


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a suite file."""

    def suite(text: str) -> Path:
        path = tmp_path / "toy.yaml"
        path.write_text(textwrap.dedent(text))
        return path

    return suite


@pytest.fixture
def bench(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a command as a stranger would, in an empty folder."""

    def call(*words: object, **more: object) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        environment.setdefault("PYTHONPATH", str(ROOT))
        return subprocess.run(
            [sys.executable, "-m", "bench", *map(str, words)],
            cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=240, check=False,
        )  # fmt: skip

    return call
