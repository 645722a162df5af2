"""bench laws MODULE_OR_FILE..."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("of", metavar="MODULE_OR_FILE...", nargs=-1, required=True)
def command(of: tuple[str, ...]) -> None:
    """Hold plugins to the laws that bench's own are held to: a line a law and plugin.

    MODULE_OR_FILE is a Python file, a folder of them, or a module of an installed package. Exit code 1 where a law is broken.
    """
    from bench.commands._errors import FAILED, plainly, stop

    with plainly():
        from bench.laws.trial import needs, trials
        from bench.plugins import own_code

        files, modules = _files(of)
        own_code.use(own_code.OwnCode(Path.cwd(), files, modules))
        broken = tried = 0
        for category, word, _ in own_code.plugins():
            if missing := needs(category, word):
                print(f"{word}: not tried: it can't be made without its options {missing}: give them defaults")
                continue
            for verdict in trials(category, word):
                print(verdict, flush=True)
                tried += 1
                broken += verdict.status == "BROKEN"
    if broken:
        stop(f"{broken} of {tried} are broken", FAILED)


def _files(of: tuple[str, ...]) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """The files and the modules that are meant, each once."""
    files, modules = list[Path](), list[str]()
    for one in of:
        path = Path(one)
        if path.is_dir():
            files += [file.resolve() for file in sorted(path.glob("*.py")) if not file.name.startswith("_")]
        elif path.suffix == ".py" or len(path.parts) > 1:
            files.append(path.resolve())
        else:
            modules.append(one)
    return tuple(dict.fromkeys(files)), tuple(dict.fromkeys(modules))
