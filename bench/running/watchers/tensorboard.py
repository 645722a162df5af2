"""TensorBoard: a run for each seed, `ring8/gan/seed-3`, and a chart for each column of scores.

The unit of statistics is the seed, so a line is one: a chart shows how methods differ beside how their seeds do, and the filter
of runs picks a data set, a method or a seed. Seeds as tags would give each of them a chart of its own.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.running.watchers.base import NoWatcher, Row
from bench.suite.suite import slug

FOLDER = ".tensorboard"  # below results/<suite>


class TensorBoard:
    """A line ends where its seed diverged. A block that is run again hides what it showed before, from its first step on."""

    @classmethod
    def where(cls, root: Path) -> str:
        _writer()
        return f"tensorboard --logdir {shlex.quote(str(root / FOLDER))}"

    def __init__(self, root: Path) -> None:
        self.folder = root / FOLDER
        self.seeds: Sequence[int] = ()
        self.about = ""
        self.told: list[tuple[int, Row]] = []  # step, and what was read there
        self.last: dict[str, int] = {}  # column -> the last step that was written
        self.late: list[int] = []  # steps that came after later ones
        self.writers: dict[int, Any] = {}  # by seeds

    def begin(self, suite: str, cell: tuple[str, str], seeds: Sequence[int], config: Mapping[str, Any]) -> None:
        self.folder = self.folder.joinpath(*map(slug, cell))
        self.seeds = seeds
        self.about = "\n".join(f"    {line}" for line in json.dumps(config, indent=1, default=str).splitlines())

    def scores(self, step: int, rows: Sequence[Row]) -> None:
        if not self.writers:
            self._open(step)
        late = [row for row in rows if step < self.last.get(row[1], step)]
        self.late += [step] * bool(
            late
        )  # a curve that steps back is drawn as another one: it is written anew at the end
        self.told += [(step, row) for row in rows]
        self._write((step, row) for row in rows if row not in late)

    def end(self, status: str) -> None:
        if self.late:
            first = min(self.late)
            self._close()
            self._open(first)
            self._write(sorted(one for one in self.told if one[0] >= first))
        for writer in self.writers.values():
            writer.add_text("status", status, max(self.last.values(), default=0))
        self._close()

    def _open(self, step: int) -> None:
        """Files that hide what was written of this step and of later ones before."""
        made = _writer()
        self.writers = {seed: made(str(self.folder / f"seed-{seed}"), purge_step=step) for seed in self.seeds}
        for writer in self.writers.values():
            writer.add_text("about", self.about, step)

    def _write(self, rows: Iterable[tuple[int, Row]]) -> None:
        for step, (seed, column, value) in rows:
            self.writers[seed].add_scalar(column, value, step)
            self.last[column] = step
        for writer in self.writers.values():
            writer.flush()

    def _close(self) -> None:
        for writer in self.writers.values():
            writer.close()


def _writer() -> Any:
    """torch's writer of event files. Raises NoWatcher."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise NoWatcher(
            f"the watcher 'tensorboard' needs TensorBoard ({error}): pip install 'gan-diffusion-bench[tensorboard]'"
        ) from None
    return SummaryWriter
