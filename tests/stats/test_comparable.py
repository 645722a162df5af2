"""One rule and one wording: what may stand beside one another."""

from __future__ import annotations

from bench.stats.comparable import agree, classes, differences


def steps(count: float, gradients: float) -> dict[str, tuple[float, float]]:
    return {"steps": (count, 1.0), "gradients": (count * gradients, gradients)}


def test_what_differs_names_who() -> None:
    sides = [
        ("GAN", {"device": "cpu", "data": "a"}),
        ("EDM", {"device": "cuda", "data": "a"}),
        ("VAE", {"device": "cpu"}),
    ]
    assert differences(sides) == ("device differs: cpu (GAN, VAE) vs cuda (EDM)",)
    assert differences(sides, ("data",)) == ()


def test_what_is_not_known_is_no_difference() -> None:
    assert differences([("GAN", {"precision": ""}), ("EDM", {"precision": "float32"}), ("VAE", {})]) == ()


def test_a_side_may_differ_from_itself() -> None:
    assert differences([("GAN", {"data": "x"}), ("GAN", {"data": "y"})]) == ("data differs: x (GAN) vs y (GAN)",)


def test_budgets_agree_in_one_currency_to_a_step() -> None:
    assert agree([steps(100, 2), steps(100, 5)])  # as many steps
    assert agree([steps(100, 2), steps(40, 5)])  # as many gradients
    assert agree([steps(101, 2), steps(40, 5)])  # 202 and 200: a step of the other buys 5
    assert not agree([steps(103, 2), steps(40, 5)])
    assert not agree([steps(100, 2), steps(100, 5), steps(40, 5)])  # pairs agree, but in no currency all three
    assert agree([steps(20, 2), {}])


def test_classes_are_named_by_their_first() -> None:
    spent = {"A": steps(100, 2), "B": steps(40, 5), "C": steps(600, 2), "D": steps(100, 5), "E": steps(600, 1)}
    assert classes(spent) == {"A": "A", "B": "A", "C": "C", "D": "D", "E": "C"}
