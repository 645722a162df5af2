"""bench list [CATEGORY]"""

from __future__ import annotations

import click

from bench.plugins import CATEGORIES


@click.command()
@click.argument("category", required=False, type=click.Choice(CATEGORIES))
def command(category: str | None) -> None:
    """List the words that a suite may use, with their options and defaults."""
    from rich.console import Console
    from rich.markup import escape

    from bench.suite.catalog import entries

    console = Console(highlight=False, soft_wrap=True)
    for name in [category] if category else CATEGORIES:
        console.print(f"[bold]{name}[/bold]")
        for entry in entries(name):
            console.print(f"  {escape(entry.call)}")
            for line in (entry.summary, entry.alters and f"alters: {entry.alters}", entry.costs, entry.source):
                if line:
                    console.print(f"      {escape(line)}", style="dim" if line == entry.source else "")
