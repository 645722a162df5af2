"""How a law says that it is broken, or that it can't be tried."""

from __future__ import annotations


class LawBroken(AssertionError):
    """A law that does not hold; the message says what was seen, in one line."""


class NotTried(Exception):
    """A law that can't be tried here: what is missing."""


def hold(condition: bool, why: str) -> None:
    """Raises LawBroken unless it holds."""
    if not condition:
        raise LawBroken(why)
