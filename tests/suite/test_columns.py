"""A column's name, as a report shows it, under `metrics:`: what to write in its place is said, and yields that column."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import pytest

from bench import plugins
from bench.suite import grammar, options
from bench.suite.columns import columns, hint
from bench.suite.load import load_suite
from bench.suite.yaml_lines import SuiteError

SPACES = [
    *(set(plugins.words("features")) - {"module"}),
    "dinov2:vits14",
]  # what a module is called says not where it is


def names(word: str, given: dict[str, Any]) -> tuple[str, ...]:
    found: tuple[str, ...] = plugins.find("metrics", word)(**given).names()
    return found


def shown() -> dict[str, str]:
    """Every column of every metric, in every space and with every switch turned -> the metric."""
    found = {}
    for word in plugins.words("metrics"):
        known = {option.name: option.default for option in plugins.options(plugins.find("metrics", word))}
        switches = [name for name, default in known.items() if isinstance(default, bool)]
        spaces = [{}, *({"space": space} for space in SPACES if "space" in known)]
        for space, turned in product(spaces, product([False, True], repeat=len(switches))):
            found |= dict.fromkeys(names(word, {**space, **dict(zip(switches, turned, strict=True))}), word)
    return found


def test_what_is_said_of_a_column_yields_it() -> None:
    every = shown()
    assert len(every) > 80
    assert {"fd_inception", "kid_dinov2_vits14", "sliced_wasserstein_whitened", "ndb_jsd_digits"} <= set(every)
    for column, word in every.items():
        if column in plugins.words("metrics"):
            continue
        said = hint(column)
        assert said.startswith("; write "), (column, said)
        (call,) = grammar.read(said.removeprefix("; write "))
        ((_, _, made),) = options.make("metrics", call)
        assert call.word == word
        assert column in made.names()


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("fd_inception", "no metric is called 'fd_inception'; write frechet(space=inception)"),
        (
            "fd_inceptoin",
            "no metric is called 'fd_inceptoin'; did you mean 'fd_inception'? write frechet(space=inception)",
        ),
        ("fd_inceptn", "no metric is called 'fd_inceptn'; did you mean 'fd_inception'? write frechet(space=inception)"),
        ("fd_digits(n=500)", "no metric is called 'fd_digits'; write frechet(space=digits)"),
        ("fd_dinov2_vits14", "no metric is called 'fd_dinov2_vits14'; write frechet(space=dinov2:vits14)"),
        ("modes_hit_best", "no metric is called 'modes_hit_best'; it is told from modes_hit: write modes_hit"),
        ("quality", "no metric is called 'quality'; 'quality' is measured wherever a metric is, and needs no entry"),
        ("modes_hitt", "no metric is called 'modes_hitt'; did you mean 'modes_hit'?"),
        ("zzz", "no metric is called 'zzz' (known: birthday_support, "),
        ("frechet(space=incepton)", "no feature space is called 'incepton'; did you mean 'inception'?"),
    ],
)
def test_a_suite_says_it_with_its_line(tmp_path: Path, row: str, said: str) -> None:
    path = tmp_path / "toy.yaml"
    path.write_text(
        "suite: toy\nseeds: 2\ntrain: {steps: 20, batch: 8}\ndatasets: {ring8: ring}\nmethods: {GAN: gan}\n"
        f"metrics: [{row}, modes_covered]\n"
    )
    with pytest.raises(SuiteError) as caught:
        load_suite(path)
    assert str(caught.value).startswith(f"{path}:6: metrics: {said}"), str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_a_column_has_the_call_with_the_fewest_options() -> None:
    found = columns()
    assert found["modes_covered"] == "modes_covered"
    assert found["fd_data"] == "frechet"
    assert found["sliced_wasserstein_whitened"] == "sliced_wasserstein(whitened=True)"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("gate: {against: b.jsonl, within: {fd_digits: 0}}", "gate.within: this suite has no metric 'fd_digits'"),
        ("published: [{method: GAN, on: ring8, source: x, fd_digits: 3}]", "this suite has no metric 'fd_digits'"),
        (
            "tune: {trials: 2, select: fd_digits, space: {GAN: {lr: [0.1, 0.2]}}}",
            "tune.select: the suite measures no 'fd_digits'",
        ),
    ],
)
def test_where_a_score_is_named_that_is_not_measured_the_call_is_said(tmp_path: Path, more: str, said: str) -> None:
    path = tmp_path / "toy.yaml"
    path.write_text(
        "suite: toy\nseeds: 2\ntrain: {steps: 20, batch: 8}\ndatasets: {ring8: ring}\nmethods: {GAN: gan}\n"
        f"metrics: [modes_covered]\n{more}\n"
    )
    with pytest.raises(SuiteError) as caught:
        load_suite(path)
    assert f"{said}; add 'frechet(space=digits)' to 'metrics'" in str(caught.value)
