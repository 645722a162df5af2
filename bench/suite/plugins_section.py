"""Reads `plugins:` of a suite file, and the folder `bench_plugins/` beside it: the suite's own code."""

from __future__ import annotations

from pathlib import Path

from bench.plugins import own_code
from bench.plugins.own_code import OwnCode, WrongFiles
from bench.suite.validation import is_a
from bench.suite.yaml_lines import Item, Problems

FOLDER = "bench_plugins"  # every file in it whose name does not begin with _


def use_plugins(item: Item | None, folder: Path, problems: Problems) -> OwnCode:
    """Imports the files that a suite names, relative to its folder, and those of `bench_plugins/`; notes what is wrong."""
    folder, lines = folder.resolve(), dict[Path, int]()
    if item is not None and is_a(item, list, "plugins", problems, "a list of files like [my_metrics.py]"):
        for row in item.value:
            if not isinstance(row.value, str):
                problems.add(row.line, "plugins", f"expected a file like my_metrics.py, not {row.kind}")
                continue
            file = (folder / Path(row.value).expanduser()).resolve()
            if file in lines:
                problems.add(row.line, "plugins", f"'{row.value}' is given twice")
            lines[file] = row.line
    beside = [f for f in sorted((folder / FOLDER).glob("*.py")) if not f.name.startswith("_")]
    own = OwnCode(folder, tuple(dict.fromkeys([*lines, *beside])))
    try:
        own_code.use(own)
    except WrongFiles as error:
        for file, why in error.wrong:
            problems.add(lines.get(file, 1), "plugins" if file in lines else FOLDER, why)
    return own
