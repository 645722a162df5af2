"""What a key of a suite file may hold; what is wrong is noted with its line, and reading goes on."""

from __future__ import annotations

from bench.plugins import close
from bench.suite import options
from bench.suite.columns import addition
from bench.suite.grammar import shown
from bench.suite.options import WrongOption
from bench.suite.yaml_lines import Item, Problems

LONGEST = 100  # characters of a label


def is_a(item: Item, kind: type, place: str, problems: Problems, expected: str) -> bool:
    """Whether a key holds a value of this kind; noted where it does not."""
    if isinstance(item.value, kind) and not (kind is int and isinstance(item.value, bool)):
        return True
    problems.add(item.line, place, f"expected {expected}, not {item.kind}")
    return False


def is_mapping(item: Item) -> bool:
    return isinstance(item.value, dict)


def known_keys(item: Item, keys: tuple[str, ...], place: str, problems: Problems) -> None:
    """Notes every other key."""
    for key, entry in item.value.items():
        if key not in keys:
            problems.add(entry.line, place, f"'{key}' is not a key here{close(key, keys)} (keys: {', '.join(keys)})")


def text(item: Item | None, place: str, problems: Problems) -> str:
    """What was written, as it was written; '' where nothing was."""
    if item is None or item.value is None:
        return ""
    if isinstance(item.value, dict | list):
        problems.add(item.line, place, f"expected a text, not {item.kind}")
        return ""
    if odd := next((c for c in item.written if not c.isprintable() and c not in "\n\t"), None):
        problems.add(item.line, place, f"holds {odd!r}, which can't be shown; remove it")
        return ""
    return item.written


def number(item: Item | None, place: str, problems: Problems) -> float | None:
    if item is None:
        return None
    try:
        return float(options.convert(item.plain, float))
    except WrongOption as error:
        problems.add(item.line, place, error)
        return None


def labelled(item: Item | None, section: str, problems: Problems) -> list[tuple[str, Item]]:
    """The entries of a mapping from labels."""
    if item is None or not is_a(item, dict, section, problems, "a mapping of labels to calls"):
        return []
    if not item.value:
        problems.add(item.line, section, "is empty")
    for label, entry in item.value.items():
        if why := no_label(label):
            problems.add(entry.line, section, f"{shown(label, 60)}: {why}")
    return list(item.value.items())


def no_label(label: str) -> str:
    """Why a text can't be a label, which stands in tables and in lines; '' where it can."""
    if not label.strip() or label != label.strip():
        return "a label begins and ends with a character that can be seen"
    if not label.isprintable():
        return "a label has no line breaks, tabs or control characters"
    return f"a label has at most {LONGEST} characters, not {len(label)}" if len(label) > LONGEST else ""


def belong(items: list[Item], known: list[str] | None, what: str, place: str, problems: Problems) -> None:
    """Names that the suite must know; `known` None: what it knows isn't known, so nothing is said."""
    for item in items if known is not None else ():
        assert known is not None
        if item.written not in known:
            hint = addition(item.written) if what == "metric" else ""
            hint = hint or f"{close(item.written, known)} (known: {', '.join(known)})"
            problems.add(item.line, place, f"this suite has no {what} '{item.written}'{hint}")
