"""The page: one HTML file that needs nothing else, and the same in Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from bench.reporting.answer import Answer
from bench.reporting.figure_style import Picture, tag
from bench.reporting.matrix import Matrix
from bench.reporting.results import Results
from bench.reporting.script import SCRIPT
from bench.reporting.table import Table, anchor, markdown
from bench.reporting.template import CSS, HTML, TABLE
from bench.stats.medians import DECIDES, LEVEL


@dataclass(frozen=True)
class Part:
    """What a section says of one data set (or of the whole suite: no title)."""

    title: str = ""
    sentences: Sequence[str] = ()
    tables: Sequence[Table] = ()
    pictures: Sequence[Picture] = ()

    @property
    def empty(self) -> bool:
        return not (self.sentences or self.pictures or any(table.rows for table in self.tables))


@dataclass(frozen=True)
class Section:
    key: str
    title: str
    lead: str
    parts: Sequence[Part] = field(default_factory=tuple)
    folded: bool = False  # on the page: opened by a click, and when it is printed


@dataclass(frozen=True)
class FirstScreen:
    """What is read before anything is scrolled."""

    answer: Answer | None = None
    matrix: Matrix | None = None


MOST_ROWS = 300  # of a table on a page; its file has all

READING = (
    "Every score is a median over seeds. The brackets hold the narrowest order-statistic interval for the median that "
    f"covers at least {LEVEL:.0%}, whatever the distribution; with fewer than six seeds no such interval exists and the "
    "whole range is given, which covers less: {levels}. A dead seed (diverged, or cut short by time or memory) ranks "
    "worst: where the median is a dead seed the table says “failed”, and gives the survivors' median only beside that "
    "word. Seeds failed counts every outcome but ok and unjudged (alive, its quality not known: “no quality”); "
    "one that is unlearned, "
    "collapsed or mode-dropping keeps the value it ended with. A number is bold only "
    f"where its interval (covering at least {DECIDES:.0%}) lies clear of every other method's. That describes and does not "
    "test: claims do, corrected for their number. Best is what picking the best checkpoint would report, area the average "
    "over training. Numbers of different protocols or kinds of device are never put in one column."
)


def html(
    results: Results,
    first: FirstScreen,
    sections: Sequence[Section],
    reading: str,
    title: str = "",
    pages: Sequence[tuple[str, str]] = (),
) -> str:
    """Everything that comes from records is escaped; figures are SVG that matplotlib wrote and escaped.

    `pages`: (name, address) of further pages of this report, in their order.
    """
    return (
        environment()
        .get_template("page")
        .render(
            results=results,
            title=title or results.suite,
            answer=first.answer,
            matrix=first.matrix,
            sections=_filled(sections),
            reading=reading,
            pages=pages,
            most=MOST_ROWS,
            css=Markup(CSS),
            script=Markup(SCRIPT),
        )
        + "\n"
    )


@cache
def environment() -> Environment:
    """Templates: `page`, and `table`, which other pages include; all that is filled in is escaped."""
    pages = DictLoader({"page": HTML, "table": TABLE})
    found = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, loader=pages)
    found.filters["svg"] = Markup  # our own figures, not user text
    found.filters["anchor"] = anchor
    found.filters["tag"] = tag
    return found


def report_md(results: Results, first: FirstScreen, sections: Sequence[Section], reading: str) -> str:
    lines = [f"# {markdown(results.suite)}", ""]
    if results.asks:
        lines += [f"*{markdown(results.asks)}*", ""]
    lines += [
        f"- **{question}.** {markdown(text)}" for question, text in (first.answer.said if first.answer else ())
    ] + [""]
    lines += _matrix_md(first.matrix) if first.matrix else []
    lines += [f"> {markdown(note)}\n" for note in results.notes]
    for section in _filled(sections):
        lines += [f"## {markdown(section.title)}", "", markdown(section.lead), ""]
        for part in section.parts:
            if part.title:
                lines += [f"### {markdown(part.title)}", ""]
            lines += [f"- {markdown(sentence)}" for sentence in part.sentences]
            lines += [""] if part.sentences else []
            for table in part.tables:
                if table.rows:
                    lines += [
                        f"**{markdown(table.title)}.** {markdown(table.caption)}".rstrip(),
                        "",
                        table.markdown(MOST_ROWS),
                    ]
            for picture in part.pictures:
                lines += [
                    f"![{markdown(picture.title)}](figures/{anchor(picture.key)}.png)",
                    "",
                    markdown(picture.caption),
                    "",
                ]
    lines += ["## How to read this", "", markdown(reading), ""]
    return "\n".join(lines)


def _matrix_md(matrix: Matrix) -> list[str]:
    """The first picture in words, which reads well where Markdown is shown and draws nothing."""
    lines = ["| " + " | ".join(map(markdown, ("method", "seeds failed", *matrix.datasets))) + " |"]
    lines.append("| --- |" + " --- |" * (1 + len(matrix.datasets)))
    for row in matrix.rows:
        name = f"**{markdown(row.method)}** (most stable)" if row.best else markdown(row.method)
        cells = [markdown(f"{c.words}; {c.numbers}" if c.numbers else c.words) for c in row.cells]
        lines.append("| " + " | ".join([name, markdown(row.failed), *cells]) + " |")
    return [*lines, ""]


def _filled(sections: Sequence[Section]) -> list[Section]:
    kept = []
    for section in sections:
        parts = [part for part in section.parts if not part.empty]
        if parts:
            kept.append(replace(section, parts=parts))
    return kept
