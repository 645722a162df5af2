"""Pages that are made when the site is built: every word from its docstrings, every command from its help, and the files of the
repository that are pages already. Nothing of it is committed. mkdocs reads this file as a hook; tests read `pages`."""

from __future__ import annotations

import ast
import inspect
import posixpath
import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

import bench
from bench import plugins
from bench.__main__ import main
from bench.plugins import CATEGORIES
from bench.suite.catalog import Entry, entries

ROOT = Path(__file__).parents[1]
TOP = {
    "README.md": "index.md",
    "DESIGN.md": "design.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
}
LINK = re.compile(r"(?<!!)\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(([^()\s]+)\)")
CODE = re.compile(r"`([^`]+)`")
LEADS = {
    "datasets": "What is learned. Words under `datasets:`.",
    "models": "What is trained. The first word of a method.",
    "stabilizers": "What is added to a model with `+`.",
    "metrics": "What is measured of samples. Words under `metrics:`.",
    "probes": "What is looked at during training. Words under `probes:`.",
    "architectures": "The networks of a model: `arch=`.",
    "features": "The space in which a metric compares: `space=`.",
}


def pages() -> dict[str, str]:
    """Path in the site -> its Markdown."""
    return {
        **{page: relinked((ROOT / file).read_text(encoding="utf-8")) for file, page in TOP.items()},
        **{f"reference/{category}.md": words(category) for category in CATEGORIES},
        "reference/commands.md": commands(),
        "reference/python.md": python(),
    }


def relinked(text: str) -> str:
    """A page of the repository's top folder as one of the site: what is no page there is named and no link."""

    def link(found: re.Match[str]) -> str:
        said, target = found[1], found[2]
        file, mark, anchor = target.partition("#")
        if re.match(r"\w+:", target) or not file:
            return found[0]
        if file in TOP:
            return f"[{said}]({TOP[file]}{mark}{anchor})"
        return f"[{said}]({file.removeprefix('docs/')}{mark}{anchor})" if file.startswith("docs/") else said

    return LINK.sub(link, text)


def words(category: str) -> str:
    """A page of a category's words."""
    parts = [f"# {category.replace('datasets', 'data sets').capitalize()}", LEADS[category]]
    parts += [part for entry in entries(category) for part in word(category, entry)]
    return "\n\n".join(parts) + "\n"


def word(category: str, entry: Entry) -> Iterator[str]:
    """One word: its call, what it alters or costs, its options, and what its docstrings say, formulas and sources included."""
    yield f"## {entry.word} {{ #{entry.word} }}"
    yield f"```python\n{entry.call}\n```"
    for line in (entry.alters and f"Alters: {entry.alters}.", entry.costs and f"{entry.costs.capitalize()}."):
        if line:
            yield line
    yield from map(prose, docstrings(category, entry.word))
    if entry.options:
        rows = [
            f"| `{o.name}` | {_cell(o.said.partition(': ')[2])} | {_cell(o.default or '')} |" for o in entry.options
        ]
        yield "\n".join(["| option | what | default |", "|---|---|---|", *rows])


def docstrings(category: str, name: str) -> list[str]:
    """Of a word's class and file; where these name no source, of the functions and classes of that file as well."""
    plugin = plugins.find(category, name)
    module = inspect.getmodule(plugin)
    own = inspect.cleandoc(plugin.__doc__ or "")
    said = [own] * (not own.startswith(f"{plugin.__name__}(")) + [
        inspect.cleandoc((module.__doc__ if module else "") or "")
    ]
    if not any("Source" in text for text in said):
        tree = ast.parse(Path(inspect.getfile(plugin)).read_text(encoding="utf-8"))
        nodes = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
        said += [f"{n.name}: {text}" for n in nodes if not n.name.startswith("_") and (text := ast.get_docstring(n))]
    return [text for text in dict.fromkeys(said) if text and not text.endswith(f": {own}")]


def prose(text: str) -> str:
    """A docstring as paragraphs; what is indented stays as it is written."""
    made = []
    for block in re.split(r"\n\s*\n", text.rstrip()):
        if all(line.startswith("  ") for line in block.splitlines()):
            made.append(f"<pre>{escape(block)}</pre>")
        else:
            line = escape(" ".join(block.split()), quote=False)
            made.append("<p>" + CODE.sub(r"<code>\1</code>", line) + "</p>")
    return "\n".join(made)


def commands() -> str:
    """Every command's help."""
    parts = ["# Commands", "What `bench COMMAND --help` says."]
    for name, command in _commands():
        help_text = command.get_help(_context(name, command))
        parts += [f"## {name}", f"```text\n{help_text}\n```"]
    return "\n\n".join(parts) + "\n"


def python() -> str:
    """The public words of the package."""
    parts = ["# Python", "What `import bench` offers. Everything else may change between versions."]
    parts += [f"::: {getattr(bench, name).__module__}.{name}" for name in bench.__all__]
    return "\n\n".join(parts) + "\n"


def on_files(files: Any, config: Any) -> Any:
    """Adds the pages; mkdocs calls it."""
    from mkdocs.structure.files import File

    for path, text in pages().items():
        files.append(File.generated(config, posixpath.normpath(path), content=text))
    return files


def _commands() -> Iterator[tuple[str, Any]]:
    import click

    context = click.Context(main)
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        yield name, command
        for inner in command.list_commands(_context(name, command)) if isinstance(command, click.Group) else ():
            yield f"{name} {inner}", command.get_command(_context(name, command), inner)


def _context(name: str, command: Any) -> Any:
    import click

    return click.Context(command, info_name=f"bench {name}", max_content_width=100, terminal_width=100)


def _cell(text: str) -> str:
    return f"`{text}`".replace("|", "\\|") if text else ""
