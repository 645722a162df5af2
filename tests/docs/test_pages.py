"""Links lead somewhere, every page is in the contents, and what pages tell people to write is right. Needs no mkdocs."""

from __future__ import annotations

import posixpath
import shlex
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from bench import plugins
from bench.__main__ import main
from bench.plugins import CATEGORIES
from bench.suite.load import load_suite
from tests.docs.pages import DOCS, anchors, blocks, hook, links, site
from tests.unruly import ROOT

WRITTEN = sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))
BASE = """
suite: mine
seeds: 5
train: {steps: 100, batch: 32}
datasets: {ring: ring}
methods: {GAN: gan}
metrics: [modes_covered]
"""


def broken(page: str, text: str, known: dict[str, str]) -> list[str]:
    """Links of a page that lead nowhere in the site."""
    found = []
    for target in links(text):
        file, _, anchor = target.partition("#")
        there = posixpath.normpath(posixpath.join(posixpath.dirname(page), file)) if file else page
        if there not in known or (anchor and anchor not in anchors(known[there])):
            found.append(f"{page}: {target}")
    return found


def test_every_link_of_the_site_leads_to_a_page_and_a_heading() -> None:
    assert [wrong for page, text in site().items() for wrong in broken(page, text, site())] == []
    assert sum(len(links(text)) for text in site().values()) > 15


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("[a](reference/metrics.md#frechet) `[b](c.md)` [d](https://example.org)", []),
        ("[a](nowhere.md)", ["x.md: nowhere.md"]),
        ("[a](reference/metrics.md#nowhere)", ["x.md: reference/metrics.md#nowhere"]),
        ("[a](#here)\n\n## Not here", ["x.md: #here"]),
        ("[a](#is-here)\n\n## Is `here`?", []),
    ],
)
def test_a_link_that_leads_nowhere_is_found(text: str, wrong: list[str]) -> None:
    assert broken("x.md", text, site() | {"x.md": text}) == wrong


@pytest.mark.parametrize("file", sorted(hook().TOP))
def test_links_of_the_repositorys_pages_lead_to_files(file: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    for target in links(text):
        path, _, anchor = target.partition("#")
        assert not path or (ROOT / path).exists(), target
        assert not anchor or anchor in anchors((ROOT / path).read_text(encoding="utf-8") if path else text), target


def test_every_page_is_in_the_contents_once() -> None:
    def listed(part: Any) -> list[str]:
        if isinstance(part, str):
            return [part]
        return [page for one in (part.values() if isinstance(part, dict) else part) for page in listed(one)]

    contents = listed(yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"])
    assert sorted(contents) == sorted(site())


@pytest.mark.parametrize("category", CATEGORIES)
def test_the_reference_has_every_word_with_what_its_docstring_says(category: str) -> None:
    text = site()[f"reference/{category}.md"]
    for word in plugins.words(category):
        assert f"## {word} {{ #{word} }}\n" in text
        said = hook().docstrings(category, word)
        assert said
        assert all(hook().prose(one) in text for one in said)
        for option in plugins.options(plugins.find(category, word)):
            assert f"| `{option.name}` |" in text


def test_a_docstring_is_no_markup() -> None:
    assert hook().prose("‖x‖ < 1 and `a_b`\n\n    x = y * z\n") == (
        "<p>‖x‖ &lt; 1 and <code>a_b</code></p>\n<pre>    x = y * z</pre>"
    )


@pytest.mark.parametrize("page", WRITTEN)
def test_what_a_page_says_to_write_is_right(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are written beside a suite, parts of suites are read in a whole one, and commands are taken by their parser."""
    monkeypatch.chdir(tmp_path)
    base = yaml.safe_load(BASE)
    for language, file, text in blocks(page):
        assert language in ("python", "yaml", "sh", "text"), language
        if file:
            Path(file).write_text(text, encoding="utf-8")
        if language == "python":
            compile(text, file or page, "exec")
        if language == "yaml" and file != "paper.yaml":
            part = yaml.safe_load(text)
            whole = part if file else base | part
            merged = Path("read.yaml")
            merged.write_text(text if file else _written(whole, text), encoding="utf-8")
            assert load_suite(merged).name == whole["suite"]
        for line in text.splitlines() if language == "sh" else ():
            assert line.startswith("bench "), line
            taken(line)


def _written(whole: dict[str, Any], text: str) -> str:
    """A suite of which a part stands as it is on the page."""
    rest = {key: value for key, value in whole.items() if key not in yaml.safe_load(text)}
    return yaml.safe_dump(rest) + text


def taken(line: str) -> None:
    """Raises a click exception where a command does not take these words."""
    words: list[str] = shlex.split(line)[1:]
    context = main.make_context("bench", words)
    while isinstance(context.command, click.Group):
        name, command, rest = context.command.resolve_command(context, [*context._protected_args, *context.args])
        assert command is not None, line
        context = command.make_context(name, rest, parent=context)


def test_a_command_that_is_not_there_is_found() -> None:
    taken("bench run mine.yaml --watch tensorboard")
    for line in ("bench rum mine.yaml", "bench run mine.yaml --wotch tensorboard", "bench show"):
        with pytest.raises(click.ClickException):
            taken(line)
