"""bench plan SUITE"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import click

from bench.commands._suite_options import suite_options


@click.command()
@click.argument("suite", type=click.Path(path_type=Path))
@suite_options
def command(
    suite: Path, device: str, slots: int | None, out: Path, night: date | None, seeds: tuple[int, ...], **options: Any
) -> None:
    """Say what a run of SUITE would do and about how long it would take.

    The time comes from earlier records of a cell (evaluations included), or else from timing its training for a second.
    """
    from bench.commands._errors import plainly

    with plainly():
        import torch
        from rich.console import Console
        from rich.markup import escape
        from rich.progress import track
        from rich.table import Table

        from bench.running import costs, machine
        from bench.running.cells import THREADS, short_of
        from bench.running.plan import plan
        from bench.running.progress import span
        from bench.running.run import prepare
        from bench.suite.seeds_section import in_words

        chosen = machine.choose(device)
        loaded = prepare(suite, night=night)
        todo = plan(loaded, out, chosen, seeds=seeds, **options)
        torch.set_num_threads(THREADS)
        pace, total = costs.paces(todo.records), 0.0
        view = Table("cell", "seeds", "steps", "time", "known from")
        timed: dict[tuple[str, int], float] = {}  # (cell, seeds together) -> seconds of a step
        for job in track(todo.jobs, "timing", console=Console(stderr=True), transient=True):
            seconds, source = costs.estimate(job, pace), "records"
            if seconds == float("inf"):
                same = (job.cell.label, len(job.seeds))
                if same not in timed:
                    timed[same] = costs.measure(job.cell, job.seeds, chosen)
                seconds, source = timed[same] * job.cell.train.steps, "timing of training"
            total += seconds
            block = job.label.rpartition("seeds-")[2]
            view.add_row(escape(job.cell.label), block, str(job.cell.train.steps), span(seconds), source)
        count = slots or (1 if chosen.startswith("cuda") else machine.cores())
        console = Console()
        console.print(view)
        for cell in todo.cells:
            if cell.skip:
                console.print(escape(f"skipped: {cell.label}: {cell.skip}"))
        console.print(in_words(seeds or loaded.seeds), soft_wrap=True)
        for said in short_of(loaded):
            console.print(escape(f"note: {said}"), soft_wrap=True)
        spent = span(total / count) if todo.jobs else "nothing"
        console.print(f"{todo.settled} seeds are there; {len(todo.jobs)} blocks to run, about {spent} on {count} slots")
