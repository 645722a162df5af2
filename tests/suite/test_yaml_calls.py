"""Commas and brackets of a call inside YAML's own brackets are the call's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import bench
from bench.suite.yaml_calls import CallLoader

SUITES = sorted((Path(bench.__file__).parents[1] / "suites").glob("*.yaml"))


def read(text: str) -> object:
    return yaml.load(text, Loader=CallLoader)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("m: [frechet(n=500, space=digits), kid]", {"m": ["frechet(n=500, space=digits)", "kid"]}),
        ("m: {VAE: vae(width=16, depth=1)}", {"m": {"VAE": "vae(width=16, depth=1)"}}),
        ("m: {A: gan(lr=[1, 2]) + r1(1, every=2), B: vae}", {"m": {"A": "gan(lr=[1, 2]) + r1(1, every=2)", "B": "vae"}}),
        ("m:\n  [a(x='q, ]'),  # note (a, b]\n   b]", {"m": ["a(x='q, ]')", "b"]}),
        ("m: [d(a,\n   b=2), e]", {"m": ["d(a, b=2)", "e"]}),
        ("m: {is: GAN [lr=0.01, width=2], by: 1}", {"m": {"is": "GAN [lr=0.01, width=2]", "by": 1}}),
        ("- [a(1, 2)]", [["a(1, 2)"]]),
        ("m: [(0, .9), (.5, .9)]", {"m": ["(0, .9)", "(.5, .9)"]}),
        ("m: {a: (0, .9), b: [(1, 2), c]}", {"m": {"a": "(0, .9)", "b": ["(1, 2)", "c"]}}),
        ("m: [a(b(1, 2), c=(3, 4))]", {"m": ["a(b(1, 2), c=(3, 4))"]}),
        ('m: ["a(1, 2)", b]', {"m": ["a(1, 2)", "b"]}),
        ("m: &x [a, b(c=5, d=1)]", {"m": ["a", "b(c=5, d=1)"]}),
        ("m: &x [a(1, 2)]\nn: *x", {"m": ["a(1, 2)"], "n": ["a(1, 2)"]}),
        ("m:\t[a, b(c=5, d=1)]\t# note", {"m": ["a", "b(c=5, d=1)"]}),
        ("m: !!seq [b(c=5, d=1)]", {"m": ["b(c=5, d=1)"]}),
        ("m: [a(x=it's, b=2), it's, d(1, 2)]", {"m": ["a(x=it's, b=2)", "it's", "d(1, 2)"]}),
        ("m: [gan(lr=1, a=2)\n  + r1(weight=1, every=2), c]", {"m": ["gan(lr=1, a=2) + r1(weight=1, every=2)", "c"]}),
        ("m: [{is: A, in: b(1, 2)}, 3]", {"m": [{"is": "A", "in": "b(1, 2)"}, 3]}),
        (r"m: [image_folder(root='C:\x', size=3)]", {"m": [r"image_folder(root='C:\x', size=3)"]}),
    ],
)  # fmt: skip
def test_a_call_is_one_entry(text: str, meant: object) -> None:
    assert read(text) == meant


@pytest.mark.parametrize(
    "text",
    [
        "asks: >\n  [a(1, 2)] is text\n  and more\nm: 1\n",
        "asks: |\n  one\n  [a(1, 2)]",
        "Diffusion's seeds: {is: EDM, by: 10%}\n",
        "a: b [c(1, 2)]\n",
        "a: gan(loss=hinge, betas=\n      [(0.1, 0.9), (0.5, 0.9)]\n      )\n",
        'a: "one\n  [c, d(e, f)] two"\nb: 1\n',
        "a: 'one\n  [c, d(e, f)] two'\nb: 1\n",
        "a: one\n  {c, d(e, f)} two\nb: 1\n",
        "a: [1, 2.5, true, null, 'x']\n",
        "# [a(1, 2)]\na: 1\n",
        "'it''s: a': {b: c}\n",
        "a: {b: {c: [d, {e: f}]}}\n",
    ],
)
def test_what_stands_in_no_flow_collection_is_yaml(text: str) -> None:
    assert read(text) == yaml.safe_load(text)


@pytest.mark.parametrize("path", SUITES, ids=lambda path: path.stem)
def test_suites_mean_what_yaml_says(path: Path) -> None:
    """No suite on disk is read otherwise than YAML reads it."""
    text = path.read_text(encoding="utf-8")
    assert read(text) == yaml.safe_load(text)


@given(st.text(alphabet="a(,)[]{}:'\"#\n\t 1=&*-", max_size=60))
def test_any_text_ends_as_a_tree_or_as_a_mistake_with_its_line(text: str) -> None:
    line = _line_of_mistake(text)
    assert line is None or 0 <= line <= text.count("\n")


def _line_of_mistake(text: str) -> int | None:
    try:
        yaml.compose(text, Loader=CallLoader)
    except yaml.MarkedYAMLError as error:
        return error.problem_mark.line if error.problem_mark else -1
    return None


@given(st.lists(st.sampled_from(["a", "b(1, 2)", "c(x=[1, 2], y=(0, 1))", "d(e(1, f=2), 3) + g(h='],')"]), min_size=1))
def test_a_list_of_calls_is_that_list(calls: list[str]) -> None:
    assert read(f"m: [{', '.join(calls)}]") == {"m": calls}


@pytest.mark.parametrize("text", ["m: [a(1, 2\nn: 3\n", "m: [a(1, 2]\nn: 3\n", "m: [a(b], c: d\n"])
def test_an_open_bracket_swallows_nothing(text: str) -> None:
    """YAML meets the mistake where it stands, as it does without calls."""
    tokens = [list(_until_mistake(text, loader)) for loader in (CallLoader, yaml.SafeLoader)]
    assert tokens[0] == tokens[1]


def _until_mistake(text: str, loader: type[yaml.SafeLoader]) -> Iterator[str]:
    try:
        for token in yaml.scan(text, Loader=loader):
            yield repr(token)
    except yaml.YAMLError as error:
        yield str(error)


@pytest.mark.parametrize(
    "text", ["a: " + "[" * 3000, "a: " + "[" * 3000 + "]" * 3000, "a: " + "- " * 3000, "{a: " * 3000]
)
def test_nesting_is_bounded(text: str) -> None:
    with pytest.raises(yaml.MarkedYAMLError):
        read(text)
