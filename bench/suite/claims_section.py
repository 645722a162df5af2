"""`claims:` of a suite or of one of its experiments, read from the file and checked against what it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass

from bench.claims import Claim, ClaimError, direction, mute, parse
from bench.claims.label_patterns import matches
from bench.plugins import nearest
from bench.probes.base import Probe
from bench.stats import Measure
from bench.suite.measurable import Measurable, measurable, remedy
from bench.suite.stored_suite import unvaried, varied
from bench.suite.suite import Planned
from bench.suite.validation import labelled
from bench.suite.yaml_lines import Item, Problems
from bench.training.game import Game
from bench.training.pretrained import Pretrained


@dataclass(frozen=True)
class Scope:
    """What claims may speak of: the cells that a suite, or one of its experiments, asks for."""

    what: str  # "suite" or "experiment"
    cells: tuple[Planned, ...]
    variant: str = ""  # what of `train:` an experiment overrides
    wrong: Set[str] = frozenset()  # labels of rows that are wrong, which is noted where they stand
    scores: Mapping[str, Measure] | None = None  # None: what is measured isn't known
    probes: tuple[Probe, ...] | None = None  # likewise
    sure: bool = True  # whether the cells are known

    def mistake(self, claim: Claim) -> str | None:
        """What claim it is that this scope can't have, in one line; None where all is well."""
        named = {*claim.methods, *claim.on, *filter(None, [claim.than_on])}
        if not self.sure or self.wrong & {name for one in named for name in (one, unvaried(one, self.variant))}:
            return None
        unknown = next(filter(None, [*map(self._method, claim.methods), *map(self._dataset, claim.on)]), None)
        if claim.than_on is not None:
            unknown = unknown or self._dataset(claim.than_on)
        if unknown is None and claim.than_on is None and len(set(claim.methods)) < len(claim.methods):
            trained = f" (a method of this experiment is the one that is trained with {self.variant})"
            return f"'{claim.methods[0]}' is compared with itself" + trained * bool(self.variant)
        return unknown or self._gap(claim) or self._unmeasured(claim)

    def _unmeasured(self, claim: Claim) -> str | None:
        """That no run of one of its methods can have its measure, on whatever data."""
        if not claim.measure or self.scores is None or self.probes is None:
            return None
        for method in claim.methods:
            game = next(c.method.game for c in self.cells if c.method.label == method)
            known = measurable(self.scores, self.probes, game)
            if known.sure and claim.measure not in known.names():
                return f"'{claim.measure}' is not measured of {method}{self._help(claim.measure, known, game)}"
        return None

    def _help(self, name: str, known: Measurable, game: Game | Pretrained) -> str:
        return remedy(name, game) or known.hint(name)

    def whole(self, claim: Claim) -> list[str]:
        """The data sets that it is about, on which each of its methods is run."""
        return [d for d in self._about(claim) if not self._lacking(claim, d)]

    def _about(self, claim: Claim) -> list[str]:
        labels = [c.dataset.label for c in self.cells if c.method.label in claim.methods]
        return [label for label in dict.fromkeys(labels) if claim.covers(label)]

    def _run(self, dataset: str, method: str) -> bool:
        return any((c.dataset.label, c.method.label, c.skip) == (dataset, method, None) for c in self.cells)

    def _lacking(self, claim: Claim, dataset: str) -> list[str]:
        return [method for method in claim.methods if not self._run(dataset, method)]

    def _method(self, label: str) -> str | None:
        known = list(dict.fromkeys(c.method.label for c in self.cells))
        if label in known:
            return None
        points = {c.method.label for c in self.cells if varied(c.method.row, self.variant) == label}
        if points:
            first = next(one for one in known if one in points)
            return f"'{unvaried(label, self.variant)}' has {len(points)} settings; name one of them, as in '{first}'"
        shown = unvaried(label, self.variant)
        hint = nearest(shown, [unvaried(one, self.variant) for one in known])
        return f"this {self.what} has no method '{shown}'{hint}"

    def _dataset(self, label: str) -> str | None:
        known = list(dict.fromkeys(c.dataset.label for c in self.cells))
        if any(matches(one, label) for one in known):
            return None
        return f"this {self.what} has no data set '{label}'{nearest(label, known)}"

    def _gap(self, claim: Claim) -> str | None:
        """A data set that it is about and on which not all of its methods are run."""
        if claim.than_on is not None:
            sides = [(on, method) for on, method in zip([*claim.on, claim.than_on], claim.methods, strict=True)]
            return next((f"{method} is not run on {on}" for on, method in sides if not self._run(on, method)), None)
        about, whole = self._about(claim), self.whole(claim)
        if not whole:
            left_out = any(c.skip and c.method.label in claim.methods and c.dataset.label in about for c in self.cells)
            if left_out:
                return "every cell that it is about is left out under 'skip'"
            where = about[0] if about else " and ".join(claim.on)
            lacking = self._lacking(claim, about[0]) if about else claim.methods
            return f"{' and '.join(lacking)} is not run on {where}"
        if gap := next((d for d in about if d not in whole), None):
            where = whole[0] if len(whole) == 1 else f"[{', '.join(whole)}]"
            return (
                f"{' and '.join(self._lacking(claim, gap))} is not run on {gap}; say where it is claimed: 'on: {where}'"
            )
        return None


@dataclass(frozen=True)
class Promise:
    """A claim, where it stands in the file, and over how many data sets it is judged."""

    claim: Claim
    place: str
    line: int
    strata: int | None  # None: a mistake elsewhere leaves it open


def claims(
    item: Item | None,
    scope: Scope,
    place: str,
    problems: Problems,
    meant: Callable[[Claim], Claim] = lambda claim: claim,
) -> list[Promise]:
    """Every claim of a section, as it is `meant`; `place` stands before `claims.` in messages."""
    found = []
    for label, entry in labelled(item, f"{place}claims", problems):
        try:
            said = parse({label: entry.plain})[0]
            why = scope.mistake(claim := meant(said))
            if why is None and scope.scores is not None:
                direction(said, scope.scores)
        except ClaimError as error:
            part, _, said_why = str(error).removeprefix(f"claims.{label}").partition(": ")
            problems.add(entry.line, f"{place}claims.{label}{part}", said_why)
            continue
        if why:
            problems.add(entry.line, f"{place}claims.{label}", why)
        elif strata := 1 if claim.than_on is not None else len(scope.whole(claim)):
            known = scope.sure and not scope.wrong
            found.append(Promise(claim, f"{place}claims.{label}", entry.line, strata if known else None))
    return found


def decidable(promises: Sequence[Promise], seeds: int, problems: Problems) -> None:
    """Notes the claims that so many seeds could never support, and names that are given twice."""
    for k, one in enumerate(promises):
        if seeds and one.strata and (why := mute(one.claim, seeds, one.strata, len(promises))):
            problems.add(one.line, one.place, why)
        if first := next((p for p in promises[:k] if p.claim.name == one.claim.name), None):
            said = f"another claim has this name (line {first.line}): verdicts are told apart by it"
            problems.add(one.line, one.place, said)
