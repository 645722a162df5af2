"""Commas and brackets of a call inside YAML's own brackets are the call's."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import bench
from bench.suite.yaml_calls import quote_calls

SUITES = sorted((Path(bench.__file__).parents[1] / "suites").glob("*.yaml"))


def read(text: str) -> object:
    return yaml.safe_load(quote_calls(text))


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
        ("m: [a(b(1, 2), c=(3, 4))]", {"m": ["a(b(1, 2), c=(3, 4))"]}),
        ('m: ["a(1, 2)", b]', {"m": ["a(1, 2)", "b"]}),
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
        "Diffusion's seeds: {is: EDM, by: 10%}\n",
        "a: b [c(1, 2)]\n",
        "a: [1, 2.5, true, null, 'x']\n",
        "# [a(1, 2)]\na: 1\n",
        "'it''s: a': {b: c}\n",
        "a: {b: {c: [d, {e: f}]}}\n",
    ],
)
def test_what_holds_no_call_stays_as_it_was(text: str) -> None:
    assert quote_calls(text) == text


@pytest.mark.parametrize("path", SUITES, ids=lambda path: path.stem)
def test_suites_mean_what_yaml_says(path: Path) -> None:
    """No suite on disk is altered by it, but where YAML alone could not read what was meant."""
    text = path.read_text(encoding="utf-8")
    assert quote_calls(text).count("\n") == text.count("\n")
    assert read(text) == yaml.safe_load(text)


@given(st.text(alphabet="a(,)[]{}:'\"#\n 1=", max_size=60))
def test_any_text_ends_and_keeps_its_lines(text: str) -> None:
    assert quote_calls(text).count("\n") == text.count("\n")


@pytest.mark.parametrize("text", ["m: [a(1, 2\nn: 3\n", "m: [a(1, 2]\nn: 3\n"])
def test_an_open_bracket_swallows_nothing(text: str) -> None:
    """YAML meets the mistake where it stands, not at the end of the file."""
    assert quote_calls(text) == text
