"""What can be claimed: everything that a run of a method can measure, by name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench import plugins
from bench.claims.cost_names import COSTS
from bench.diagnostics import summary
from bench.evaluation.quality_metrics import addable
from bench.metrics.base import Metric
from bench.metrics.mmd_multiscale import MmdMultiscale
from bench.plugins import close
from bench.probes.base import Probe
from bench.stats import Measure
from bench.suite.columns import addition
from bench.training.game import Game

QUALITY, ALIAS = "quality", "q"  # what it is called in prose


@dataclass(frozen=True)
class Measurable:
    """The names that the numbers of some runs have."""

    scores: tuple[str, ...]
    traces: tuple[str, ...]
    sure: bool = True  # whether every probe says what it measures

    def names(self) -> tuple[str, ...]:
        return (*self.scores, *summary.names(self.scores, self.traces), *self.traces, *COSTS)

    def hint(self, name: str) -> str:
        """`; did you mean 'quality'?` or, where nothing is near, all that there is."""
        stem, joint, ending = name.partition("_")
        if stem == ALIAS and QUALITY in self.scores:
            return f"; did you mean '{QUALITY}{joint}{ending}'?"
        return close(name, self.names()) or f" (known: {self._listed()})"

    def _listed(self) -> str:
        endings = ", ".join(f"_{one.removeprefix('x_')}" for one in summary.names(["x"], []) if one.startswith("x_"))
        groups = {
            "scores": (", ".join(self.scores) + f", each also with {endings}") if self.scores else "none",
            "diagnostics": ", ".join(summary.names([], self.traces)),
            "traces": ", ".join(self.traces) or "none",
            "costs": ", ".join(COSTS),
        }
        return "; ".join(f"{what} {which}" for what, which in groups.items())


def measurable(scores: Iterable[str], probes: Sequence[Probe], game: Game) -> Measurable:
    """What a run of a game can measure; `scores` are columns."""
    told = [_told(probe, game) for probe in probes]
    traces = [name for names in told for name in names or ()]
    return Measurable(tuple(scores), tuple(dict.fromkeys(traces)), None not in told)


def _told(probe: Probe, game: Game) -> Sequence[str] | None:
    """What a probe says that it measures; None where it does not say it."""
    try:
        return probe.names(game)
    except (Exception, SystemExit, GeneratorExit):  # a bug of the probe, which is noted once it looks
        return None


def measures(listed: Sequence[Metric], quality: MmdMultiscale | None = None) -> dict[str, Measure]:
    """Which way every score is better, and on which scale: the listed ones, and those that quality is told from."""
    found = {
        name: Measure(metric.higher_is_better, metric.scale)
        for metric in (*addable(listed, quality), *listed)
        for name in metric.names()
    }
    return found | {QUALITY: Measure(higher_is_better=True)} if found else found


def remedy(name: str, game: Game) -> str:
    """`; add 'gradients' to 'probes'` where a word that a suite may use measures it on a game, else nothing."""
    if said := addition(name):
        return said
    for word in plugins.words("probes"):
        try:
            traces = plugins.find("probes", word)().names(game) or ()
        except (Exception, SystemExit, GeneratorExit):  # it needs an option, or is broken
            continue
        if name in {*traces, *summary.names((), traces)} - set(summary.names([], [])):
            return f"; add '{word}' to 'probes'"
    return ""
