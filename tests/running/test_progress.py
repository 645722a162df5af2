"""What a person sees while a run goes on: lines, and bars that fit into a terminal of 80 columns."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from bench.records.under_way import UnderWay, write_under_way
from bench.running import so_far
from bench.running.job import Job, JobResult
from bench.running.plan import plan
from bench.running.progress import Bars, Lines
from bench.suite.load import load_suite
from tests.unruly import ROOT

Write = Callable[[str], Path]
LONG = "a GAN with spectral normalisation of its critic"
TEXT = f"""
suite: toy
seeds: 12
train: {{steps: 4000, batch: 8, evaluate_every: 10, lanes: 6}}
datasets: {{ring8: ring(n=500)}}
methods: {{{LONG}: "gan(width=8, depth=1)"}}
metrics: [sliced_wasserstein(n=100)]
"""


@pytest.fixture
def jobs(write: Write, tmp_path: Path) -> tuple[Job, ...]:
    return plan(load_suite(write(TEXT)), tmp_path / "results").jobs


def evaluated(job: Job, value: float) -> None:
    scores = tuple((seed, name, v) for seed in job.seeds for name, v in (("sliced_wasserstein", value), ("b", 1.0)))
    now = UnderWay(job.cell.dataset.label, job.cell.method.label, job.seeds, 10, 4000, 5, scores)
    write_under_way(so_far.path_of(job), now)


def shown(bars: Bars, width: int) -> list[str]:
    screen = Console(width=width, file=io.StringIO(), record=True)
    screen.print(bars.bars.get_renderable())
    return screen.export_text().splitlines()


@pytest.mark.parametrize("width", [80, 160])
def test_bars_say_what_matters_in_the_columns_there_are(jobs: tuple[Job, ...], width: int) -> None:
    evaluated(jobs[0], 9.0)  # of an earlier run
    bars = Bars(jobs, Console(width=width, file=io.StringIO(), force_terminal=True))
    for k, job in enumerate(jobs):
        bars.begin(k, job)
    total, one, other = shown(bars, width)
    assert "starting" in one
    assert "starting" in other
    for k, value in enumerate((0.01234, -1.5)):
        bars.progress(k, 1000, 5, 4000)
        evaluated(jobs[k], value)
        bars.progress(k, 2000, 5, 4000)
    total, one, other = shown(bars, width)
    assert "all seed-steps" in total
    assert "50%" in total
    for line, seeds, value in ((one, "0-5", "0.0123"), (other, "6-11", "-1.5")):
        name = "sliced_wasserstein" if width > 80 else "sliced_was"
        for part in ("ring8 / a GAN", seeds, " 50%", "5/6 alive", name, value):
            assert part in line, (part, line)
        assert ("steps/s" in line) == (LONG in line) == (width > 80)


def test_lines_say_the_first_metric(jobs: tuple[Job, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.StringIO()
    lines = Lines(jobs, Console(file=written, soft_wrap=True))
    monkeypatch.setattr(Lines, "EVERY", 0.0)
    lines.begin(0, jobs[0])
    lines.progress(0, 10, 6, 4000)
    time.sleep(0.01)  # or no rate
    lines.progress(0, 11, 6, 4000)
    evaluated(jobs[0], 0.25)
    time.sleep(0.01)
    lines.progress(0, 12, 5, 4000)
    lines.end(0, jobs[0], JobResult("done"))
    begun, before, after, done = written.getvalue().splitlines()
    assert begun.endswith("seeds-0-5: begins")
    assert "step 11 of 4000, 6/6 seeds alive, " in before
    assert "sliced" not in before
    assert "step 12 of 4000, 5/6 seeds alive, sliced_wasserstein 0.25, " in after
    assert "done in " in done


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
def test_in_a_terminal_the_first_lines_come_before_the_first_step(write: Write, tmp_path: Path) -> None:
    import pty

    path = write(TEXT.replace("seeds: 12", "seeds: 1"))
    ours, theirs = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "80", "TERM": "xterm"}
    words = [sys.executable, "-m", "bench", "run", str(path), "--no-report"]
    started = subprocess.Popen(words, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    text, at = "", dict[str, float]()
    try:
        while "all seed-steps" not in at:
            got = os.read(ours, 65536)
            assert got, text
            text += got.decode(errors="replace")
            for said in ("to run in", "starting 1 worker…", "all seed-steps"):
                if said in text:
                    at.setdefault(said, time.monotonic())
    finally:
        started.kill()
        started.wait()
        os.close(ours)
    assert text.startswith("1 cells (0 skipped); 0 seeds there, 1 to run in 1 block")
    assert list(at) == ["to run in", "starting 1 worker…", "all seed-steps"]
    assert at["starting 1 worker…"] - at["to run in"] < 2  # seconds, of a machine that does much else
    assert "\x1b[" in text  # bars
