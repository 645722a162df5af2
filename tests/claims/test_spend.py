"""Claims about methods that have spent the same, or as they were when they had."""

import numpy as np
import pandas as pd
import pytest

from bench.claims import ClaimError, direction, parse
from tests.claims.test_claims import BETTER, SCORES, SEEDS, runs, verdict

STEPS = (100, 200, 400)


def trained(method, values, price, steps=STEPS):
    """Seeds whose score grows with the steps: `values` at the end, and so much less at each evaluation before."""
    scores = runs(method, values, steps=steps)
    scores["value"] = np.asarray(values, dtype=float)[scores["seed"]] - (steps[-1] - scores["step"]) / 10
    cost = runs(method, values, steps=(steps[-1],)).assign(kind="cost", name="gradients_per_step", value=float(price))
    return pd.concat([scores, cost])


AT = {**BETTER, "at": {"gradients": 400}}


def test_a_score_is_read_where_so_much_was_spent():
    """At equal steps A is 10 better; when both had spent 400 gradients, it was at its second evaluation: 10 worse."""
    a, b = trained("A", SEEDS + 10, 2), trained("B", SEEDS, 1)
    assert verdict(BETTER, a, b).effect == 10
    found = verdict(AT, a, b)
    assert (found.status, found.effect) == ("refuted", -10)
    assert verdict({**AT, "at": {"steps": 200}}, a, b).effect == 10


def test_seeds_that_die_later_are_alive_then_and_those_that_died_before_are_dead():
    a, b = trained("A", SEEDS + 10, 1), trained("B", SEEDS, 1)
    late = a.assign(
        outcome=np.where(a["seed"] < 3, "diverged", "done"),
        value=a["value"].where((a["seed"] >= 3) | (a["step"] < 400) | (a["kind"] == "cost")),
    )
    assert "dead" not in verdict({**BETTER, "at": {"gradients": 200}}, late, b).reason
    assert "A: 3 dead" in verdict({**BETTER, "at": {"gradients": 400}}, late, b).reason


def test_what_was_not_trained_so_far_makes_a_claim_incomplete():
    a, b = trained("A", SEEDS + 10, 2), trained("B", SEEDS, 1)
    found = verdict({**BETTER, "at": {"gradients": 800}}, a, b)
    assert (found.status, found.reason.split(";")[0]) == ("incomplete", "B on ring was trained for 400 gradients only")
    early = verdict({**BETTER, "at": {"gradients": 50}}, a, b)
    assert early.status == "incomplete"
    unknown = verdict({**BETTER, "at": {"samples": 100}}, a, b)
    assert "what a step of A on ring costs in samples is not recorded" in unknown.reason


def test_methods_that_agree_in_no_currency_are_incomparable():
    a = trained("A", SEEDS + 10, 2)
    assert verdict(BETTER, a, trained("B", SEEDS, 1)).status == "supported"  # as many steps
    assert verdict(BETTER, a, trained("B", SEEDS, 1, steps=(200, 800))).status == "supported"  # as many gradients
    found = verdict(BETTER, a, trained("B", SEEDS, 1, steps=(200, 500)))
    assert found.status == "incomparable"
    assert "budget differs: 400 steps = 800 gradients (A) vs 500 steps = 500 gradients (B)" in found.reason
    assert verdict(AT, a, trained("B", SEEDS, 1, steps=(200, 500))).status != "incomparable"
    assert verdict({"is": "A", "at_least": 5, "in": "modes"}, a).status == "supported"
    fails = {"is": "A", "fails_less_than": "B"}
    assert verdict(fails, a, trained("B", SEEDS, 1, steps=(200, 500))).status == "incomparable"


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ({"seconds": 5}, "expected one of steps, updates, gradients, samples and an amount"),
        ({"gradients": 0}, "expected an amount above 0, not 0"),
        ({"gradients": "many"}, "expected a number, not 'many'"),
        (500, "expected one of steps"),
        ({"gradients": 5, "steps": 5}, "expected one of steps"),
    ],
)
def test_what_is_no_amount_is_refused(at, said):
    with pytest.raises(ClaimError, match=said):
        parse({"c": {**BETTER, "at": at}})


@pytest.mark.parametrize("measure", ["modes_deviation", "training_s"])
def test_what_is_told_from_all_of_training_has_no_moment(measure):
    (claim,) = parse({"c": {**AT, "in": measure, "better": "lower"}})
    with pytest.raises(ClaimError, match="is told from all of training"):
        direction(claim, SCORES)


def test_an_amount_means_nothing_to_failures():
    with pytest.raises(ClaimError, match="'at' means nothing beside 'fails_less_than'"):
        parse({"c": {"is": "A", "fails_less_than": "B", "at": {"steps": 5}}})
