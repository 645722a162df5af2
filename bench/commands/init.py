"""bench init [FILE]"""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("file", type=click.Path(path_type=Path), default=Path("mine.yaml"))
def command(file: Path) -> None:
    """Write a small commented suite into FILE [default: mine.yaml], to be changed into yours. Nothing is overwritten."""
    from bench.commands._errors import plainly, stop

    with plainly():
        from bench.suite.starting_suite import starting_suite

        if file.suffix not in (".yaml", ".yml"):
            stop(f"{file}: a suite is a .yaml file: bench init {file}.yaml")
        try:
            with file.open("x", encoding="utf-8") as held:
                held.write(starting_suite(str(file), file.stem))
        except FileExistsError:
            stop(f"{file}: is there already, and nothing is overwritten: name another file")
        except OSError as error:
            stop(f"{file}: can't be written: {error.strerror or error}")
        print(f"{file}: written; next: bench check {file}")
