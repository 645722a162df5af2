"""The regression gate: is today worse than the baseline by more than the margin?

May import: claims, data, evaluation, metrics, plugins, probes, records, reporting, running, stats, suite, training.
"""

from bench.gate.calibrate import Calibration, calibrate
from bench.gate.changes import Cell
from bench.gate.checks import GateCheck, Values
from bench.gate.judge import RunFresh, gate
from bench.gate.questions import Line, checks_of, margin
from bench.gate.report import Report, Row
from bench.gate.report_formats import as_json, ci_annotations, junit, markdown, reasons, summary, terminal
from bench.gate.rule import Rule
from bench.suite.waivers import Waiver, WaiverError

__all__ = [
    "Calibration",
    "Cell",
    "GateCheck",
    "Line",
    "Report",
    "Row",
    "Rule",
    "RunFresh",
    "Values",
    "Waiver",
    "WaiverError",
    "as_json",
    "calibrate",
    "checks_of",
    "ci_annotations",
    "gate",
    "junit",
    "margin",
    "markdown",
    "reasons",
    "summary",
    "terminal",
]
