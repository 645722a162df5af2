"""What a metric measured is what it says that it can be, or it has broken; one seed's overflow is no fault of the metric."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor

from bench.evaluation.evaluator import Evaluator
from tests.evaluation.test_evaluator import ALIVE, DATA, Fussy, table


@dataclass(frozen=True, kw_only=True)
class Share(Fussy):
    """A share of a whole, by a wrong formula."""

    bounds: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def names(self) -> tuple[str, ...]:
        return ("share",)

    def measure(self, fake: Tensor, real: Any) -> Mapping[str, Tensor]:
        return {"share": fake.double().mean((1, 2))}


def test_a_value_outside_its_own_bounds_is_an_error_of_the_metric() -> None:
    """Not beyond a rounding, and a metric of no bounds may read anything."""
    evaluator, errors = Evaluator(DATA, [Share(n=50), Fussy(n=50)]), dict[str, str]()
    found = table(evaluator(torch.full((1, 50, 2), 1.5), ALIVE[:1], errors))
    assert found == {(0, "fussy"): 1.5}
    assert "share = 1.5 lies outside its bounds, 0 to 1" in errors["share"]
    assert table(evaluator(torch.full((1, 50, 2), 1 + 1e-6), ALIVE[:1]))[0, "share"] == pytest.approx(1 + 1e-6)


class Odd(Fussy):
    scale: ClassVar[Any] = "log"

    def measure(self, fake: Tensor, real: Any) -> Mapping[str, Tensor]:
        return {"fussy": fake[:, 0, 0].double()}


def test_a_value_without_a_logarithm_on_a_log_scale_is_an_error_of_the_metric() -> None:
    """Else its record could not be read again."""
    evaluator, errors = Evaluator(DATA, [Odd(n=50)]), dict[str, str]()
    assert not evaluator(torch.full((1, 50, 2), -1e-9), ALIVE[:1], errors)
    assert "has no logarithm, and its scale is 'log'" in errors["fussy"]


def test_a_value_too_large_to_be_squared_is_none_as_an_infinite_one_is() -> None:
    """Of one seed; its neighbours keep theirs."""
    samples = torch.full((2, 50, 2), 1.5, dtype=torch.float64)
    samples[0] = 1e200
    assert table(Evaluator(DATA, [Odd(n=50)])(samples, ALIVE[:2])) == {(0, "fussy"): None, (1, "fussy"): 1.5}
