"""The first screen: which method is most stable, at what price, how sure, and one small panel a cell."""

from __future__ import annotations

import itertools
import re
from math import comb
from pathlib import Path
from types import ModuleType

import pytest

import bench.reporting
from bench.reporting.answer import _fails_more, answer, standings
from bench.reporting.figure_style import strokes
from bench.reporting.matrix import matrix
from bench.reporting.results import Results, read


@pytest.fixture(scope="module")
def three(fake: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Results:
    """EDM: no seed of 20 fails; GAN + R1: one; GAN: all."""
    root = tmp_path_factory.mktemp("three")
    died = dict.fromkeys(range(10), 5000)
    for d in ("ring8", "grid25"):
        fake.write(root, d, "GAN", died=died, q=True, losses=False)
        fake.write(root, d, "GAN + R1", collapsed={2: 6000} if d == "ring8" else {}, quality=0.5, q=True, losses=False)
        fake.write(root, d, "EDM", quality=0.9, q=True, losses=False)
    return read(root)


def said(results: Results) -> dict[str, str]:
    return dict(answer(results).said)


def test_the_most_stable_method_is_named_with_its_numbers(three: Results) -> None:
    assert answer(three).best == ("EDM",)
    assert said(three)["Most stable"].startswith("EDM: none of 20 seeds failed, so between 0% and 16% of all would.")
    assert "At the other end, GAN: 20 of 20 seeds failed (20 diverged)." in said(three)["Most stable"]


def test_the_price_is_that_of_a_seed_over_the_cheapest(three: Results) -> None:
    # (100 + 30 · quality) s of a block of ten seeds, on two data sets
    assert said(three)["Price"].startswith(
        "EDM: 25.4 s of training a seed (1.3 × the cheapest, GAN), 80\u202f000 gradient"
    )
    assert said(three)["Price"].endswith("as all. Summed over the data sets.")


def test_sure_is_only_what_the_seeds_decide(three: Results) -> None:
    assert "Sure that fewer seeds fail than of GAN." in said(three)["How sure"]
    assert "Not sure against GAN + R1: the difference may be chance." in said(three)["How sure"]
    assert "corrected for 3 pairs" in said(three)["How sure"]


def test_data_sets_on_which_a_method_fares_unlike_are_told_apart_and_tested_as_strata(
    fake: ModuleType, tmp_path: Path
) -> None:
    """All of digits fail: what is seen of ring is as sure as on ring alone, where pooled tables would say less."""
    for d in ("ring8", "digits"):
        for method in ("EDM", "GAN"):
            bad = dict.fromkeys(range(10), 5000) if d == "digits" or method == "GAN" else {}
            fake.write(tmp_path, d, method, died=bad, q=True, losses=False)
    found = said(read(tmp_path))
    assert "EDM: 10 of 20 seeds failed, that is 10 of 10 on digits and 0 of 10 on ring8." in found["Most stable"]
    assert "Sure that fewer seeds fail than of GAN." in found["How sure"]
    edm, gan = standings(read(tmp_path))[0]
    assert _fails_more(gan, edm) == pytest.approx(1 / comb(20, 10))


def test_what_was_not_run_alike_is_left_out_and_named(fake: ModuleType, tmp_path: Path) -> None:
    for method, device in (("GAN", "cpu"), ("EDM", "cpu"), ("DDGAN", "cuda")):
        fake.write(tmp_path, "ring8", method, device=device, q=True, losses=False)
    ranked, apart = standings(read(tmp_path))
    assert [one.method for one in ranked] == ["EDM", "GAN"]  # without a suite, by label
    assert apart == "DDGAN left out: not run as the others were"


def test_a_tie_and_a_shipwreck_are_called_so(fake: ModuleType, tmp_path: Path) -> None:
    for root, died in (("tie", {}), ("lost", {0: 500, 1: 500})):
        for method in ("GAN", "EDM"):
            fake.write(tmp_path / root, "ring8", method, seeds=range(2), died=died, q=True, losses=False)
    tie, lost = answer(read(tmp_path / "tie")), answer(read(tmp_path / "lost"))
    assert dict(tie.said)["Most stable"].startswith("A tie of all 2 methods: none of 2 seeds failed each.")
    assert dict(lost.said)["Most stable"] == "No method: every seed of all 2 methods failed (4 diverged)."
    assert (tie.best, lost.best) == ((), ())


def test_without_quality_only_deaths_are_counted(fake: ModuleType, tmp_path: Path) -> None:
    folder = fake.write(tmp_path, "ring8", "GAN", seeds=range(3), died={1: 500}, losses=False)
    text = (folder / "record.json").read_text(encoding="utf-8").replace('"ok"', '"unjudged"')
    (folder / "record.json").write_text(text, encoding="utf-8")
    (one,) = standings(read(tmp_path))[0]
    assert (one.failed, one.seeds) == (1, 3)
    assert "only seeds that died are counted" in said(read(tmp_path))["Most stable"]


def test_a_cell_of_the_matrix_says_everything_in_words(three: Results) -> None:
    found = matrix(three, ("EDM",))
    assert found is not None
    rows = {row.method: row for row in found.rows}
    assert rows["GAN + R1"].cells[1].words == "9 ok, 1 collapsed"
    assert rows["GAN"].cells[0].words == "all 10 diverged"
    assert rows["GAN"].cells[0].numbers.startswith("q: dead · 10 s")
    assert (rows["GAN"].failed, rows["EDM"].best, rows["GAN"].best) == ("20/20", True, False)
    assert 'aria-label="9 ok, 1 collapsed; q 0.' in rows["GAN + R1"].cells[1].drawing
    used = set(re.findall(r"url\(#([^)]+)\)", "".join(cell.drawing for row in found.rows for cell in row.cells)))
    assert used == {"hatch-collapsed", "hatch-diverged"}
    assert all(f'id="{name}"' in found.patterns for name in used)


def test_the_page_and_the_markdown_begin_with_the_answer(three: Results, tmp_path: Path) -> None:
    root = Path(three.cells[0].folders[0]).parents[2]
    page = bench.reporting.build(root, tmp_path / "out")
    text = page.read_text(encoding="utf-8")
    assert text.index('id="answer"') < text.index('id="matrix"') < text.index("<main")
    told = (tmp_path / "out" / "report.md").read_text(encoding="utf-8")
    assert told.index("**Most stable.**") < told.index("| method | seeds failed |") < told.index("## Verdict")
    heads = [int(level) for level in re.findall(r"<h([1-6])[ >]", text)]
    assert heads[0] == 1
    assert all(b - a <= 1 for a, b in itertools.pairwise(heads))  # an outline without gaps


def test_colours_belong_to_labels_and_neighbours_differ_without_them() -> None:
    one, other = strokes(["GAN", "EDM"]), strokes(["EDM", "GAN"])
    assert {m: s.color for m, s in one.items()} == {m: s.color for m, s in other.items()}
    many = strokes([f"method {k}" for k in range(6)])
    assert len({s.color for s in many.values()}) == len({str(s.line) for s in many.values()}) == 6
    assert len({s.marker for s in many.values()}) == 6
