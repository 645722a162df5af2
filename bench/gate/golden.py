"""Golden trajectories: the first steps of training, kept number by number. A gate that needs no statistics.

Noise is a function of (seed, purpose, step, call), so the first steps of a cell are the same at every run. What is kept of
each cell, for two seeds, and of each data set says golden_record.py. A change of the code that alters what is computed
shows at once; one that only re-orders sums moves losses by some 1e-7. Where twenty steps amplify that (Adam at a large learning
rate, where gradients change sign), the cell is trained again from weights that are rounded otherwise: what moves a number as
far is no change.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import isfinite, isnan, nan
from statistics import median
from typing import Literal, NamedTuple, TypeAlias

from bench.gate.golden_file import ROUNDING, Golden, Line, Numbers
from bench.gate.report import INCOMPLETE, PASS, UNDECIDED, Row, Word
from bench.suite.waivers import CellMetric

NUMBERS, OF_SAMPLES = 1e-5, 1e-6  # relative tolerances on one kind of machine: of losses and gradients, and of samples
ELSEWHERE = 1e-3  # on another processor or version of torch, where sums are taken in another order
SHAKEN = 10  # times what a rounding of the first weights moves a number

SMALL = 1e-3  # what is smaller is compared as if it were of this size
CANCELLED = 1e-2  # likewise of losses: differences of means of size 1, whose last digits are rounding

SAMPLED = ("samples'", "samples in blocks'")  # how the names of their moments begin

Kind: TypeAlias = Literal["changed", "incomplete", "new", "gone", "broken"]
CHECKED: dict[Kind, str] = {
    "changed": "changed: {}",
    "incomplete": "incomplete in the file: {}",
    "new": "never recorded: {}",
    "gone": "in the file, and not in the suite: {}",
    "broken": "broken: {}",
}
VERDICTS: dict[Kind, Word] = {
    "changed": "changed",
    "incomplete": "incomparable",
    "new": "incomparable",
    "gone": "incomparable",
    "broken": "incomplete",
}


class Difference(NamedTuple):
    """A quantity in which a trajectory has left the recorded one; None where one of the two has no such number."""

    quantity: str
    before: float | None
    after: float | None

    def __str__(self) -> str:
        if self.before is None:
            return f"{self.quantity} was never recorded, and is {self.after:.9g}"
        return f"{self.quantity} was {self.before:.9g} and is " + (
            "no longer measured" if self.after is None else f"{self.after:.9g}"
        )


@dataclass(frozen=True)
class Finding:
    """Something that is not as it was, of one cell."""

    kind: Kind
    line: Line
    why: str
    first: Difference | None = None

    def __str__(self) -> str:
        return CHECKED[self.kind].format(self.why)


@dataclass(frozen=True)
class Comparison:
    """All that is not as it was; and how many trajectories were compared within which tolerance."""

    findings: tuple[Finding, ...]
    compared: Counter[str]

    @property
    def exit_code(self) -> int:
        """0 the same, 3 changed, 4 something did not come to a trajectory; as those of the gate."""
        if any(one.kind == "broken" for one in self.findings):
            return INCOMPLETE
        return UNDECIDED if self.findings else PASS

    @property
    def changed(self) -> list[Finding]:
        return [one for one in self.findings if one.kind == "changed"]

    def said(self) -> list[str]:
        """A line for each finding, and a summary."""
        number = sum(self.compared.values())
        how = "; ".join(f"{count} compared {how}" for how, count in sorted(self.compared.items())) or "none compared"
        counts = Counter(one.kind for one in self.findings)
        rest = ", ".join(f"{count} {kind}" for kind, count in counts.items())
        verdict = f"not the same ({rest})" if self.findings else "the same"
        remedy = ["what is meant, 'bench golden record' accepts"] if counts.keys() - {"broken"} else []
        return [
            *map(str, self.findings),
            *remedy,
            f"golden trajectories: {how}: {verdict if number or rest else 'none'}",
        ]

    def rows(self) -> list[Row]:
        """The findings as rows of the gate's report."""
        return [
            Row(
                CellMetric(
                    one.line.dataset, one.line.method or "(the data)", one.first.quantity if one.first else "all"
                ),
                "trajectory",
                VERDICTS[one.kind],
                reason=f"{one}; 'bench golden record' accepts it" if one.kind != "broken" else str(one),
                median=_or_nan(one.first and one.first.after),
                median_baseline=_or_nan(one.first and one.first.before),
            )
            for one in self.findings
        ]


def _or_nan(value: float | None) -> float:
    return nan if value is None else value


def compare(
    before: Golden,
    after: Golden,
    asked: Callable[[str, str], bool] = lambda *cell: True,
    shaken: Callable[[Line], Sequence[Numbers]] = lambda line: (),
) -> Comparison:
    """What was recorded and what is computed now.

    `asked` says of a cell that is in the file alone whether it would have been looked at: data set, method -> bool. `shaken`
    trains a line that differs again, some times, from first weights that are rounded otherwise.
    """
    old, new = ({line.key: line for line in golden.lines} for golden in (before, after))
    findings: list[Finding] = []
    compared: Counter[str] = Counter()
    for cell, why in after.broken.items():
        line = Line(*cell, 0, {})
        findings.append(Finding("broken", line, f"{line.cell}: {why}"))
    apart: dict[str, list[Finding]] = {}
    for key in sorted(old.keys() & new.keys()):
        compared[within(old[key], new[key])] += 1
        for one in _differences(old[key], new[key], shaken):
            apart.setdefault(f"{one.kind} {one.line.cell}", []).append(one)
    findings += [_of_cell(several) for several in apart.values()]
    findings += _alone("new", [new[k] for k in sorted(new.keys() - old.keys())], before)
    missed = [old[k] for k in sorted(old.keys() - new.keys())]
    looked = [line for line in missed if asked(line.dataset, line.method) and key_of(line) not in after.broken]
    findings += _alone("gone", [line for line in looked if (line.dataset, "") not in after.broken], after)
    return Comparison(tuple(findings), compared)


def key_of(line: Line) -> tuple[str, str]:
    """Data set and method."""
    return line.dataset, line.method


def _of_cell(several: list[Finding]) -> Finding:
    """The first seed's finding, which says how many others have one."""
    first, *others = several
    too = f"; seed {', '.join(str(one.line.seed) for one in others)} too" if others else ""
    return Finding(first.kind, first.line, first.why + too, first.first)


def _alone(kind: Kind, lines: list[Line], other: Golden) -> Iterator[Finding]:
    """Lines that the other side lacks, a finding a cell."""
    known = {key_of(line) for line in other.lines}
    cells: dict[tuple[str, str], list[Line]] = {}
    for line in lines:
        cells.setdefault(key_of(line), []).append(line)
    for cell, own in cells.items():
        which = f", seed {', '.join(str(line.seed) for line in own)}" if own[0].method else ""
        part = cell in known and kind == "new"
        yield Finding("incomplete" if part else kind, own[0], f"{own[0].cell}{which}" + " is not there" * part)


def _differences(old: Line, new: Line, shaken: Callable[[Line], Sequence[Numbers]]) -> Iterator[Finding]:
    """What is not as it was, and quantities that were never recorded; each as its first one and the number of the others."""
    names = sorted({**old.numbers, **new.numbers}, key=_order)
    apart = [
        Difference(name, old.numbers.get(name), new.numbers.get(name))
        for name in names
        if name in old.numbers and (name not in new.numbers or _differ(name, old, new))
    ]
    if apart:
        beside = shaken(new)
        apart = [one for one in apart if not _by_rounding(one, new.numbers, beside)]
    unknown = [Difference(name, None, new.numbers[name]) for name in names if name not in old.numbers]
    kinds: dict[Kind, list[Difference]] = {"changed": apart, "incomplete": unknown}
    for kind, found in kinds.items():
        if found:
            more = f", and {len(found) - 1} more" if found[1:] else ""
            yield Finding(kind, new, f"{new.label}: {found[0]}{more}", found[0])


def _by_rounding(one: Difference, now: Numbers, beside: Sequence[Numbers]) -> bool:
    """Whether what a rounding of the first weights moves a number is of the size of its difference."""
    if one.before is None or one.after is None:
        return False
    moves = [abs(numbers[one.quantity] - now[one.quantity]) for numbers in beside if one.quantity in numbers]
    return abs(one.after - one.before) <= SHAKEN * max(moves, default=0.0)


def within(old: Line, new: Line) -> str:
    """The tolerance of two lines, and why, in words."""
    if _alike(old, new):
        return f"within {NUMBERS:g} (samples {OF_SAMPLES:g})"
    other = [
        f"{word} {old.made.get(word) or 'not known'}, here {new.made.get(word) or 'not known'}"
        for word in ROUNDING
        if old.made.get(word) != new.made.get(word)
    ]
    return f"within {ELSEWHERE:g}, since they were recorded on {'; '.join(other)}"


def _alike(old: Line, new: Line) -> bool:
    return all(old.made.get(word) == new.made.get(word) for word in ROUNDING)


def _order(name: str) -> tuple[int, int, str]:
    """As one thing leads to another: data, then earlier steps, then samples, then metrics, then probes."""
    if name.startswith(("metric", "reference", "probe")):
        return 3 + name.startswith("probe"), 0, name
    if " at step " in name:
        return 1, int(name.rpartition(" ")[2]), name
    return (2 if name.startswith((*SAMPLED, "network", "real", "the null")) else 0), 0, name


def _differ(name: str, old: Line, new: Line) -> bool:
    """Relative to the size of the quantity; what was recorded as not finite must be so again, and in the same way."""
    a, b = old.numbers[name], new.numbers[name]
    if not (isfinite(a) and isfinite(b)):
        return not (a == b or (isnan(a) and isnan(b)))
    tolerance = ELSEWHERE if not _alike(old, new) else OF_SAMPLES if name.startswith(SAMPLED) else NUMBERS
    size = max(_size(name, old.numbers), _size(name, new.numbers))
    least = CANCELLED if name.startswith("loss") else SMALL
    return abs(a - b) > tolerance * (size + least)


def _size(name: str, numbers: Numbers) -> float:
    """Of the number; a loss may pass through 0 on its way, and a mean of samples may be near it."""
    stem, step, _ = name.partition(" at step ")
    if step:
        usual = median(abs(v) for other, v in numbers.items() if other.partition(" at step ")[0] == stem)
    else:
        owner, mean, which = name.partition(" mean")
        usual = abs(numbers.get(f"{owner} mean square", 0.0)) ** 0.5 if mean and which != " square" else 0.0
    return max(abs(numbers[name]), usual if isfinite(usual) else 0.0)
