"""Signals of schedulers: one stop however often it is sent, and what is promised is what is on disk."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.hashing.packed import unpack
from bench.records import store
from bench.running import signals
from tests.running.processes import LISTED, await_, saved, start, workers
from tests.running.test_executors import LONG

Write = Callable[[str], Path]
TWO = LONG.replace("checkpoint_minutes: 0", "checkpoint_minutes: 60").replace(
    "methods: {GAN: gan(width=8) + ema}", "methods: {GAN: gan(width=8) + ema, seven: 'gan(width=8, latent=7)'}"
)


def ended(process: subprocess.Popen[str]) -> tuple[int, list[str]]:
    said, _ = process.communicate(timeout=120)
    assert "Traceback" not in said, said
    return process.returncode, said.splitlines()


@pytest.mark.usefixtures("unruly")
def test_a_signal_to_the_whole_group_saves_what_was_done(write: Write, tmp_path: Path) -> None:
    """Long before a checkpoint is due; and sent twice, as `timeout` does."""
    out, nap = tmp_path / "out", tmp_path / "nap"
    process = start(write(TWO), out, nap, "--slots", "2")
    await_(process, lambda: nap.stat().st_size > 1)
    os.killpg(process.pid, signal.SIGTERM)
    os.killpg(process.pid, signal.SIGTERM)
    code, said = ended(process)
    kept = list(out.rglob("seeds-*.pt"))
    assert code == 128 + signal.SIGTERM
    assert said[-1] == "stopped by SIGTERM"
    assert kept
    promised = {1: "1 block from its checkpoint, 1 block from its first step", 2: "2 blocks from their checkpoints"}
    assert said[-2] == f"the same command continues: {promised[len(kept)]}"
    reached = [int(unpack(file.read_bytes())["saved"]["state"]["step"]) for file in kept]
    assert max(reached) > 0
    assert {record["status"] for record in store.load_records(out)} == {"interrupted"}
    assert [p.name for p in out.rglob("*") if p.name.startswith((".seeds", "record-"))] == []


@pytest.mark.usefixtures("unruly")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGUSR1])
def test_a_worker_that_is_still_being_loaded_has_nothing_to_say(
    write: Write, tmp_path: Path, how: signal.Signals
) -> None:
    out = tmp_path / "out"
    process = start(write(TWO), out, tmp_path / "nap", "--slots", "1")
    assert process.stdout
    while "begins" not in process.stdout.readline():
        assert process.poll() is None
    os.killpg(process.pid, how)
    code, said = ended(process)
    assert code == 128 + how
    assert said[-2:] == ["the same command continues: 1 block from its first step", f"stopped by {how.name}"]


@pytest.mark.usefixtures("unruly")
@LISTED
def test_a_second_signal_ends_at_once(write: Write, tmp_path: Path) -> None:
    """The workers are stopped and can't save, which is waited for; until the second signal."""
    out = tmp_path / "out"
    process = saved(start(write(LONG), out, tmp_path / "nap"), out)
    for pid in workers(process.pid):
        os.kill(pid, signal.SIGSTOP)
    process.send_signal(signal.SIGHUP)
    time.sleep(signals.TOGETHER + 0.2)
    assert process.poll() is None
    process.send_signal(signal.SIGHUP)
    code, said = ended(process)
    assert code == 128 + signal.SIGHUP
    assert said[-2] == "the same command continues: 1 block from its checkpoint"


@pytest.fixture
def handlers() -> Iterator[None]:
    """Whatever a test does to handlers is undone; none is ignored, as under `nohup`."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in signals.STOPS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("handlers")
def test_signals_close_together_are_one_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    signals.stop_on_signals()
    for number in signals.STOPS:
        monkeypatch.setattr(signals, "TOGETHER", 0.0)
        with pytest.raises(signals.Stopped) as stopped:
            signal.raise_signal(number)
        assert signals.exit_code(stopped.value) == 128 + number
        monkeypatch.setattr(signals, "TOGETHER", 1000.0)
        signal.raise_signal(number)
    assert signals.exit_code(KeyboardInterrupt()) == 130


@pytest.mark.usefixtures("handlers")
def test_what_is_ignored_stays_ignored() -> None:
    """As under `nohup`."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signals.stop_on_signals()
    signals.end_on_signals()
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


@pytest.mark.usefixtures("handlers")
def test_a_worker_hears_one_stop_and_not_while_it_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signals, "_stop", signals._Stop())
    signals.stop_once()
    signals.release()
    written = []

    def write() -> None:
        with signals.held():
            signal.raise_signal(signal.SIGTERM)
            written.append("all of it")

    with pytest.raises(signals.Stopped):
        write()
    assert written
    for number in signals.STOPS:
        signal.raise_signal(number)
    assert signals.asked()
