"""Whether numbers may stand beside one another: one rule and one wording for tables, figures, claims, gate and history.

Two numbers are compared only where all that they were made under is the same. What is not known of one is no difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias, TypeVar

Made: TypeAlias = Mapping[str, str]  # what of ALL -> value; absent or '' where it is not known
Spent: TypeAlias = Mapping[str, tuple[float, float]]  # currency -> (total, of one step); empty where it is not known

Name = TypeVar("Name")

CURRENCIES = ("updates", "gradients", "samples")  # of budgets; steps are one as well
PROTOCOL = "protocol"
BUDGET = "budget"
PRECISION = "precision"
RUN = ("data", PRECISION, "device")  # of a whole run; of data the content, of devices the kind
ALL = ("data", BUDGET, PROTOCOL, PRECISION, "device")
VERSIONS = "torch"  # its release: told, and no reason to keep numbers apart


def differences(sides: Iterable[tuple[str, Made]], of: Sequence[str] = ALL) -> tuple[str, ...]:
    """`device differs: cpu (GAN, EDM) vs cuda (VAE)`, for each thing in which sides (name, what it was made under) differ."""
    sides, told = list(sides), []
    for what in of:
        named: dict[str, dict[str, None]] = {}  # names in their order, each once
        for name, made in sides:
            if value := made.get(what, ""):
                named.setdefault(value, {})[name] = None
        if len(named) > 1:
            told.append(
                f"{what} differs: " + " vs ".join(f"{value} ({', '.join(who)})" for value, who in named.items())
            )
    return tuple(told)


def agree(spent: Sequence[Spent]) -> bool:
    """Whether budgets are one: in some currency that all know they are the same to a step. What is not known agrees."""
    spent = [one for one in spent if one]
    if len(spent) < 2:
        return True
    for currency in set.intersection(*map(set, spent)):
        totals = [one[currency][0] for one in spent]
        if max(totals) - min(totals) < max(one[currency][1] for one in spent):
            return True
    return False


def classes(spent: Mapping[Name, Spent]) -> dict[Name, Name]:
    """For every name the first one with whose budget, and that of all that share it, its own agrees.

    What is not known joins the others where theirs are all one, and stands alone elsewhere.
    """
    found: dict[Name, list[Name]] = {}
    for name in (name for name in spent if spent[name]):
        first = next((k for k, those in found.items() if agree([spent[n] for n in (*those, name)])), name)
        found.setdefault(first, []).append(name)
    if unknown := [name for name in spent if not spent[name]]:
        found.setdefault(next(iter(found)) if len(found) == 1 else unknown[0], []).extend(unknown)
    return {name: first for first, those in found.items() for name in those}
