"""bench merge RESULTS... --into FOLDER"""

from __future__ import annotations

import sys
from pathlib import Path

import click


@click.command()
@click.argument("results", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--into", required=True, type=click.Path(path_type=Path), help="Results lie in FOLDER/<suite> then.")
def command(results: tuple[Path, ...], into: Path) -> None:
    """Join folders of RESULTS, of several machines or of several nights, into one.

    Every record is copied once and none is changed. Exit code 3: two records of one key have other numbers, or two suites
    of one name ask for other things; each is named, and all records are kept.
    """
    from bench.commands._errors import UNDECIDED, plainly, stop

    with plainly():
        from bench.records.merge import merge
        from bench.records.store import unwritable

        for folder in results:
            if not folder.is_dir():
                stop(f"{folder}: there is no such folder; bench run writes results/<suite>")
        for folder in results:
            if folder.resolve() in into.resolve().parents:
                stop(
                    f"{into}: lies inside {folder}, which would hold its records twice; choose another folder with --into"
                )
        if why := unwritable(into):
            stop(f"{into}: results can't be written there: {why}")
        done = merge(results, into)
        if not done.suites:
            stop(f"{', '.join(map(str, results))}: there is no record in it")
        for said in done.conflicts:
            print(f"conflict: {said}", file=sys.stderr)
        print(f"{done.copied} records copied, {done.known} there already: {', '.join(map(str, done.suites))}")
        if done.conflicts:
            sys.exit(UNDECIDED)
