"""What every cell of a suite may spend, in a currency that methods share: `train: {budget: {gradients: 60000}}`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bench.stats.comparable import CURRENCIES

CLOCK = (
    "seconds buy another number of steps on every machine and in every run, so that no two numbers would be comparable: "
    "give gradients, and read the seconds in the results ('timeout' ends what takes too long)"
)


MOST = 10**18


@dataclass(frozen=True)
class Budget:
    """So much of a currency, for each seed. A step's price in each is counted by running/spend.py."""

    currency: str  # updates | gradients | samples
    amount: int

    def __post_init__(self) -> None:
        if self.currency not in CURRENCIES:
            why = CLOCK if self.currency == "seconds" else f"'{self.currency}' is none of {', '.join(CURRENCIES)}"
            raise ValueError(f"budget: {why}" + "; steps are 'steps'" * (self.currency == "steps"))
        if isinstance(self.amount, bool) or not isinstance(self.amount, int) or self.amount < 1:
            raise ValueError(f"budget: expected a whole number of {self.currency}, at least 1, not {self.amount!r}")
        if self.amount > MOST:
            raise ValueError(
                f"budget: {self.amount} {self.currency} are more than any machine has time for: at most {MOST}"
            )

    @classmethod
    def of(cls, written: Any) -> Budget:
        """`{gradients: 60000}` as a suite has it. Raises ValueError, one line."""
        if not isinstance(written, Mapping) or len(written) != 1:
            raise ValueError(
                f"budget: expected one currency and an amount, as in {{gradients: 60000}}, not {written!r}"
            )
        ((currency, amount),) = written.items()
        return cls(str(currency), amount)

    def steps(self, price: int) -> int:
        """How many steps of a price it pays for. Raises ValueError where it is none."""
        if price > self.amount:
            raise ValueError(f"a step costs {price} {self.currency}, and the budget is {self.amount}")
        return self.amount // price
