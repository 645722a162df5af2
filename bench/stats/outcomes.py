"""How a seed can end: one row an outcome, best first, and every rule about outcomes that follows from the rows.

An outcome is its seed's own, or its block's: what cut a block short, or kept it from coming to a result, holds for all
of its seeds that had not diverged before. A new outcome is one row here, and the line that tells it
(`evaluation/outcomes.py` of a seed, `running/seed_block.py` of a block).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

DONE = "done"  # the status of a block whose seeds say themselves how they ended: ok, if they say nothing


@dataclass(frozen=True)
class Outcome:
    """One way to end, and what follows from it."""

    name: str  # as records have it
    means: str  # one line
    failure: bool = False  # of training
    unstable: bool = False  # a failure that is an instability: unlearned at a short budget is none
    judged: bool = True  # whether it is known to be ok or failed
    number: bool = True  # whether the seed has a last number; one without ranks worst
    of_block: bool = False  # the block's, not the seed's: it is the status of the record too
    result: bool = True  # says something about the method; what does not is missing, neither ok nor failed
    again: bool = False  # the next run tries the block again
    planned: bool = False  # what the suite itself asked for: no mishap
    group: str = ""  # several outcomes that are shown as one
    color: str = ""  # of its bar
    hatch: str = ""
    mark: str = ""  # on a curve's end, a marker of matplotlib's

    @property
    def shown(self) -> str:
        """The word that tables and figures have for it."""
        return self.group or self.name


_Unstable = partial(Outcome, failure=True, unstable=True)
_CutShort = partial(
    Outcome, failure=True, number=False, of_block=True, group="cut short", color="#949494", hatch="...", mark="^"
)
_NoResult = partial(Outcome, number=False, of_block=True, result=False)

# fmt: off
OK = Outcome("ok", "reached its quality and kept it", color="#8fbcdb")
UNJUDGED = Outcome("unjudged", "alive, its quality not known: neither ok nor failed", judged=False, color="#eef3f7", hatch="oo")
UNLEARNED = Outcome("unlearned", "never reached its quality", failure=True, color="#d9d9d9", hatch="---", mark="v")
MODE_DROPPING = _Unstable("mode-dropping", "ended on too few of the modes", color="#ecc94b", hatch="\\\\\\", mark="s")
COLLAPSED = _Unstable("collapsed", "reached its quality and lost it for good", color="#de8f05", hatch="///", mark="o")
DIVERGED = _Unstable("diverged", "its numbers stopped being finite", number=False, color="#a3361e", hatch="xxx", mark="x")
TIMEOUT = _CutShort("timeout", "its block came to the suite's time limit", planned=True)
OOM = _CutShort("oom", "its block ran out of memory", again=True)
ERROR = _NoResult("error", "a bug in what was run")
INFRA = _NoResult("infra", "the machine failed, or the data can't be had", again=True)
INTERRUPTED = _NoResult("interrupted", "stopped by hand", again=True)
SKIPPED = _NoResult("skipped", "left out by the suite", again=True, planned=True)
# fmt: on

OUTCOMES = tuple(row for row in list(globals().values()) if isinstance(row, Outcome))  # in the order above
_BY_NAME = {row.name: row for row in OUTCOMES} | {DONE: OK}


def _names(rows: Iterable[Outcome]) -> tuple[str, ...]:
    return tuple(row.name for row in rows)


SOUND = frozenset(_names(row for row in OUTCOMES if row.result and not row.failure))  # not known to have failed
ALIVE = frozenset(_names(row for row in OUTCOMES if row.number))  # they keep their numbers, failed or not
DEAD = frozenset(_names(row for row in OUTCOMES if row.result and not row.number))  # results that rank worst
WORST_FIRST = [
    row for block in (False, True) for row in reversed(OUTCOMES) if row.of_block is block
]  # seeds', then blocks'
FAILURES = tuple(dict.fromkeys(row.shown for row in WORST_FIRST if row.failure))  # as shown
UNSTABLE = tuple(row.shown for row in WORST_FIRST if row.unstable)
WITHOUT_NUMBER = frozenset(row.shown for row in OUTCOMES if row.name in DEAD)  # as shown


def outcome(name: object) -> Outcome:
    """The row of an outcome, or of a block's status. Raises ValueError, one line, for a name that has none."""
    if isinstance(name, str) and name in _BY_NAME:
        return _BY_NAME[name]
    raise ValueError(f"no outcome is called {name!r}: outcomes are {', '.join(_names(OUTCOMES))}")


def ended(own: object, status: object) -> Outcome:
    """How a seed ended, from what its record says of it (None: nothing) and from the status of its block.

    In a block that was cut short, or that came to no result, every seed ended as the block did; only a seed of a block cut
    short that had diverged before then diverged. Elsewhere a seed that says nothing ended as its block. Raises ValueError.
    """
    block = outcome(status)
    seed = block if own is None else outcome(own)
    if block.of_block:
        return seed if block.result and seed is DIVERGED else block
    return seed


def in_order(names: Iterable[str]) -> list[str]:
    """Names of outcomes, each once, in the order in which they are shown. Raises ValueError."""
    return sorted(set(names), key=lambda name: OUTCOMES.index(outcome(name)))
