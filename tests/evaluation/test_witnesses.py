"""What a metric can tell is told by samples that are wrong in a known way."""

from __future__ import annotations

from dataclasses import replace
from math import isnan

import pytest
import torch

from bench.data.base import Data
from bench.data.digits import Digits
from bench.data.ring import Ring
from bench.evaluation.evaluator import Evaluator
from bench.evaluation.outcomes import quality_rows
from bench.evaluation.references import Reference, stored
from bench.evaluation.witnesses import copies, half, null_samples, widest
from bench.plugins import find
from bench.training.loop import Row

RING = Ring(n=2000, held_out=2000).load()


def reference(word: str, data: Data = RING, **options: object) -> Reference:
    score = find("metrics", word)(n=1000, **options)
    return Evaluator(data, [score]).references()[score.names()[0]]


@pytest.mark.parametrize("word", ["modes_occupied", "frechet"])
def test_what_only_sees_what_is_missing_tells_by_the_half(word: str) -> None:
    """A Gaussian of the ring's moments occupies all modes and has its first two moments."""
    one = reference(word)
    assert one.tells
    assert not one.tells_null
    assert one.poor == one.half


@pytest.mark.parametrize("word", ["high_quality_rate", "precision", "density", "in_between_rate"])
def test_what_only_sees_form_tells_by_the_null(word: str) -> None:
    one = reference(word)
    assert one.tells_null
    assert one.poor == one.null


def test_repeats_are_told_by_the_copies() -> None:
    one = reference("duplicates")
    assert (one.null, one.half, one.copies) == (0, 0, 1)
    assert one.tells
    assert one.poor == one.copies


def test_recall_on_digits_tells() -> None:
    digits = Digits().load()
    score = find("metrics", "recall")(n=500, space="digits")
    one = Evaluator(digits, [score]).references()["recall_digits"]
    assert one.tells
    assert one.half < 0.7 < one.whole


def test_one_mode_can_not_be_missing() -> None:
    one = reference("modes_covered", find("datasets", "anisotropic")().load())
    assert (one.mean, one.null, one.half, one.copies) == (1, 1, 1, 1)
    assert not one.tells


def test_quality_needs_the_null_itself() -> None:
    """Where the data is Gaussian the null is the data; the half tells, and still there is no zero of quality."""
    data = find("datasets", "anisotropic")().load()
    score = find("metrics", "mmd_multiscale")(n=1000)
    one = Evaluator(data, [score]).references()
    assert one["mmd_multiscale"].tells
    assert not one["mmd_multiscale"].tells_null
    assert quality_rows([Row(0, 1, "mmd_multiscale", 0.0)], one) == []


def test_the_half_is_one_side_of_the_widest_direction() -> None:
    source = torch.Generator().manual_seed(0)
    x = torch.randn(1001, 3, generator=source) * torch.tensor([1.0, 5.0, 2.0])
    direction = widest(x.double() - x.double().mean(0))
    assert direction is not None
    assert direction[1].abs() > 0.99
    part = half(Data(x=x, held_out=x[:500]))
    assert part is not None
    assert (len(part.x), len(part.held_out)) == (501, 250)
    gone = x[:, 1].sort().values[501:]
    assert part.x[:, 1].max() < gone[len(gone) // 10]  # up to the little by which the direction leans
    rows = {tuple(row) for row in x.tolist()}
    assert all(tuple(row) in rows for row in part.x.tolist())


def test_data_without_extent_has_no_half() -> None:
    assert half(Data(x=torch.ones(9, 2), held_out=torch.ones(9, 2))) is None


def test_copies_are_training_samples_ten_times_each() -> None:
    kinds, counts = copies(RING, 1003).unique(dim=0, return_counts=True)
    assert len(kinds) == 100
    assert set(counts.tolist()) <= {10, 11}
    assert {tuple(row) for row in kinds.tolist()} <= {tuple(row) for row in RING.x.tolist()}
    assert copies(RING, 3).shape == (3, 2)
    assert not torch.equal(copies(RING, 1003, 1), copies(RING, 1003, 0))


def test_the_null_has_two_moments_of_the_data() -> None:
    x = null_samples(replace(RING, x=RING.x * torch.tensor([3.0, 1.0]) + 7), 20_000).double()
    assert torch.allclose(x.mean(0), torch.tensor([7.0, 7.0], dtype=torch.float64), atol=0.08)
    assert x.var(0)[0] / x.var(0)[1] == pytest.approx(9, rel=0.1)


DRAWS = {"real": [1.0, 1.1, 0.9, 1.0], "null": [1.0] * 4, "half": [0.5] * 4, "copies": [1.0] * 4}


def test_a_half_that_reads_better_than_the_whole_is_no_witness() -> None:
    assert Reference.of(DRAWS, True, sign=1).poor == 0.5
    assert isnan(Reference.of(DRAWS, True, sign=-1).half)
    assert not Reference.of(DRAWS, True, sign=-1).tells
    assert Reference.of(DRAWS, True, sign=0).tells


def test_the_half_is_compared_with_as_many_real_samples() -> None:
    """The first draw of real data has more samples, and reads otherwise for that alone."""
    unlike = {**DRAWS, "real": [9.0, 0.5, 0.6, 0.4]}
    one = Reference.of(unlike, alike=False, sign=1)
    assert one.whole == pytest.approx(0.5)
    assert one.poor == one.null  # the floor is the first draw's
    assert not Reference.of({**unlike, "null": [9.0] * 4}, alike=False, sign=1).tells


def test_a_draw_without_a_number_leaves_no_witness() -> None:
    assert isnan(Reference.of({**DRAWS, "half": [0.5, None, 0.5, 0.5]}, True, sign=1).poor)


def test_a_record_keeps_what_it_tells() -> None:
    one = Reference.of(DRAWS, True, sign=1)
    assert stored({"references": {"m": one.as_record()}, "floors": {"m": one.real}}, "m") == one
    before = {k: v for k, v in one.as_record().items() if k in ("real", "deviation", "null")}
    old = stored({"references": {"m": before}, "floors": {"m": one.real}}, "m")
    assert old is not None
    assert isnan(old.half)
