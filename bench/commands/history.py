"""bench history DIR"""

from __future__ import annotations

import json
from math import isfinite
from pathlib import Path

import click

PATH = click.Path(path_type=Path)


@click.command()
@click.argument("folder", type=PATH)
@click.option(
    "--only", default="*", metavar="GLOB", help="Only series of this name: 'ring8 / GAN*', 'ring8' or 'GAN*'."
)
@click.option("--json", "as_json", type=PATH, metavar="FILE", help="Write every series as JSON.")
def command(folder: Path, only: str, as_json: Path | None) -> None:
    """Show the nightly medians of dated result folders below FOLDER, and when they changed. Never fails a build."""
    from bench.commands._errors import plainly, stop

    if not folder.is_dir():
        stop(f"{folder}: there is no such folder; give the one that holds a folder of results for every night")
    with plainly():
        from rich.table import Table
        from rich.text import Text

        from bench.commands._console import console
        from bench.gate import history
        from bench.running.plan import chosen

        nights = history.nights(folder)
        if not nights:
            stop(f"{folder}: no folder in it holds results; expected one for every night, such as {folder}/2026-03-01")
        found = [s for s in history.series(nights) if chosen(s.dataset, s.method, only)]
        view = Table(title=f"{nights[0].date} to {nights[-1].date}, {len(nights)} nights", title_justify="left")
        for head in ("data set", "method", "metric", "nights", "median", "changed", "from → to", "commits", "p"):
            view.add_column(head, overflow="fold")
        for one in found:
            row = [one.dataset, one.method, one.metric, str(len(one.nights)), _shown(one.medians[-1])]
            if (c := one.change) is not None:
                first, at, last = (one.nights[k].date for k in (c.first, c.at, c.last))
                row += [f"{at} ({first} to {last})", f"{_shown(c.before)} → {_shown(c.after)}"]
                row += [" … ".join(commit[:9] or "?" for commit in one.commits), f"{c.p:.2g}"]
                style = "green" if c.better else "red"
            else:
                row += [""] * 4
                style = ""
            view.add_row(*map(Text, row), style=style)
        console().print(view)
        if len(nights) < 2 * history.LEAST:
            print(f"{len(nights)} nights; a change can show from {2 * history.LEAST} on")
        if as_json is not None:
            try:
                as_json.parent.mkdir(parents=True, exist_ok=True)
                as_json.write_text(json.dumps(history.plain(found), indent=1) + "\n", encoding="utf-8")
            except OSError as error:
                stop(f"{as_json}: can't be written: {error.strerror or error}")


def _shown(value: float) -> str:
    return f"{value:.4g}" if isfinite(value) else "failed"
