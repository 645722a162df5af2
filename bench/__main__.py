"""The commands: `bench run suites/toys.yaml`. Each is a file in bench/commands/; nothing is imported before its time.

Exit codes: 0 fine; 1 a gate found a regression; 2 usage or suite error; 3 a gate is undecided; 4 something did not come to a
result; 5 a gate selected nothing; 6 another run works on these results; 128 + n stopped by signal n.
"""

from __future__ import annotations

import os
import sys
import warnings
from importlib import import_module
from io import TextIOWrapper
from pkgutil import iter_modules
from typing import Any

import click

from bench import __version__, commands
from bench.commands._errors import disk_errors


class Commands(click.Group):
    """Every file of bench/commands/ that does not begin with `_` is a command; its function is called `command`."""

    def list_commands(self, context: click.Context) -> list[str]:
        return sorted(m.name for m in iter_modules(commands.__path__) if not m.name.startswith("_"))

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in self.list_commands(context):
            return None
        found: click.Command = import_module(f"bench.commands.{name}").command
        return found

    def invoke(self, context: click.Context) -> Any:
        with disk_errors():
            return super().invoke(context)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="bench")
def main() -> None:
    """How stably do GANs and diffusion models train? Suites, seeds, verdicts."""
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115  closed by whoever started the program
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):  # a letter that a terminal's encoding lacks is no reason to stop
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    if not ((columns := os.environ.get("COLUMNS", "")).isdecimal() and columns.isascii()):
        os.environ.pop("COLUMNS", None)  # which is read less strictly elsewhere
    said = set[str]()  # folders are read several times by one command

    def note(message: Warning | str, *_: object, **__: object) -> None:
        text = " ".join(str(message).split())
        if text not in said:
            said.add(text)
            print(f"note: {text}", file=sys.stderr)

    warnings.showwarning = note


if __name__ == "__main__":
    main(prog_name="bench")
