"""The rule of the gate: when a cell is run again, on how many fresh seeds, and what decides."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """Screen, then confirm on fresh seeds; Holm runs over all tests of the invocation, confirmed or not.

    How many fresh seeds it takes, by simulation: 2500 nights of 60 tests, 5 seeds of the candidate, three cells
    shifted by 2 or 3 between-seed standard deviations, normal seeds, margin 0.5 SD. The false alarms are those of a
    night with all 60 cells exactly at the margin, where a rule's level shows (a quiet night has fewer).

    | baseline seeds | fresh | power at 2 SD | at 3 SD | P(any false alarm) | runs a night |
    |---|---|---|---|---|---|
    | 20 | 10 | .58 | .99 | .001 | 336 |
    | 20 | 20 | .82 | 1.0 | .001 | 373 |
    | 20 | 30 | .88 | 1.0 | .001 | 409 |
    | 20 | 40 | .90 | 1.0 | .001 | 446 |
    | 30 | 20 | .89 | 1.0 | .000 | 369 |
    | 40 | 20 | .93 | 1.0 | .000 | 371 |

    Holm over the confirmed tests alone would ask for ten fresh seeds only, and would not hold its level: the fresh
    seeds meet the very baseline draw that the screen picked as a lucky one (.16 false alarms at the margin).
    """

    screen: float = 0.10  # a cell that looks worse at this level is run again
    alpha: float = 0.05  # P(any false regression) of an invocation, Holm over all of its tests
    sds: float = 0.5  # the margin, in standard deviations of the baseline's living seeds
    fresh: int = 40  # seeds of a confirmation; only cells that the screen picked are run again
    fails_often: float = 0.20  # a baseline that loses this share of its seeds is asked about deaths and survivors apart


DEFAULT = Rule()
