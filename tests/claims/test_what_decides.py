"""When a claim is not decided, although there are numbers: something is missing, or the numbers can't carry it."""

import numpy as np
import pandas as pd
import pytest

from bench.claims import Asked, Evidence, judge, parse
from bench.stats import Measure, rank_test
from tests.claims.test_claims import BETTER, SCORES, SEEDS, runs, verdict

A, B = runs("A", SEEDS + 10), runs("B", SEEDS)


def test_seeds_that_the_suite_asks_for_and_nobody_has_make_a_claim_incomplete():
    assert verdict(BETTER, A, B, asked=Asked(10)).status == "supported"
    found = verdict(BETTER, A, B, asked=Asked(20))
    assert (found.status, found.effect) == ("incomplete", 10)
    assert "A on ring: 10 of 20 seeds have a value" in found.reason
    assert np.isnan(found.p_adjusted)
    assert verdict(BETTER, A, B, asked=Asked(5)).status == "supported"  # more than asked for


def test_seeds_that_only_one_side_has_make_a_claim_incomplete():
    assert verdict(BETTER, A, runs("B", SEEDS[:6])).status == "incomplete"


def test_a_data_set_without_one_of_the_methods_makes_an_unqualified_claim_incomplete():
    more = runs("A", SEEDS, dataset="grid")
    found = verdict(BETTER, A, B, more)
    assert (found.status, found.effect) == ("incomplete", 10)
    assert "B was not run on grid" in found.reason
    assert verdict({**BETTER, "on": "ring"}, A, B, more).status == "supported"


def test_a_data_set_of_the_suite_that_was_not_run_makes_a_claim_incomplete():
    found = verdict(BETTER, A, B, asked=Asked(datasets=("ring", "grid")))
    assert (found.status, found.reason) == ("incomplete", "not run on grid")
    assert verdict({**BETTER, "on": "ring"}, A, B, asked=Asked(datasets=("ring", "grid"))).status == "supported"
    assert verdict({**BETTER, "on": ["ring", "grid"]}, A, B).status == "incomplete"


def test_a_data_set_that_refuses_the_score_is_not_missing():
    other = [runs(m, SEEDS, "fd", dataset="faces") for m in "AB"]
    assert verdict(BETTER, A, B, *other).p == verdict(BETTER, A, B).p


def test_an_incomplete_claim_weighs_on_the_others_as_if_it_were_tested():
    said = parse({"whole": BETTER, "half": {**BETTER, "is": "C"}})
    together = judge(said, Evidence(pd.concat([A, B, runs("C", SEEDS[:4])]), SCORES))
    completed = judge(said, Evidence(pd.concat([A, B, runs("C", SEEDS)]), SCORES))
    assert [v.status for v in together] == ["supported", "incomplete"]
    assert together[0].p_adjusted == completed[0].p_adjusted == 2 * completed[0].p


def costs(method, values, blocks):
    """Seconds of so many blocks of five seeds each."""
    frame = pd.concat(
        [runs(method, SEEDS[:5], steps=(1,)).assign(seed=lambda f, k=k: f["seed"] + 5 * k) for k in range(blocks)]
    )
    spent = frame.assign(name="seconds", kind="cost", value=[values[seed // 5] for seed in frame["seed"]])
    return pd.concat([frame, spent]).assign(created=lambda f: "day " + (f["seed"] // 5).astype(str))


FASTER = {"is": "A", "better_than": "B", "in": "seconds", "better": "lower"}


def test_what_the_seeds_of_a_block_share_is_one_number_a_block():
    few = verdict(FASTER, costs("A", [1, 2], 2), costs("B", [5, 6], 2))
    assert (few.status, few.effect, few.n) == ("insufficient", 4, (2, 2))
    assert "a test takes 5 blocks a side" in few.reason
    assert np.isnan([few.p, few.low]).all()
    one = verdict(FASTER, costs("A", [1], 1), costs("B", [5], 1))
    assert (one.status, one.effect, one.n) == ("insufficient", 4, (1, 1))
    assert "a test takes 5 blocks a side" in one.reason
    a, b = np.arange(5.0), np.arange(5.0) + 10
    enough = verdict(FASTER, costs("A", a, 5), costs("B", b, 5))
    assert (enough.status, enough.n) == ("supported", (5, 5))
    assert enough.p == rank_test([(-a, -b)]).greater


def test_shared_numbers_that_are_not_tested_cost_the_other_claims_nothing():
    frame = pd.concat([A, B, *[costs(m, [1, 2], 2).query("kind == 'cost'").assign(dataset="ring") for m in "AB"]])
    frame = frame.assign(created=frame["created"].fillna("day"))
    tested, shared = judge(parse({"modes": BETTER, "time": FASTER}), Evidence(frame, SCORES))
    assert (tested.p_adjusted, shared.status) == (tested.p, "insufficient")


def test_a_score_that_cannot_tell_real_data_from_what_is_wrong_decides_nothing():
    blind = {("ring", "modes"): Measure(higher_is_better=True, tells=False)}
    found = verdict(BETTER, A, B, there=blind)
    assert found.status == "can't tell"
    assert (
        "modes does not tell real data from a Gaussian of its moments, half of it or copies of it on ring"
        in found.reason
    )
    diagnosed = {"is": "A", "better_than": "B", "in": "modes_deviation"}
    assert verdict(diagnosed, A, B, there=blind).status == "can't tell"
    assert verdict(BETTER, A, B, there={("grid", "modes"): blind["ring", "modes"]}).status == "supported"


def test_a_score_of_which_too_much_is_a_fault_is_compared_by_its_distance_from_real_data():
    """Real data reads 5: A stands at 5, and B is far above it, which would win if more were better."""
    there = {("ring", "modes"): Measure(higher_is_better=False, target=5.0)}
    near, above = runs("A", 5 + SEEDS / 100), runs("B", 9 + SEEDS / 100)
    found = verdict(BETTER, near, above, there=there)
    assert (found.status, found.effect) == ("supported", pytest.approx(4))
    assert verdict(BETTER, near, above).status == "refuted"
    level = {"is": "B", "in": "modes", "at_least": 8}
    assert verdict(level, near, above, there=there).effect == pytest.approx(9.045)  # in its own units
    half = {**there, ("grid", "modes"): Measure(higher_is_better=True)}
    more = [runs(m, SEEDS, dataset="grid") for m in "AB"]
    assert verdict(BETTER, near, above, *more, there=half).status == "incomparable"


def test_the_two_sides_of_a_claim_on_two_data_sets_have_targets_of_their_own():
    there = {(d, "modes"): Measure(higher_is_better=False, target=t) for d, t in (("ring", 5.0), ("grid", 50.0))}
    ring, grid = runs("A", 5 + SEEDS / 100), runs("B", 50 + SEEDS / 100, dataset="grid")
    said = {"is": "A", "on": "ring", "better_than": "B", "than_on": "grid", "in": "modes"}
    found = verdict(said, ring, grid, there=there)
    assert (found.status, found.effect) == ("undecided", pytest.approx(0, abs=1e-9))


def test_diagnostics_of_a_two_sided_score_are_of_its_distance():
    """B goes far above what real data reads: its highest value is not its best."""
    there = {("ring", "modes"): Measure(higher_is_better=False, target=5.0)}
    near, above = runs("A", 5 + SEEDS / 100, steps=(100, 200)), runs("B", 9 + SEEDS / 100, steps=(100, 200))
    for frame in (near, above):
        frame.loc[frame["step"] == 100, "value"] = 12.0
    best = {"is": "A", "better_than": "B", "in": "modes_best"}
    found = verdict(best, near, above, there=there)
    assert (found.status, found.effect) == ("supported", pytest.approx(4))
    assert verdict({**best, "in": "modes_area"}, near, above, there=there).status == "supported"
    assert verdict(best, near, above).status == "undecided"  # both saw 12


def test_a_number_without_chance_in_it_is_not_tested():
    found = verdict(FASTER, costs("A", [1.0] * 5, 5), costs("B", [2.0] * 5, 5))
    assert (found.status, found.effect) == ("insufficient", 1)
    assert "nothing is left to chance" in found.reason


def test_costs_of_some_seeds_are_not_those_of_all():
    few = verdict(FASTER, costs("A", np.arange(5.0), 5), costs("B", np.arange(5.0) + 9, 5), asked=Asked(50))
    assert few.status == "incomplete"


def test_the_seeds_themselves_are_asked_for_not_only_their_number():
    wanted = Asked(10, named=frozenset(range(100, 110)))
    found = verdict(BETTER, A, B, asked=wanted)
    assert (found.status, found.effect) == ("incomplete", 10)


def test_data_sets_that_clearly_disagree_are_said_to():
    """What holds of both together is undecided; that they point in opposite directions is the answer."""
    b = [runs("B", SEEDS, dataset=d) for d in "xyz"]
    apart = [runs("A", SEEDS + gap, dataset=d) for d, gap in zip("xyz", (20, -20, 0), strict=True)]
    found = verdict(BETTER, *apart, *b)
    assert found.status == "undecided"
    assert found.reason.endswith("; data sets disagree: better on x, worse on y")
    down = verdict({**BETTER, "in": "fd"}, *(f.assign(name="fd") for f in (*apart, *b)))
    assert down.reason.endswith("; data sets disagree: better on y, worse on x")
    alike = [runs("A", SEEDS + gap, dataset=d) for d, gap in zip("xyz", (20, 1, 0), strict=True)]
    assert "disagree" not in verdict(BETTER, *alike, *b).reason
