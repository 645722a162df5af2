"""bench claims RESULTS"""

from __future__ import annotations

import sys
from pathlib import Path

import click


@click.command()
@click.argument("results", type=click.Path(path_type=Path))
def command(results: Path) -> None:
    """Judge what the suite of a folder of RESULTS claims, for scripts and CI.

    Exit code 0: every claim is supported; 1: one is refuted; 4: one is incomplete; 3: one is not decided otherwise; 5: the
    suite claims nothing.
    """
    from bench.commands._errors import plainly, stop

    if not results.is_dir():
        stop(f"{results}: there is no such folder; bench run writes results/<suite>")
    with plainly():
        from bench.claims.formatting import table
        from bench.commands._console import console, show_table
        from bench.records.verdicts import verdicts

        found = verdicts(results)
        if not found:
            print(f"{results}: its suite claims nothing", file=sys.stderr)
            sys.exit(5)
        show_table(console(), table(found))
        words = {verdict.status for verdict in found}
        sys.exit(1 if "refuted" in words else 4 if "incomplete" in words else 0 if words == {"supported"} else 3)
