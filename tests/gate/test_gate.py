"""The gate on cells whose truth is known."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from bench.gate import Line, Rule, Values, Waiver, checks_of, gate, margin
from bench.gate.baseline import Baseline, BaselineValues
from bench.stats import Measure, fisher_more, robust_sd
from bench.suite.waivers import CellMetric

UP, LOG = Measure(higher_is_better=True), Measure(higher_is_better=False, scale="log")
RNG = np.random.default_rng(0)
BASE = RNG.normal(size=20)
NAN = float("nan")


def pool(values=BASE, method="GAN", metric="modes", measure=UP, **more):
    return BaselineValues(CellMetric("ring", method, metric), tuple(values), tuple(range(len(values))), measure, **more)


def baseline(*pools, **more):
    return Baseline({p.key: p for p in pools or (pool(),)}, **more)


def runs(values, method="GAN", metric="modes", first=0, **more):
    return pd.DataFrame(
        [
            {
                "dataset": "ring", "method": method, "seed": first + k, "step": 10, "kind": "score", "name": metric,
                "value": v, "outcome": "diverged" if np.isnan(v) else "done", **more,
            }
            for k, v in enumerate(values)
        ]
    )  # fmt: skip


def fresh(make):
    """A `run_fresh` that remembers what it was asked."""
    asked = []

    def run(cell, seeds):
        asked.append((cell, tuple(seeds)))
        return runs([make() for _ in seeds], cell.method, first=seeds[0])

    run.asked = asked
    return run


def verdicts(report, *kinds):
    """Of the rows about values, or about what is named."""
    return [row.verdict for row in report.rows if row.kind in (kinds or ("values", "ratio"))]


def told(report, kind="values"):
    return next(row for row in report.rows if row.kind == kind)


def test_a_real_loss_is_screened_confirmed_and_fails():
    run = fresh(lambda: RNG.normal() - 6)
    report = gate(runs(RNG.normal(size=5) - 6), baseline(), {"modes": 0.0}, run_fresh=run)
    assert verdicts(report) == ["regression"]
    row = told(report)
    assert row.p_all < row.p_screen  # all 45 seeds decide
    assert row.p_adjusted == pytest.approx(3 * row.p_all)
    assert report.exit_code() == 1
    assert told(report).effect == pytest.approx(-6, abs=1.5)
    assert run.asked == [(("ring", "GAN"), tuple(range(20, 20 + Rule().fresh)))]  # seeds that nobody has used


def test_bad_luck_is_screened_and_not_confirmed():
    report = gate(runs(BASE[:5] - 6), baseline(), {"modes": 0.0}, run_fresh=fresh(lambda: RNG.normal()))
    assert verdicts(report) == ["pass"]
    assert "don't confirm" in told(report).reason
    assert report.exit_code() == 0


def test_without_fresh_seeds_it_stays_suspicious():
    report = gate(runs(BASE[:5] - 6), baseline(), {"modes": 0.0})
    assert verdicts(report) == ["suspicious"]
    assert (report.exit_code(), report.exit_code(strict=True)) == (3, 1)


def test_a_pass_runs_nothing_again_and_a_gain_is_a_change():
    run = fresh(lambda: 0.0)
    assert verdicts(gate(runs(BASE[:5]), baseline(), {"modes": 0.0}, run_fresh=run)) == ["pass"]
    assert verdicts(gate(runs(BASE[:5] + 9), baseline(), {"modes": 0.0}, run_fresh=run)) == ["changed"]
    assert run.asked == []


def test_a_loss_within_the_margin_passes():
    candidate = runs(BASE[:5] - 3)
    assert verdicts(gate(candidate, baseline(), {"modes": 0.0})) == ["suspicious"]
    assert verdicts(gate(candidate, baseline(), {"modes": 4.0})) == ["pass"]


def test_margin_is_half_a_robust_deviation_or_the_stated_minimum():
    rule = Rule()
    assert margin(pool(), 0.0, rule) == pytest.approx(0.5 * robust_sd(BASE))
    assert margin(pool([1.0, 1.0]), 0.25, rule) == 0.25
    assert margin(pool([*BASE, NAN]), 0.0, rule) == margin(pool(), 0.0, rule)
    log = pool(np.exp(BASE), measure=LOG)
    assert margin(log, 0.0, rule) == pytest.approx(margin(pool(), 0.0, rule))
    assert margin(pool([2.0, 2.0], measure=LOG), 1.0, rule) == pytest.approx(np.log(1.5))


@pytest.mark.parametrize("bad", [-50.0, -1e20])
def test_a_few_bad_seeds_of_the_baseline_do_not_disarm_a_cell(bad):
    """A plain SD made a margin of 7 deviations of two such seeds of 20, and of one at -1e20 a tie of all others."""
    spoilt = pool([*BASE[:18], bad, bad])
    assert margin(spoilt, 0.0, Rule()) <= 1.3 * margin(pool(), 0.0, Rule())
    lost = gate(runs(BASE[:5] - 6), baseline(spoilt), {"modes": 0.0}, run_fresh=fresh(lambda: RNG.normal() - 6))
    assert told(lost).verdict == "regression"


def test_margin_is_never_more_than_half_the_way_to_the_null():
    q = 0.1 + 0.2 * BASE  # hardly better than the null, which reads 0
    far, near = pool(q, null=-100.0), pool(q, null=0.0)
    assert margin(far, 0.0, Rule()) == margin(pool(q), 0.0, Rule())
    assert margin(near, 0.0, Rule()) == pytest.approx(np.median(q) / 2)
    assert margin(near, 5.0, Rule()) == pytest.approx(np.median(q) / 2)  # of a stated one too
    worse = pool(q, null=1.0)  # the cell is worse than the null: there is no way to go
    assert margin(worse, 0.0, Rule()) == margin(pool(q), 0.0, Rule())
    distance = pool([1.0, 2.0, 4.0], measure=LOG, null=3.0)
    assert margin(distance, 0.0, Rule()) == pytest.approx(0.5 * np.log(3 / 2))


def test_a_dead_seed_is_the_worst_value():
    deaths, question, spread = checks_of(Line(pool(), deaths=True), Rule())
    values = BASE[:5].copy()
    values[0] = NAN
    far = BASE[:5].copy()
    far[0] = -1e9
    assert (deaths.kind, question.kind, spread.kind) == ("deaths", "values", "spread")
    assert question.worse(values) == question.worse(far)


def test_dying_seeds_are_found_though_the_values_of_the_rest_are_fine():
    """2 of 5 and 16 of 40 where the baseline lost none of 30."""
    healthy = baseline(pool(RNG.normal(size=30)))
    candidate = RNG.normal(size=5)
    candidate[:2] = NAN
    turns = iter(range(1000))
    run = fresh(lambda: NAN if next(turns) % 5 < 2 else RNG.normal())
    report = gate(runs(candidate, first=100), healthy, {"modes": 0.0}, run_fresh=run)
    assert told(report, "deaths").verdict == "regression"
    assert report.exit_code() == 1


def test_one_death_of_ten_is_looked_into_with_twice_as_many_seeds():
    """And the other questions of the cell with their own."""
    healthy = baseline(pool(RNG.normal(size=60)))
    candidate = np.array([NAN, *RNG.normal(size=9)])
    rule, turns = Rule(), iter(range(1000))
    run = fresh(lambda: NAN if next(turns) % 5 == 0 else RNG.normal())
    report = gate(runs(candidate, first=100), healthy, {"modes": 0.0}, rule=rule, run_fresh=run)
    assert [len(seeds) for _, seeds in run.asked] == [rule.fresh_failures] == [80]
    assert told(report, "deaths").verdict == "regression"
    assert told(report, "deaths").p_all == pytest.approx(fisher_more(17, 90, 0, 60))
    passed = gate(runs(candidate, first=100), healthy, {"modes": 0.0}, run_fresh=fresh(RNG.normal))
    assert told(passed, "deaths").verdict == "pass"


def test_seeds_that_scatter_three_times_as_much_are_found():
    """At the same median; and those that scatter less are no fault."""
    still = baseline(pool(RNG.normal(size=30)))
    wide = gate(
        runs([-4.0, -3.0, 0.0, 3.0, 4.0], first=100), still, {"modes": 0.0}, run_fresh=fresh(lambda: 3 * RNG.normal())
    )
    assert told(wide, "spread").verdict == "regression"
    narrow = gate(runs(0.1 * RNG.normal(size=5), first=100), still, {"modes": 0.0})
    assert told(narrow, "spread").verdict == "pass"


def test_where_the_baseline_often_dies_deaths_and_survivors_are_asked_apart():
    half = BASE.copy()
    half[:6] = NAN
    deaths, survivors, _ = checks_of(Line(pool(half), deaths=True), Rule())
    assert (deaths.kind, survivors.kind) == ("deaths", "survivors")
    all_dead = np.full(10, NAN)
    assert deaths.worse(all_dead) == fisher_more(10, 10, 6, 20)
    report = gate(runs(all_dead), baseline(pool(half)), {"modes": 0.0}, run_fresh=fresh(lambda: NAN))
    found = {row.kind: row.verdict for row in report.rows}
    assert found == {"deaths": "regression", "survivors": "insufficient"}
    same = runs([NAN, NAN, NAN, *half[6:13]])
    assert verdicts(gate(same, baseline(pool(half)), {"modes": 0.0}), "deaths", "survivors") == ["pass", "pass"]


@pytest.mark.parametrize("column", ["protocol", "precision", "device"])
def test_what_differs_is_incomparable(column):
    known = {"protocols": {"ring": {"modes": "then"}}} if column == "protocol" else {}
    more = {} if column == "protocol" else {column: "then"}
    report = gate(runs(BASE[:5] - 9, **{column: "now"}), baseline(pool(**more), **known), {"modes": 0.0})
    assert verdicts(report) == ["incomparable"]
    assert report.rows[0].reason == f"{column} differs: then (the baseline) vs now (now)"
    assert report.exit_code() == 3
    same = gate(runs(BASE[:5], **{column: "then"}), baseline(pool(**more), **known), {"modes": 0.0})
    assert verdicts(same) == ["pass"]


def test_other_data_are_no_regression():
    known = replace(baseline(pool()), cells={"ring": {"GAN": {"data": "image_folder of content aa"}}})
    report = gate(runs(BASE[:5] - 9, data="image_folder of content bb"), known, {"modes": 0.0})
    assert verdicts(report) == ["incomparable"]
    assert (
        report.rows[0].reason
        == "data differs: image_folder of content aa (the baseline) vs image_folder of content bb (now)"
    )
    assert verdicts(gate(runs(BASE[:5], data="image_folder of content aa"), known, {"modes": 0.0})) == ["pass"]


def test_what_was_not_run_is_incomplete_and_what_is_new_has_no_baseline():
    report = gate(runs(BASE[:5], "EDM"), baseline(), {"modes": 0.0})
    assert {(r.key.method, r.verdict) for r in report.rows} == {("GAN", "incomplete"), ("EDM", "insufficient")}
    assert report.exit_code() == 4
    broken = runs(BASE[:5])
    broken.loc[0, "outcome"] = "infra"
    assert verdicts(gate(broken, baseline(), {"modes": 0.0})) == ["incomplete"]


def test_a_confirmation_that_breaks_is_incomplete():
    def half(cell, seeds):
        return runs([0.0] * 5, first=seeds[0])

    report = gate(runs(BASE[:5] - 9), baseline(), {"modes": 0.0}, run_fresh=half)
    assert (verdicts(report), told(report).reason) == (
        ["incomplete"],
        f"5 of {Rule().fresh} fresh seeds have a result",
    )


def test_a_design_that_cannot_speak_is_insufficient():
    few = gate(runs([-9.0]), baseline(pool(BASE[:5])), {"modes": 0.0})
    assert verdicts(few) == ["insufficient"]
    assert "can never look worse" in told(few).reason
    pools = [pool(BASE[:2], method=f"m{k}") for k in range(60)]
    many = gate(pd.concat([runs(BASE[:9] - 9, f"m{k}") for k in range(60)]), baseline(*pools), {"modes": 0.0})
    assert set(verdicts(many)) == {"insufficient"}
    assert "can never confirm one of 180 tests" in told(many).reason


def test_other_metrics_are_shown_and_never_fail():
    pools = (pool(), pool(metric="extra"))
    candidate = pd.concat([runs(BASE[:5]), runs(BASE[:5] - 50, metric="extra")])
    report = gate(candidate, baseline(*pools), {"modes": 0.0})
    assert verdicts(report) == ["pass", "shown"]
    assert next(r for r in report.rows if r.verdict == "shown" and r.kind == "values").q < 0.01
    assert (report.exit_code(), report.tests) == (0, 3)


def test_nothing_selected():
    assert gate(runs(BASE[:5]), Baseline({}), {}).exit_code() == 5


def test_a_negative_value_on_a_log_scale_is_said_not_raised():
    report = gate(runs(BASE[:5]), baseline(pool(BASE, measure=LOG)), {"modes": 0.0})
    assert verdicts(report) == ["insufficient"]
    assert "negative" in report.rows[0].reason


def test_waivers_hold_until_their_day():
    waiver = Waiver(CellMetric("ring", "GAN", "modes"), date(2026, 3, 1), "known, see issue 12")
    bad = runs(BASE[:5] - 9)

    def on(day, method="GAN"):
        accepted = [Waiver(waiver.key._replace(method=method), waiver.until, waiver.reason)]
        run = fresh(lambda: RNG.normal() - 9)
        return gate(bad, baseline(), {"modes": 0.0}, run_fresh=run, waivers=accepted, today=day)

    held, ended, other = on(date(2026, 3, 1)), on(date(2026, 3, 2)), on(date(2026, 3, 1), "EDM")
    assert (verdicts(held), held.exit_code()) == (["waived"], 0)
    assert "known, see issue 12" in told(held).reason
    assert (verdicts(ended), ended.exit_code()) == (["regression"], 1)
    assert "ended on 2026-03-01" in told(ended).reason
    assert verdicts(other) == ["regression"]


def test_a_question_is_one_test_both_ways():
    question = Values(CellMetric("d", "m", "x"), pool(), 0.5)
    values = RNG.normal(size=5)
    mirrored = Values(CellMetric("d", "m", "x"), pool(-BASE), 0.5)
    assert question.worse(values) == pytest.approx(mirrored.better(-values))
