"""bench plan SUITE"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bench.commands._json import json_option
from bench.commands._suite_options import suite_options

if TYPE_CHECKING:
    from bench.running.job import Job


@click.command()
@click.argument("suite", type=click.Path(path_type=Path))
@suite_options
@json_option
def command(
    suite: Path,
    device: str,
    slots: int | None,
    out: Path,
    night: date | None,
    seeds: tuple[int, ...],
    as_json: bool,
    **options: Any,
) -> None:
    """Say what a run of SUITE would do and about how long it would take, trials of 'tune' included.

    The time comes from earlier records of a cell (evaluations included), or else from timing its training for a second.
    """
    from bench.commands._errors import plainly
    from bench.commands._json import print_json

    with plainly():
        import torch
        from rich.console import Console
        from rich.markup import escape
        from rich.progress import track
        from rich.table import Table

        from bench.running import costs, machine
        from bench.running.cell_keys import THREADS
        from bench.running.cells import alike, remarked, short_of
        from bench.running.plan import counted, plan
        from bench.running.progress import span
        from bench.running.run import prepare
        from bench.running.tuning import found_so_far, tuned_suite, tuning
        from bench.suite.seeds_section import in_words

        chosen = machine.choose(device)
        loaded = prepare(suite, night=night)
        trials = tuning(loaded, out, chosen, **options) if loaded.tune else None
        if trials:
            loaded = tuned_suite(trials, found_so_far(trials))
        todo = plan(loaded, out, chosen, seeds=seeds, waiting=True, **options)
        torch.set_num_threads(THREADS)
        pace, total = costs.paces([*todo.records, *(trials.records if trials else ())]), 0.0
        rows: list[dict[str, Any]] = []
        timed: dict[tuple[str, int], costs.Price] = {}  # (cell, seeds together) -> of its block

        def time(job: Job, name: str) -> tuple[float, str]:
            seconds = costs.estimate(job, pace)
            if job.cell.pretrained:
                return seconds, "nothing is trained"
            if seconds < float("inf"):
                return seconds, "records"
            same = (name, len(job.seeds))
            if same not in timed:
                timed[same] = costs.measure(job.cell, job.seeds, chosen)
            price = timed[same]
            return price.compiling + price.step * job.cell.train.steps, price.source

        blocks: dict[str, list[Job]] = {}  # the trials of a cell: one of them is timed for all
        for job in trials.jobs if trials else ():
            blocks.setdefault(f"{job.cell.dataset.label} / {job.cell.tuning['trial']['of']}", []).append(job)
        for name, jobs in track(blocks.items(), "timing trials", console=Console(stderr=True), transient=True):
            each = [time(job, f"trials of {name}") for job in jobs]
            spent = sum(seconds for seconds, _ in each)
            total += spent
            tried = (
                f"{len({job.cell.method.label for job in jobs})} trials, {sum(len(job.seeds) for job in jobs)} seeds"
            )
            known = ", ".join(dict.fromkeys(source for _, source in each))
            rows.append(_row(name, tried, jobs[0], spent, known) | {"trials": True})
        for job in track(todo.jobs, "timing", console=Console(stderr=True), transient=True):
            seconds, source = time(job, job.cell.label)
            total += seconds
            block = job.label.rpartition("seeds-")[2]
            rows.append(_row(job.cell.label, block, job, seconds, source))
        at_a_time = slots or (1 if chosen.startswith("cuda") else machine.cores())
        skipped = {cell.label: cell.skip for cell in todo.cells if cell.skip}
        notes = [*alike(todo.cells), *remarked(loaded), *short_of(loaded)]
        if waits := sum(cell.waits for cell in todo.cells):
            notes.append(
                f"cells without a setting yet: {waits}; they are counted with the options that the suite gives them"
            )
        there = todo.settled + (trials.settled if trials else 0)
        if as_json:
            print_json(
                {
                    "suite": suite, "results": todo.root, "device": chosen, "slots": at_a_time, "blocks": rows,
                    "seconds": total / at_a_time, "seeds": seeds or loaded.seeds, "seeds_there": there,
                    "skipped": skipped, "notes": notes,
                }
            )  # fmt: skip
            return
        view = Table("cell", "seeds", "steps", "time", "known from")
        for row in rows:
            view.add_row(
                escape(row["cell"]),
                row["seeds"],
                "–" if row["steps"] is None else str(row["steps"]),
                span(row["seconds"]),
                row["known_from"],
            )
        console = Console()
        console.print(view)
        for label, why in skipped.items():
            console.print(escape(f"skipped: {label}: {why}"))
        for said in notes:
            console.print(escape(f"note: {said}"), soft_wrap=True)
        console.print(in_words(seeds or loaded.seeds), soft_wrap=True)
        count = len(todo.jobs) + (len(trials.jobs) if trials else 0)
        needs = span(total / at_a_time) if count else "nothing"
        said = f"{there} {'seed is' if there == 1 else 'seeds are'} there; {counted(count, 'block')} to run"
        console.print(f"{said}, about {needs} on {counted(at_a_time, 'slot')}")
        if saved := sum(job.checkpoint.exists() for job in todo.jobs):
            more = "goes on from its checkpoint" if saved == 1 else "go on from their checkpoints"
            console.print(f"{saved} of them {more}: less time than that")


def _row(cell: str, seeds: str, job: Job, seconds: float, source: str) -> dict[str, Any]:
    steps = None if job.cell.pretrained else job.cell.train.steps
    return {"cell": cell, "seeds": seeds, "steps": steps, "seconds": seconds, "known_from": source}
