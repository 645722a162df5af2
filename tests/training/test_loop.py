"""The loop looks at the clock, and the clock decides nothing but when something is saved."""

from __future__ import annotations

import io
import time
from typing import Any

import pytest
import torch
from torch import Tensor

from bench.data.ring import Ring
from bench.models.gan import GAN
from bench.probes.losses import Losses
from bench.training import loop
from bench.training.engine import Engine
from bench.training.loop import History, train

DATA = Ring(n=200, held_out=200).load()


def engine(lr: float = 1e-3) -> Engine:
    return Engine(GAN(width=8, depth=1, lr=lr), DATA, range(2), batch=8)


class Means:
    """An evaluator that says what samples are like on average, and keeps at which age of the checkpoint it was asked."""

    n = 8

    def __init__(self, file: File | None = None) -> None:
        self.file, self.behind = file, list[int]()

    def __call__(self, samples: Tensor, alive: Tensor, errors: dict[str, str]) -> list[tuple[int, str, float | None]]:
        if self.file and self.file.steps:
            self.behind.append(self.file.steps[-1])
        return [(k, "mean", float(x.mean()) if alive[k] else None) for k, x in enumerate(samples)]


class File:
    """A checkpoint that is due, or is not, and keeps all that was saved."""

    def __init__(self, saved: bytes | None = None, due: bool = True) -> None:
        self.saved, self.is_due = [saved] if saved else list[bytes](), due
        self.steps = list[int]()

    def load(self) -> Any:
        return torch.load(io.BytesIO(self.saved[-1]), weights_only=True) if self.saved else None

    def save(self, saved: dict[str, Any]) -> None:
        buffer = io.BytesIO()
        torch.save(saved, buffer)
        self.saved.append(buffer.getvalue())
        self.steps.append(int(saved["state"]["step"]))

    def due(self) -> bool:
        return self.is_due


def run(file: File | None = None, lr: float = 1e-3, **more: Any) -> History:
    options = {"steps": 30, "evaluate_every": 12, "probes": [Losses(every=5)], "evaluator": Means(file)} | more
    return train(engine(lr), checkpoint=file, **options)


def same(one: History, other: History) -> bool:
    weights = zip(one.state.params.values(), other.state.params.values(), strict=True)
    rows = (one.scores, one.traces, int(one.state.step)) == (other.scores, other.traces, int(other.state.step))
    return rows and all(torch.equal(a, b) for a, b in weights)


@pytest.mark.parametrize("lr", [1e-3, 1e38], ids=["alive", "all die"])
def test_where_the_clock_divides_training_decides_nothing(monkeypatch: pytest.MonkeyPatch, lr: float) -> None:
    """Wherever it is stopped it goes on to the same end, and so does a machine on which each step takes a second."""
    whole = run(lr=lr)
    monkeypatch.setattr(loop, "PAUSE", -1.0)
    file = File()
    assert same(whole, run(file, lr))
    end = int(whole.state.step)
    assert file.steps == list(range(1, end + 1))
    for saved in file.saved:
        assert same(whole, run(File(saved, due=False), lr))


def test_what_is_due_is_saved_before_anything_is_measured() -> None:
    """A measurement may take longer than everything before it."""
    file = File()
    looking = Means(file)
    run(file, evaluator=looking)
    assert looking.behind == [12, 24, 30]


def test_a_deadline_is_seen_at_the_next_step_of_a_slow_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "PAUSE", -1.0)
    history = run(probes=[], deadline=time.monotonic() - 1)
    assert history.stopped
    assert int(history.state.step) == 1
