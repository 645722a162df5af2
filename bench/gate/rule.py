"""The rule of the gate: when a cell is run again, on how many fresh seeds, and what decides."""

from __future__ import annotations

from dataclasses import dataclass, replace

FAILURES, DEATHS = "failures", "deaths"  # kinds of questions: how many seeds failed, how many died of it
COUNTED = frozenset({FAILURES, DEATHS})


@dataclass(frozen=True)
class Rule:
    """Screen, then ask again with fresh seeds; Holm runs over all tests of the invocation, confirmed or not.

    A cell that looks worse gets fresh seeds, and then *all* of the candidate's seeds, the first ones too, decide. That
    keeps the level: the last test holds it for every candidate, and the screen only takes rejections away.

    What 10 seeds, with 40 fresh ones (80 for failures), find against a baseline of so many seeds. Failing are new ones where
    none failed, dying or alive, exactly computed for the question about failures; the rest is simulated (60 to 300 cells a
    number, of normal, heavy-tailed, counted, bounded and log-normal seeds; simulated_nights.py).

    | cells | baseline | 20 % failing | 30 % failing | scatter × 3 | 2 SD | runs a night |
    |---|---|---|---|---|---|---|
    | 1 | 30 | .80 | .97 | | | 15 |
    | 1 | 60 | .89 | .97 | .95-1 | .97-1 | 15 |
    | 6 | 60 | .87 | .97 | .95-1 | .97-1 | 91 |
    | 10 | 30 | .24 | .91 | | | 152 |
    | 10 | 40 | .60 | .97 | | | 152 |
    | 10 | 60 | .87 | .97 | .93-1 | .97-1 | 152 |
    | 60 | 60 | .68 | .97 | .92-1 | .97-1 | 910 |
    | 60 | 80 | .84 | .97 | .89-1 | | 910 |

    So 60 cells need 80 seeds of the baseline for a fifth that fails, and 30 seeds serve one cell only. Of 10 cells, where a
    tenth of the baseline dies, a fifth more dying is found in .23 of nights, a fifth collapsing in .66; where a tenth
    collapses, a fifth more collapsing in .32, a fifth dying in .88, scatter × 3 in .51. Five seeds show none of a fifth
    dying in a third of nights: .67 at the very most, .64 with 10 cells against 60, 30 % dying .83, at 10 runs a cell instead of 15.

    False alarms, 60 900 quiet cells of seven kinds, of which two die or collapse in a tenth of their seeds: .009 of nights of
    1 cell, .011 of 6, .013 of 10 (95 % bound .015), .009 of 1015 nights of 60 (bound .015). Six cells that are all worse by
    exactly half a true deviation: .024 of 500 nights with 60 seeds of the baseline, .040 with 30, .056 with 20, the margin
    being estimated.

    Holm over the confirmed tests alone would need fewer fresh seeds and would not hold its level: they meet the very
    baseline draw that the screen picked as a lucky one (.16 false alarms at the margin, 60 cells).
    """

    screen: float = 0.10  # a cell that looks worse at this level is run again
    screen_failures: float = 0.26  # the same for failures and deaths: one of 10 where there was none of 30
    alpha: float = 0.05  # P(any false regression) of an invocation, Holm over all of its tests
    sds: float = 0.5  # the margin, in standard deviations of the baseline's living seeds (`robust_sd`)
    way: float = 0.5  # the most that a margin may be of the way from the baseline's median to the null reference
    fresh: int = 40  # seeds of a confirmation; only cells that the screen picked are run again
    fresh_failures: int = 80  # the same for failures and deaths
    fails_often: float = 0.20  # a baseline that loses this share of its seeds is asked about deaths and survivors apart

    def screen_of(self, kind: str) -> float:
        return self.screen_failures if kind in COUNTED else self.screen

    def with_fresh(self, seeds: int) -> Rule:
        """The same rule with so many seeds of a confirmation, and twice as many for failures and deaths."""
        return replace(self, fresh=seeds, fresh_failures=2 * seeds)

    def fresh_of(self, kind: str) -> int:
        return self.fresh_failures if kind in COUNTED else self.fresh


DEFAULT = Rule()
