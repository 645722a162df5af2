"""bench baseline promote|show|diff"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from bench.gate.promotion import Change

PATH = click.Path(path_type=Path)


@click.group()
def command() -> None:
    """Freeze results as the baseline of a gate, look at one, compare two."""


@command.command()
@click.argument("results", type=PATH)
@click.option("--out", type=PATH, help="[default: results/baselines/<suite>.jsonl]")
@click.option("--force-small", is_flag=True, help="Take cells of fewer than 20 seeds; the file says so.")
@click.option(
    "--repetitions", type=click.IntRange(0, 10**6), default=200, show_default=True, help="Of the calibration; 0: none."
)
def promote(results: Path, out: Path | None, force_small: bool, repetitions: int) -> None:
    """Write RESULTS as a baseline: the last score of every seed, with protocols, provenance and calibration."""
    from bench.commands._errors import plainly, stop

    with plainly():
        from dataclasses import replace

        import numpy as np

        from bench.gate import baseline, calibrate, promotion
        from bench.gate.caveats import failed_whole, small

        found = promotion.collect(results, force_small)
        gating = {k: v for k, v in promotion.within(results).items() if any(key.metric == k for key in found.pools)}
        if gating and repetitions:
            try:
                n = promotion.candidates(results) or 10
                known = calibrate(found, gating, np.random.default_rng(0), n=n, repetitions=repetitions)
                found = replace(found, calibration=known.plain())
            except ValueError as problem:
                print(f"not calibrated: {problem}", file=sys.stderr)
        path = out or results.resolve().parent / "baselines" / f"{found.provenance['suite']}.jsonl"
        old = baseline.read(path) if path.exists() else None
        for said in (small(found), failed_whole(found)):
            if said:
                print(f"warning: {said}", file=sys.stderr)
        try:
            baseline.write(path, found)
        except OSError as error:
            stop(f"{path}: can't be written: {error.strerror or error}")
        if old is not None:
            print(f"replaces the baseline of {', '.join(map(str, old.provenance.get('commits', ['?'])))}:")
            _print(promotion.differences(old, found))
        print(f"{path}: {len(found.pools)} lines")


@command.command()
@click.argument("baseline", type=PATH)
def show(baseline: Path) -> None:
    """Show what a BASELINE holds."""
    from bench.commands._errors import plainly

    with plainly():
        import numpy as np
        from rich.markup import escape
        from rich.table import Table

        from bench.commands._console import console
        from bench.gate.baseline import read
        from bench.gate.comparable_seeds import count

        found = read(baseline)
        view = Table(title=escape(str(baseline)), title_justify="left")
        for head in ("data set", "method", "metric", "seeds", "dead", "median", "SD", "scale", "device", "precision"):
            view.add_column(head, overflow="fold")
        for key, pool in sorted(found.pools.items()):
            living = pool.array[~np.isnan(pool.array)]
            median = f"{np.median(living):.4g}" if len(living) else "–"
            median = f"failed: {count(pool.outcomes)}" if pool.outcomes else median
            deviation = f"{np.std(living, ddof=1):.3g}" if len(living) > 1 and not pool.outcomes else "–"
            arrow = "↑" if pool.measure.higher_is_better else "↓"
            counts = (str(len(pool.values)), str(len(pool.values) - len(living)))
            kind = (f"{pool.measure.scale} {arrow}", pool.device, pool.precision)
            view.add_row(*map(escape, (*key, *counts, median, deviation, *kind)))
        screen = console()
        screen.print(view)
        for word, value in found.provenance.items():
            screen.print(escape(f"{word}: {value}"), highlight=False)
        known = found.calibration
        screen.print(escape(f"calibration: {known}" if known else "not calibrated: run 'bench gate calibrate'"))


@command.command()
@click.argument("old", type=PATH)
@click.argument("new", type=PATH)
def diff(old: Path, new: Path) -> None:
    """Show what changes from baseline OLD to baseline NEW. Judges nothing."""
    from bench.commands._errors import plainly

    with plainly():
        from bench.gate.baseline import read
        from bench.gate.promotion import differences

        _print(differences(read(old), read(new)))


def _print(changes: Sequence[Change]) -> None:
    from rich.markup import escape
    from rich.table import Table

    from bench.commands._console import console

    view = Table()
    for head in ("data set", "method", "metric", "what", "before", "after", "effect", "p"):
        view.add_column(head, overflow="fold")
    for change in changes:
        if change.what != "same":
            numbers = [
                "–" if isnan(x) else f"{x:{form}}"
                for x, form in (
                    (change.before, ".4g"),
                    (change.after, ".4g"),
                    (change.effect, "+.3g"),
                    (change.p, ".2g"),
                )
            ]
            view.add_row(*map(escape, (*change.key, change.what)), *numbers)
    same = sum(change.what == "same" for change in changes)
    screen = console()
    if view.row_count:
        screen.print(view)
    screen.print(f"{same} of {len(changes)} lines are the same")
