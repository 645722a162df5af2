"""`seeds: {nightly: 5}`: every date has seeds of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from bench.suite import seeds_section
from bench.suite.load import load_suite
from bench.suite.seeds_section import in_words, night_of, nightly_seeds
from bench.suite.yaml_lines import SuiteError

SUITE = """
suite: toy
seeds: {nightly: 5}
train: {steps: 100, batch: 64}
datasets:
  ring8: ring(modes=8, std=0.02)
methods:
  GAN: gan
  GP: gan + gradient_penalty
metrics: [modes_covered]
"""
Write = Callable[[str], Path]
MARCH = date(2026, 3, 1)
MARCHS = tuple(range(20260301000, 20260301005))


def test_a_date_has_the_same_seeds_always(write: Write) -> None:
    path = write(SUITE)
    assert load_suite(path, MARCH).seeds == MARCHS == nightly_seeds(MARCH, 5)
    assert load_suite(path, MARCH).seeds == load_suite(path, MARCH).seeds
    assert night_of(MARCHS) == "2026-03-01"


def test_today_is_utc_and_settled_when_the_suite_is_read(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    class Clock(seeds_section.datetime):
        @classmethod
        def now(cls, tz=None):
            assert tz is not None
            return cls(2026, 3, 1, 23, 59, 59, tzinfo=tz)

    monkeypatch.setattr(seeds_section, "datetime", Clock)
    suite = load_suite(write(SUITE))
    monkeypatch.undo()  # midnight has passed
    assert suite.seeds == MARCHS


def test_no_two_dates_of_centuries_share_a_seed_nor_does_a_baseline() -> None:
    seen: set[int] = set(range(1000))
    for day in range(0, 365 * 400, 3):
        night = nightly_seeds(date(1900, 1, 1) + timedelta(day), 2)
        assert seen.isdisjoint(night)
        seen.update(night)
    before = -1
    for day in range(800):  # one after the other, with the most that a night can have
        night = nightly_seeds(date(2026, 1, 1) + timedelta(day), 500)
        assert min(night) > before + 400  # room for fresh seeds
        before = max(night)


def test_a_night_can_be_asked_of_any_suite(write: Write) -> None:
    assert load_suite(write(SUITE.replace("{nightly: 5}", "3")), MARCH).seeds == MARCHS[:3]
    assert load_suite(write(SUITE.replace("{nightly: 5}", "[7, 3]")), MARCH).seeds == MARCHS[:2]
    assert load_suite(write(SUITE.replace("{nightly: 5}", "3"))).seeds == (0, 1, 2)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("{nightly: 0}", "seeds.nightly: has to be 1 to 500, not 0"),
        ("{nightly: 501}", "seeds.nightly: has to be 1 to 500, not 501"),
        ("{nightly: many}", "seeds.nightly: expected a number of seeds, not"),
        ("{nightly: true}", "seeds.nightly: expected a number of seeds, not"),
        ("{nigthly: 5}", "seeds: 'nigthly' is not a key here; did you mean 'nightly'?"),
        ("{}", "seeds: expected a number of seeds, a list of them, or {nightly: 5}"),
        ("some", "seeds: expected a number of seeds, a list of them, or {nightly: 5}, not"),
    ],
)
def test_mistakes_are_told(write: Write, wrong: str, said: str) -> None:
    path = write(SUITE.replace("{nightly: 5}", wrong))
    with pytest.raises(SuiteError) as caught:
        load_suite(path)
    assert any(line.startswith(f"{path}:3: {said}") for line in caught.value.problems), caught.value.problems


def test_more_seeds_than_a_night_has(write: Write) -> None:
    with pytest.raises(SuiteError, match="seeds: a night has at most 500 seeds, not 501"):
        load_suite(write(SUITE.replace("{nightly: 5}", "501")), MARCH)


def test_claims_are_decided_by_the_number_of_nightly_seeds(write: Write) -> None:
    claim = "claims:\n  better: {is: GP, better_than: GAN, in: modes_covered, by: 1}\n"
    load_suite(write(SUITE + claim))
    with pytest.raises(SuiteError, match=r"claims.better: 2 seeds can never decide one of 1 claims"):
        load_suite(write(SUITE.replace("nightly: 5", "nightly: 2") + claim))


@pytest.mark.parametrize("seeds", [(), (0, 1), (20260301000, 20260302000), (20261301000,), (7, 20260301000)])
def test_other_seeds_are_no_nights(seeds: tuple[int, ...]) -> None:
    assert night_of(seeds) is None


def test_seeds_in_words() -> None:
    assert in_words(MARCHS) == "5 seeds of 2026-03-01 (20260301000 to 20260301004)"
    assert in_words((0, 1, 2)) == "3 seeds (0 to 2)"
    assert in_words((7, 3)) == "2 seeds (7, 3)"
    assert in_words((7,)) == "1 seed (7)"
