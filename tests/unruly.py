"""A package of unruly plugins, installed for one test, and a small suite to run them in."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.plugins import installed

ROOT = Path(__file__).parents[1]

UNRULY = '''
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import torch

from bench.data.base import DataError, DataSource
from bench.data.ring import Ring
from bench.metrics.base import Metric
from bench.metrics.mmd_multiscale import MmdMultiscale
from bench.probes.base import Probe
from bench.training.hooks import Stabilizer


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
        return {"ends": torch.zeros(len(engine.seeds))}


def mended():
    """Whether what broken plugins need is there: the file in $MENDED."""
    return Path(os.environ.get("MENDED", "nowhere")).exists()


@dataclass(frozen=True, kw_only=True)
class Breaks(Metric):
    """The mean of the samples; raises until it is mended: at once, on real data, or at the second look."""

    higher_is_better = True

    n: int = 100
    when: str = "looking"

    def names(self):
        return ("breaks",)

    def reference(self, data):
        if self.when == "reference" and not mended():
            raise FileNotFoundError("breaks.pth is missing: put it there\\nand so on")
        return 0

    def measure(self, fake, real):
        if self.when == "promise" and not mended():
            return {"other": fake.double().mean((1, 2))}
        if len(fake) > 1 and self.when == "looking" and not mended():
            raise MemoryError("no room for so many pairs")
        if len(fake) > 1 and self.when == "late" and not mended():
            looks.append(1)
            if len(looks) > 1:
                raise RuntimeError("at the second look")
        return {"breaks": fake.double().mean((1, 2))}


looks = []


@dataclass(frozen=True, kw_only=True)
class BreakingMmd(MmdMultiscale):
    """mmd_multiscale of another space, that breaks."""

    def names(self):
        return ("mmd_multiscale_broken",)

    def compare(self, fake, real):
        if not mended():
            raise RuntimeError("no features")
        return {"mmd_multiscale_broken": super().compare(fake, real)["mmd_multiscale"]}


@dataclass(frozen=True, kw_only=True)
class Wrong(Stabilizer):
    """A bug in a method: not a metric's, and not a probe's."""

    def loss(self, loss, inputs, at):
        raise RuntimeError("first line\\nsecond line")


@dataclass(frozen=True, kw_only=True)
class Vanishing(Ring):
    """A ring that is there where the suite is read, and gone in every worker."""

    n: int = 1000

    def load(self):
        import multiprocessing

        if multiprocessing.parent_process() is not None and not mended():
            raise DataError("the disk is gone")
        return super().load()


@dataclass(frozen=True, kw_only=True)
class Nap(Probe):
    """Takes its time for as long as the file in $NAP exists, which grows by a byte each time."""

    every: int = 10

    def measure(self, engine, state):
        if os.environ.get("NAP") and Path(os.environ["NAP"]).exists():
            with open(os.environ["NAP"], "a") as naps:
                naps.write(".")
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
[bench.metrics]
breaks = unruly:Breaks
breaking_mmd = unruly:BreakingMmd
[bench.stabilizers]
wrong = unruly:Wrong
[bench.datasets]
absent = unruly:Absent
vanishing = unruly:Vanishing
"""


@pytest.fixture
def unruly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Installs the words of ENTRIES, here and in every process that is started, and forgets them afterwards."""
    site = tmp_path / "site"
    about = site / "unruly-1.dist-info"
    about.mkdir(parents=True)
    (site / "unruly.py").write_text(UNRULY)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: unruly\nVersion: 1\n")
    (about / "entry_points.txt").write_text(ENTRIES)
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(site), str(ROOT)]))
    forget_words()
    yield site
    forget_words()


def forget_words() -> None:
    """Which words are installed is read anew."""
    for cache in (installed.entries, installed.words, installed.find):
        cache.cache_clear()


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
