"""Claims: reading them, judging them on seeds whose truth is known."""

import numpy as np
import pandas as pd
import pytest

from bench.claims import (
    Asked,
    ClaimError,
    Evidence,
    Margin,
    NonInferiority,
    Ordering,
    Superiority,
    judge,
    mute,
    parse,
)
from bench.stats import Measure, fisher_more, rank_test

SCORES = {"modes": Measure(higher_is_better=True), "fd": Measure(higher_is_better=False, scale="log")}
SEEDS = np.arange(10)
NOTHING = Asked()


def runs(method, values, name="modes", dataset="ring", dead=(), steps=(100, 200), kind="score", **more):
    """Each seed's value at the last step, and a misleading one before it."""
    cell = {"suite": "s", "dataset": dataset, "method": method, "model": "gan", "kind": kind, "name": name, **more}
    rows = []
    for seed, last in enumerate(values):
        outcome = "diverged" if seed in dead else "done"
        for step in steps:
            value = last if step == steps[-1] else 1e6
            rows.append({**cell, "seed": seed, "step": step, "value": value, "outcome": outcome})
    return pd.DataFrame(rows)


def verdict(body, *frames, alpha=0.05, asked=NOTHING, there=None):
    evidence = Evidence(pd.concat(frames), SCORES, asked, there or {})
    (found,) = judge(parse({"c": body}, scores=SCORES), evidence, alpha)
    return found


BETTER = {"is": "A", "better_than": "B", "in": "modes"}


def test_superiority_with_a_margin_is_supported_undecided_or_refuted():
    a, b = runs("A", SEEDS + 10), runs("B", SEEDS)
    plain = verdict(BETTER, a, b)
    assert (plain.status, plain.effect, plain.n) == ("supported", 10, (10, 10))
    assert plain.p == rank_test([(SEEDS + 10, SEEDS)]).greater
    assert verdict({**BETTER, "by": 9}, a, b).status == "undecided"
    assert verdict({**BETTER, "by": 20}, a, b).status == "refuted"
    assert verdict({**BETTER, "is": "B", "better_than": "A"}, a, b).status == "refuted"


def test_status_and_interval_agree_for_a_lone_claim():
    rng = np.random.default_rng(0)
    a, b = runs("A", rng.normal(size=10) + 2), runs("B", rng.normal(size=10))
    for by in np.linspace(0, 5, 23):
        found = verdict({**BETTER, "by": float(by)}, a, b)
        expected = "supported" if by < found.low else "refuted" if by > found.high else "undecided"
        assert found.status == expected


def test_lower_is_better_turns_the_effect():
    found = verdict(
        {"is": "A", "better_than": "B", "in": "fd", "by": 5}, runs("A", SEEDS, "fd"), runs("B", SEEDS + 20, "fd")
    )
    assert (found.status, found.effect) == ("supported", 20)


def test_relative_margins_are_shares_of_the_other():
    a, b = runs("A", 0.5 + SEEDS / 1000, "fd"), runs("B", 1 + SEEDS / 500, "fd")
    base = {"is": "A", "better_than": "B", "in": "fd"}
    found = verdict({**base, "by": "40%"}, a, b)
    assert (found.status, found.effect) == ("supported", pytest.approx(0.5, abs=0.01))
    assert verdict({**base, "by": "60%"}, a, b).status == "refuted"
    worse = {"is": "B", "not_worse_than": "A", "in": "fd"}
    assert verdict({**worse, "by": "90%"}, a, b).status == "refuted"  # it is 100 % worse


def test_non_inferiority():
    a, b = runs("A", SEEDS), runs("B", SEEDS + 1)
    base = {"is": "A", "not_worse_than": "B", "in": "modes"}
    assert verdict({**base, "by": 8}, a, b).status == "supported"
    assert verdict({**base, "by": 1}, a, b).status == "undecided"
    assert verdict({**base, "by": 1}, a, runs("B", SEEDS + 30)).status == "refuted"


def test_ordering_needs_every_neighbour_and_is_refuted_by_one():
    a, b, c = runs("A", SEEDS + 40), runs("B", SEEDS + 20), runs("C", SEEDS)
    said = {"order": ["A", "B", "C"], "in": "modes"}
    assert verdict(said, a, b, c).status == "supported"
    assert verdict(said, a, b, runs("C", SEEDS + 20)).status == "undecided"
    assert verdict({**said, "order": ["A", "C", "B"]}, a, b, c).status == "refuted"


def test_a_dead_seed_ranks_worst_and_is_not_dropped():
    """Nine excellent survivors and one dead seed against ten middling ones that live."""
    a, b = runs("A", SEEDS + 100, dead=(0,)), runs("B", SEEDS)
    found = verdict(BETTER, a, b)
    assert found.p == rank_test([([-np.inf, *(SEEDS[1:] + 100)], SEEDS)]).greater
    assert "1 dead" in found.reason
    silent = runs("A", [np.nan, *(SEEDS[1:] + 100)])  # finished, without a finite score
    assert verdict(BETTER, silent, b).p == found.p


def test_a_crash_of_the_machinery_is_no_result():
    a = runs("A", SEEDS + 100)
    a.loc[a["seed"] == 3, "outcome"] = "infra"
    found = verdict(BETTER, a, runs("B", SEEDS))
    assert (found.status, found.n) == ("incomplete", (9, 10))
    assert found.effect > 0
    assert "A on ring: 9 of 10 seeds have a value" in found.reason


def test_failures_are_fishers_exact_test_and_strata_are_exact():
    a, b = runs("A", SEEDS, dead=()), runs("B", SEEDS, dead=(0, 1, 2, 3, 4, 5))
    found = verdict({"is": "A", "fails_less_than": "B"}, a, b)
    assert found.status == "supported"
    assert found.p == pytest.approx(fisher_more(6, 10, 0, 10))
    assert found.effect == pytest.approx(0.6)
    assert found.low < 0.6 < found.high
    assert verdict({"is": "B", "fails_less_than": "A"}, a, b).status == "refuted"


def test_thresholds_are_sign_tests_of_the_median():
    a = runs("A", SEEDS)
    found = verdict({"is": "A", "in": "modes", "at_least": 1}, a)
    assert (found.status, found.effect) == ("supported", 4.5)
    assert found.p == pytest.approx(11 / 1024)
    assert verdict({"is": "A", "in": "modes", "at_most": 8}, a).status == "supported"
    assert verdict({"is": "A", "in": "modes", "at_least": 5}, a).status == "undecided"
    assert verdict({"is": "A", "in": "modes", "at_least": 20}, a).status == "refuted"
    dead = runs("A", SEEDS, dead=range(6))
    assert verdict({"is": "A", "in": "modes", "at_most": 100}, dead).status == "undecided"


def test_data_sets_are_strata_unless_one_is_named():
    frames = [runs("A", [1, 2, 3], dataset=d) for d in "xyz"] + [runs("B", [0, 0.5, 0.7], dataset=d) for d in "xyz"]
    assert verdict(BETTER, *frames).p == pytest.approx(20.0**-3)
    assert verdict({**BETTER, "on": "x"}, *frames).p == pytest.approx(1 / 20)


def test_holm_runs_over_all_claims():
    frame = pd.concat([runs("A", [4, 5, 6, 7]), runs("B", [0, 1, 2, 3])])
    lone, *_ = judge(parse({"c": BETTER}), Evidence(frame, SCORES))
    assert (lone.status, lone.p_adjusted) == ("supported", pytest.approx(1 / 70))
    many = judge(parse({f"c{k}": BETTER for k in range(3)}), Evidence(frame, SCORES))
    assert [v.p_adjusted for v in many] == pytest.approx([3 / 70] * 3)
    undecidable = judge(parse({f"c{k}": BETTER for k in range(5)}), Evidence(frame, SCORES))
    assert {v.status for v in undecidable} == {"insufficient"}
    assert "use 5 or more" in undecidable[0].reason


def test_diagnostics_and_traces_can_be_claimed():
    t = np.arange(200)
    frames = []
    for method, amplitude in (("A", 1.0), ("B", 3.0)):
        for seed in range(5):
            wave = amplitude * (1 + seed / 100) * np.sin(t / 3) + 0.001 * seed
            cell = {"dataset": "ring", "method": method, "seed": seed, "kind": "trace", "name": "loss_D"}
            frames.append(pd.DataFrame({**cell, "step": 50 * t, "value": wave, "outcome": "done"}))
    calm = {"is": "A", "better_than": "B", "in": "loss_oscillation_D"}
    assert verdict(calm, *frames).status == "supported"
    assert verdict(calm, *frames).effect == pytest.approx(2 / np.sqrt(2), rel=0.05)
    with pytest.raises(ClaimError, match="better: lower"):
        parse({"c": {**calm, "in": "loss_D"}}, scores=SCORES)
    assert verdict({**calm, "in": "loss_D", "better": "lower"}, *frames).n == (5, 5)


def test_what_cannot_be_compared_or_was_not_run():
    a, b = runs("A", SEEDS, protocol="p1"), runs("B", SEEDS, protocol="p2")
    found = verdict(BETTER, a, b)
    assert (found.status, found.reason) == ("incomparable", "on ring, protocol differs: p1 (A) vs p2 (B)")
    assert np.isnan(found.p)
    old, new = runs("A", SEEDS, data="old"), runs("B", SEEDS, data="new")
    assert verdict(BETTER, old, new).reason == "on ring, data differs: old (A) vs new (B)"
    then, now = runs("A", SEEDS + 10, torch="2.10"), runs("B", SEEDS, torch="2.11")
    told = verdict(BETTER, then, now)
    assert (told.status, told.reason) == ("supported", "torch differs: 2.10 (A) vs 2.11 (B)")
    assert verdict(BETTER, a).status == "incomplete"
    assert verdict({**BETTER, "is": "C", "better_than": "D"}, a).status == "insufficient"
    assert verdict(BETTER, runs("A", [1]), runs("B", [0])).status == "insufficient"


def test_false_support_is_held_at_alpha():
    """True nulls with ties and deaths: 80 suites of three claims, against the 99.9 % quantile of Binomial."""
    from scipy import stats

    rng = np.random.default_rng(0)
    said = parse({m: {"is": m, "better_than": "B", "in": "modes"} for m in ("A", "C", "D")})
    wrong = 0
    for _ in range(80):
        frame = pd.concat(
            [runs(m, rng.integers(0, 9, 6), dead=(0,) * int(rng.integers(2)), steps=(1,)) for m in "ABCD"]
        )
        wrong += any(v.status == "supported" for v in judge(said, Evidence(frame, SCORES)))
    assert wrong <= stats.binom.ppf(0.999, 80, 0.05)


def test_parse_reads_every_kind():
    claims = parse(
        {
            "a": {"is": "A", "better_than": "B", "in": "modes", "by": 1},
            "b": {"is": "A", "not_worse_than": "B", "in": "fd", "by": "2%", "on": "ring"},
            "c": {"order": ["A", "B"], "in": "modes"},
            "d": {"is": "A", "better_than": "B", "in": "modes", "on": ["ring", "grid*"]},
        },
        scores=SCORES,
    )
    assert [claims[3].covers(d) for d in ("ring", "grid25", "blob")] == [True, True, False]
    assert claims == [
        Superiority(name="a", measure="modes", method="A", than="B", by=Margin(1.0)),
        NonInferiority(name="b", measure="fd", on=("ring",), method="A", than="B", by=Margin(0.02, True)),
        Ordering(name="c", measure="modes", order=("A", "B")),
        Superiority(name="d", measure="modes", on=("ring", "grid*"), method="A", than="B"),
    ]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("A beats B", "expected {is: A"),
        ({"is": "A", "beter_than": "B", "in": "modes"}, "did you mean 'better_than'"),
        ({"is": "A", "in": "modes"}, "one of better_than"),
        ({**BETTER, "at_least": 3}, "found better_than and at_least"),
        ({"is": "A", "better_than": "B"}, "needs 'in'; add it"),
        ({"is": "A", "fails_less_than": "B", "by": 2}, "means nothing beside 'fails_less_than'"),
        ({**BETTER, "is": "B"}, "compared with itself"),
        ({**BETTER, "on": []}, "a data set, or a list of different ones"),
        ({**BETTER, "on": ["ring", "ring"]}, "a data set, or a list of different ones"),
        ({**BETTER, "in": "mods"}, "did you mean 'modes'"),
        ({**BETTER, "by": "lots"}, "expected a number, not 'lots'"),
        ({**BETTER, "by": -1}, "0 or more"),
        ({**BETTER, "by": "150%"}, "below 100%"),
        ({**BETTER, "better": "up"}, "lower or higher"),
        ({**BETTER, "better": "lower"}, "direction of its own"),
        ({"is": "A", "not_worse_than": "B", "in": "modes", "by": 0}, "above 0"),
        ({"order": ["A"], "in": "modes"}, "two or more different methods"),
        ({"order": ["A", "A"], "in": "modes"}, "two or more different methods"),
        ({"is": "A", "in": "modes", "at_least": True}, "expected a number"),
    ],
)
def test_a_claim_that_cannot_be_read_says_how_to_mend_it(body, message):
    with pytest.raises(ClaimError) as caught:
        parse({"mine": body}, scores=SCORES)
    assert message in str(caught.value)
    assert str(caught.value).startswith("claims.mine")
    assert "\n" not in str(caught.value)


def test_mute_designs_are_refused_with_the_number_that_would_do():
    one, other = parse({"c": BETTER, "d": {"is": "A", "in": "modes", "at_least": 1}})
    said = mute(one, seeds=3, strata=1, claims=2)
    assert said == "3 seeds can never decide one of 2 claims; use 4 or more"
    assert str(mute(other, seeds=5, strata=1, claims=2)).endswith("use 6 or more")
    assert mute(other, seeds=6, strata=1, claims=2) is None
    assert mute(one, seeds=3, strata=2, claims=2) is None


def test_a_claim_may_compare_two_data_sets():
    flat, rolled = runs("A", SEEDS, "fd", dataset="flat"), runs("A", SEEDS + 20, "fd", dataset="rolled")
    said = {"is": "A", "on": "flat", "better_than": "A", "than_on": "rolled", "in": "fd"}
    found = verdict(said, flat, rolled)
    assert (found.status, found.effect, found.n) == ("supported", 20, (10, 10))
    assert found.claim.methods == ("A", "A")
    assert verdict({**said, "on": "rolled", "than_on": "flat"}, flat, rolled).status == "refuted"
    assert verdict(said, flat).status == "incomplete"
    with pytest.raises(ClaimError, match="name the first one, and no other, with 'on'"):
        parse({"c": {k: v for k, v in said.items() if k != "on"}}, scores=SCORES)
    assert verdict(said, flat.assign(device="cpu"), rolled.assign(device="cuda")).status == "incomparable"
    assert (
        verdict(said, flat.assign(protocol="p1"), rolled.assign(protocol="p2")).status == "supported"
    )  # of other data


def test_dispersion_over_seeds_can_be_claimed():
    tight, wide = runs("A", 5 + SEEDS / 100), runs("B", 3 * SEEDS)
    found = verdict({"is": "A", "better_than": "B", "in": "modes_deviation"}, tight, wide)
    assert found.status == "supported"
    assert found.effect == pytest.approx(7.5, abs=1.5)


def test_a_collapsed_seed_keeps_its_number_and_counts_as_failed():
    a, b = runs("A", SEEDS + 10), runs("B", SEEDS)
    b.loc[b["seed"] < 6, "outcome"] = "collapsed"
    assert verdict(BETTER, a, b).p == rank_test([(SEEDS + 10, SEEDS)]).greater
    fails = verdict({"is": "A", "fails_less_than": "B"}, a, b)
    assert (fails.p, fails.reason) == (pytest.approx(fisher_more(6, 10, 0, 10)), "B: 6 failed")


def test_a_diagnostic_is_guarded_by_the_protocol_of_its_score():
    a, b = runs("A", SEEDS, protocol="p1"), runs("B", 3 * SEEDS, protocol="p1")
    other = [runs(m, SEEDS, name="fd", protocol="p9") for m in "AB"]
    said = {"is": "A", "better_than": "B", "in": "modes_deviation"}
    assert verdict(said, a, b, *other).status == "supported"
    assert verdict(said, a, runs("B", 3 * SEEDS, protocol="p2"), *other).status == "incomparable"
