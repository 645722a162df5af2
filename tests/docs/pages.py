"""The site's pages as tests read them: their text, their links, the blocks of code in them."""

from __future__ import annotations

import importlib.util
import re
import unicodedata
from functools import cache
from types import ModuleType
from typing import NamedTuple

from tests.unruly import ROOT

DOCS = ROOT / "docs"
FENCE = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.DOTALL | re.MULTILINE)


class Block(NamedTuple):
    """A fenced block: its language, the file that it is, if any, and its text."""

    language: str
    file: str
    text: str


@cache
def hook() -> ModuleType:
    """docs/_pages.py, as the build imports it."""
    spec = importlib.util.spec_from_file_location("_pages", DOCS / "_pages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def site() -> dict[str, str]:
    """Path in the site -> Markdown, of committed and of generated pages."""
    written = {p.relative_to(DOCS).as_posix(): p.read_text(encoding="utf-8") for p in sorted(DOCS.rglob("*.md"))}
    made: dict[str, str] = hook().pages()
    assert not written.keys() & made.keys()
    return written | made


def blocks(page: str) -> list[Block]:
    return [Block(*found) for found in FENCE.findall((DOCS / page).read_text(encoding="utf-8"))]


def links(text: str) -> list[str]:
    """The targets of a page's links, without those in code and those that leave the site."""
    prose = re.sub(r"`[^`\n]*`", "", FENCE.sub("", text))
    return [target for _, target in hook().LINK.findall(prose) if not re.match(r"\w+:", target)]


def anchors(text: str) -> set[str]:
    """The names of a page's headings, as the build makes them."""
    found = set()
    for line in re.findall(
        r"^#+ (.+)$", re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE), re.MULTILINE
    ):
        named = re.search(r"\{ ?#([\w-]+) ?\}$", line)
        plain = unicodedata.normalize("NFKD", re.sub(r"[`*]", "", line)).encode("ascii", "ignore").decode()
        found.add(named[1] if named else re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", plain).strip().lower()))
    return found
