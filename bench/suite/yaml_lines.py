"""YAML with line numbers: every value knows the line it stands on, and a key that is given twice is refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from bench.suite.yaml_calls import DEEPEST, MOST, CallLoader

LARGEST = 500_000  # bytes of a file: they take a second or two to read


class SuiteError(ValueError):
    """What is wrong with a suite: one line for each mistake, `file:line: place: what; remedy`."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = list(dict.fromkeys(problems))
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True)
class Item:
    """A value and the line of its key (of itself, inside a list)."""

    value: Any  # a scalar, list[Item] or dict[str, Item]
    line: int
    written: str = ""  # a scalar as it stands in the file

    @property
    def plain(self) -> Any:
        """The value without lines."""
        if isinstance(self.value, dict):
            return {key: item.plain for key, item in self.value.items()}
        if isinstance(self.value, list):
            return [item.plain for item in self.value]
        return self.value

    @property
    def kind(self) -> str:
        """What it is, in a sentence."""
        if self.value is None:
            return "nothing"
        if isinstance(self.value, dict | list):
            return "a mapping" if isinstance(self.value, dict) else "a list"
        return f"'{self.written}'"


@dataclass
class Problems:
    """Collects what is wrong with one file, so that all of it is said at once."""

    path: Path
    numbered: bool = True  # whether its lines are known to its author
    lines: list[tuple[int, str]] = field(default_factory=list)

    def add(self, line: int, place: str, messages: object) -> None:
        for message in str(messages).splitlines():
            where = f"{self.path}:{line}: " if self.numbered else f"{self.path}: "
            self.lines.append((line, f"{where}{f'{place}: ' if place else ''}{message}"))

    def check(self) -> None:
        """Raises SuiteError if anything was found, in the order of the file."""
        if self.lines:
            raise SuiteError([text for _, text in sorted(self.lines, key=lambda found: found[0])])


def read(path: Path, problems: Problems, text: str = "") -> Item | None:
    """The file, or a text in its place, as a tree of items; None where it can't be read at all."""
    text = text or _text(path)
    try:
        root = yaml.compose(text, Loader=CallLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = " ".join(filter(None, [error.context, error.problem]))
        problems.add(mark.line + 1 if mark else 1, "", f"this is not YAML: {said}")
        return None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        problems.add(line, "", f"this is not YAML: a character (U+{ord(text[error.position]):04X}) that no text has")
        return None
    if root is None:
        problems.add(1, "", "the file is empty")
        return None
    try:
        return _Tree(problems).item(root, root.start_mark.line + 1)
    except _TooMuch as error:
        problems.add(error.line, "", f"unfolds into more than {MOST} entries by its aliases: write fewer")
        return None


def _text(path: Path) -> str:
    """What a file holds. Raises SuiteError."""
    try:
        if path.exists() and not path.is_file() and not path.is_dir():  # a pipe may have no end
            raise SuiteError([f"{path}: is no file"])
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise SuiteError([f"{path}: has more than {LARGEST} bytes, which no suite has"])
        return content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except FileNotFoundError:
        raise SuiteError([f"{path}: there is no such file"]) from None
    except OSError as error:
        raise SuiteError([f"{path}: can't be read: {error.strerror}"]) from None
    except UnicodeDecodeError:
        raise SuiteError([f"{path}: can't be read: it is not UTF-8 text"]) from None


class _TooMuch(Exception):
    """Aliases of aliases unfold without end."""

    def __init__(self, line: int) -> None:
        self.line = line


class _Tree:
    """Makes items of nodes."""

    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        self.entries = 0

    def item(self, node: Any, line: int, place: str = "", above: tuple[int, ...] = ()) -> Item:
        self.entries += 1
        if self.entries > MOST:
            raise _TooMuch(line)
        if id(node) in above:
            self.problems.add(line, place, "an alias contains itself")
            return Item(None, line)
        if len(above) > 2 * DEEPEST:
            self.problems.add(line, place, f"aliases stand more than {2 * DEEPEST} deep inside one another")
            return Item(None, line)
        above = (*above, id(node))
        if isinstance(node, yaml.ScalarNode):
            return Item(node.value if node.style else scalar(node.value), line, node.value)
        if isinstance(node, yaml.SequenceNode):
            return Item([self.item(n, n.start_mark.line + 1, place, above) for n in node.value], line)
        entries: dict[str, Item] = {}
        for key, value in node.value:
            at = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                self.problems.add(at, place, "a key has to be a word or a text")
            elif key.value == "<<" and not key.style:
                self.problems.add(
                    at, place, "'<<' merges nothing here: write the entries out, or alias one whole value"
                )
            elif key.value in entries:
                first = entries[key.value].line
                self.problems.add(at, place, f"'{key.value}' is given twice (first on line {first})")
            else:
                entries[key.value] = self.item(value, at, f"{place}.{key.value}" if place else key.value, above)
        return Item(entries, line)


def scalar(written: str) -> Any:
    """A plain scalar: a number as Python writes it (1e-3 included), true or false, null, or a text."""
    if written.lower() in ("true", "false"):
        return written.lower() == "true"
    if written.lower() in ("", "~", "null"):
        return None
    for kind in (int, float):
        try:
            return kind(written)
        except ValueError:
            continue
    return written
