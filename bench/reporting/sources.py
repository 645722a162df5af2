"""`sources.bib`: the literature that the docstrings of a table's methods, data and metrics name, an entry a source.

A docstring says `Source: Karras et al. 2018, section 3.` or `Source: Lin et al. 2018 (PacGAN); Arjovsky et al. 2017, algorithm 1.`
Entries hold what it says and no more: authors, year, the name in brackets; titles are for the author of the paper to add.
"""

from __future__ import annotations

import ast
import inspect
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.diagnostics.seed_curves import QUALITY
from bench.plugins import BrokenPlugin, UnknownName, find, words
from bench.reporting.latex import escape
from bench.reporting.panel import QUALITY_METRIC
from bench.reporting.results import Results

_NAME = r"[A-Z\u00c0-\u017d][\w'’-]+"
_CITED = re.compile(
    rf"({_NAME}(?:, {_NAME})*(?: (?:&|and) {_NAME}| et al\.)?),? ((?:19|20)\d\d[a-z]?)(?: \(([^()]*)\))?"
)
_ENDS = re.compile(r"(?<!et al)(?<!\beqs)(?<!\beq)(?<!\bfig)\.(?= [A-Z\u00c0-\u017d]|$)")

Word = tuple[str, str]  # category, word


@dataclass(frozen=True, order=True)
class Source:
    """One work, as docstrings name it."""

    authors: str
    year: str  # "" of what has none, such as a library
    name: str = ""  # in brackets behind the year: PacGAN

    @property
    def key(self) -> str:
        """`lin2018pacgan`; of a work without authors its first words."""
        first = re.split(r"[ ,&]", self.authors)[0] if self.year else self.authors
        return _letters(first) + self.year + _letters(self.name)

    def entry(self, key: str, named_by: Iterable[str]) -> str:
        """As BibTeX; `named_by`: the words in whose docstrings it stands."""
        used = f"Named in the docstring of {', '.join(named_by)}"
        if not self.year:
            return f"@misc{{{key},\n  note = {{{escape(self.authors)}. {escape(used)}}}\n}}\n"
        people = [name for name in re.split(r", | & | and ", self.authors.removesuffix(" et al.")) if name]
        people += ["others"] * self.authors.endswith(" et al.")
        note = f"{self.name}. {used}" if self.name else used
        lines = [
            f"author = {{{escape(' and '.join(people))}}}",
            f"year = {{{self.year}}}",
            f"note = {{{escape(note)}}}",
        ]
        return f"@misc{{{key},\n  " + ",\n  ".join(lines) + "\n}\n"


def bibliography(own: Results, metrics: Iterable[str]) -> str:
    """The file for some results and metrics (columns): equal sources once, in the order of their keys."""
    held: dict[Source, dict[str, None]] = {}
    for category, word in dict.fromkeys([*_of_cells(own), *_of_metrics(metrics)]):
        for source in sources(_docstring(category, word)):
            held.setdefault(source, {})[word] = None
    for source in [source for source in held if source.year and not source.name]:
        named = [other for other in held if other.name and (other.authors, other.year) == (source.authors, source.year)]
        if len(named) == 1:  # the same work, once without the name that it goes by
            held[named[0]] |= held.pop(source)
    found = sorted(held, key=lambda source: (source.key, source))
    keys = [source.key for source in found]
    keys = [key + "abcdefgh"[keys[:k].count(key)] * (keys.count(key) > 1) for k, key in enumerate(keys)]
    head = "% What the docstrings of the methods, data sets and metrics name as their sources. Titles and venues are to be added.\n"
    return "\n".join(
        [head, *(source.entry(key, sorted(held[source])) for key, source in zip(keys, found, strict=True))]
    )


def sources(docstring: str) -> list[Source]:
    """Every source that a docstring names behind `Source:`, up to the end of that sentence."""
    found: dict[Source, None] = {}
    text = " ".join(docstring.split())
    for start in re.finditer(r"\bSources?: ", text):
        rest = text[start.end() :]
        end = _ENDS.search(rest)
        said = rest[: end.start()] if end else rest
        cited = [Source(who, year, _named(name)) for who, year, name in _CITED.findall(said)]
        for source in cited or [Source(said.strip(), "")]:
            found[source] = None
    return list(found)


def _named(bracket: str) -> str:
    """`DRAGAN` of `DRAGAN; λ = 10`; nothing of a bracket that holds values or half a sentence."""
    name = re.split(r"[;,]", bracket)[0].strip()
    return "" if "=" in name or re.match(r"(which|there|the|its|whose|\W|\d)", name) or len(name.split()) > 6 else name


def _letters(text: str) -> str:
    text = text.replace("ı", "i").replace("ø", "o").replace("ß", "ss")  # which no mark was put on
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "", plain.lower())


def _of_cells(own: Results) -> Iterator[Word]:
    for cell in own.cells:
        for record in cell.records:
            method, dataset = record.get("method") or {}, record.get("dataset") or {}
            parts = [str(part.get("word")) for part in method.get("options") or ()]
            parts = parts or [_head(call) for call in (method.get("model"), *(method.get("stabilizers") or ())) if call]
            yield "datasets", str(dataset.get("word") or _head(dataset.get("call") or ""))
            yield from (("stabilizers" if k else "models", word) for k, word in enumerate(parts))


def _head(call: Any) -> str:
    """`ring` of `ring(modes=8)`"""
    return re.split(r"[( ]", str(call))[0]


def _of_metrics(columns: Iterable[str]) -> Iterator[Word]:
    """The word behind a column: `frechet` behind `fd_digits`."""
    known = _columns()
    for column in columns:
        name = QUALITY_METRIC if column == QUALITY else column
        fits = [begin for begin in known if name == begin or name.startswith(f"{begin}_")]
        if fits:
            yield "metrics", known[max(fits, key=len)]


def _columns() -> Mapping[str, str]:
    """How the columns of each metric begin -> its word."""
    found = {}
    for word in words("metrics"):
        try:
            plugin = find("metrics", word)
        except BrokenPlugin:
            continue
        found[word] = word
        found[str(getattr(plugin, "column", word))] = word
    return found


def _docstring(category: str, word: str) -> str:
    """What the file of a word says of sources: its class and its head, or, where these name none, its functions."""
    try:
        plugin = find(category, word)
    except (UnknownName, BrokenPlugin):
        return ""
    module = inspect.getmodule(plugin)
    said = f"{plugin.__doc__ or ''}\n\n{(module.__doc__ if module else '') or ''}"
    if "Source" in said or (file := inspect.getsourcefile(plugin)) is None:
        return said
    tree = ast.parse(Path(file).read_text(encoding="utf-8"))
    nodes = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef))
    return "\n\n".join(ast.get_docstring(node) or "" for node in nodes)
