"""bench list [CATEGORY] [WORD]"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from bench.commands._json import json_option
from bench.plugins import CATEGORIES

if TYPE_CHECKING:
    from bench.suite.catalog import Entry


@click.command()
@click.argument("category", required=False)
@click.argument("word", required=False)
@json_option
def command(category: str | None, word: str | None, as_json: bool) -> None:
    """List the words that a suite may use, with their options, defaults and choices.

    CATEGORY is datasets, models, stabilizers, metrics, probes, architectures or features; WORD one word or a pattern:
    `bench list models gan`, `bench list '*ema*'`.
    """
    from bench.commands._errors import stop
    from bench.commands._json import print_json
    from bench.plugins import close, nearest, words
    from bench.suite.catalog import entries

    if category is not None and category not in CATEGORIES and word is None:
        category, word = None, category
    if category is not None and category not in CATEGORIES:
        stop(f"no category is called '{category}'{nearest(category, CATEGORIES)}")
    searched = [category] if category else list(CATEGORIES)
    found = {name: entries(name, word or "*") for name in searched}
    if not any(found.values()):
        known = dict.fromkeys(one for name in searched for one in words(name))
        hint = close(str(word), [] if category else CATEGORIES) or nearest(str(word), known)
        stop(f"no {f'word of {category}' if category else 'category and no word'} is called '{word}'{hint}")
    if as_json:
        print_json({name: listed for name, listed in found.items() if listed})
        return
    _show({name: listed for name, listed in found.items() if listed}, detailed=word is not None)


def _show(found: dict[str, list[Entry]], detailed: bool) -> None:
    """A paragraph a word; of words that were asked for, a line an option, else of options with choices."""
    from rich.markup import escape

    from bench.commands._console import console as terminal

    console = terminal()
    console.soft_wrap = True
    for name, listed in found.items():
        console.print(f"[bold]{name}[/bold]")
        for entry in listed:
            console.print(f"  {escape(entry.call)}")
            for line in (entry.summary, entry.alters and f"alters: {entry.alters}", entry.costs):
                if line:
                    console.print(f"      {escape(line)}")
            for option in entry.options:
                if option.choices or detailed:
                    console.print(f"      {escape(option.said)}")
            if entry.source:
                console.print(f"      {escape(entry.source)}", style="dim")
