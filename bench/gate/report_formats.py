"""The gate's report for a terminal, a pull request, a CI server and other programs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from math import isnan
from xml.etree import ElementTree

from rich.table import Table
from rich.text import Text

from bench.gate.changes import line
from bench.gate.report import INCONCLUSIVE, Report, Row

HEADS = ("verdict", "data set", "method", "metric", "test", "seeds", "dead", "median", "effect", "margin", "p", "why")
REMEDY = (
    "what to do: mend what changed; or, if it is meant, promote the new results ('bench baseline promote'), or waive the row for a "
    "while ('waivers' under 'gate:')"
)
COLOURS = {
    "regression": "bold red",
    "suspicious": "yellow",
    "changed": "yellow",
    "improved": "green",
    "incomplete": "red",
    "pass": "dim",
}


def terminal(report: Report) -> Table:
    """A table for rich's console of what was tested; what fits into no column follows it (`reasons`, `summary`)."""
    table = Table(title="Gate", title_justify="left")
    for head in ("verdict", "of", *HEADS[5:-1]):
        table.add_column(head, overflow="fold")
    for row in report.rows:
        if row.verdict == "shown":
            continue
        of = f"{row.key.dataset} / {row.key.method} / {row.key.metric} ({row.kind})"
        table.add_row(
            *(Text(cell) for cell in (row.verdict, of, *columns(row)[5:-1])), style=COLOURS.get(row.verdict, "")
        )
    return table


def reasons(report: Report) -> list[str]:
    """A line for every verdict and reason: `regression: ring / GAN / fd (values), … : what for`."""
    alike: dict[tuple[str, str], list[str]] = {}
    for row in report.rows:
        if why := _why(row):
            of = f"{row.key.dataset} / {row.key.method} / {row.key.metric} ({row.kind})"
            alike.setdefault((row.verdict, why), []).append(of)
    said = [f"{verdict}: {', '.join(rows)}: {why}" for (verdict, why), rows in alike.items()]
    return said + [REMEDY] * any(row.verdict == "regression" for row in report.rows)


def markdown(report: Report, strict: bool = False) -> str:
    """A comment for a pull request."""
    code = report.exit_code(strict)
    lines = [f"### Gate: {'passed' if code == 0 else 'not passed'} (exit code {code})", "", summary(report), ""]
    lines += ["| " + " | ".join(HEADS) + " |", "|" + " --- |" * len(HEADS)]
    lines += ["| " + " | ".join(_escaped(cell) for cell in columns(row)) + " |" for row in report.rows]
    return "\n".join(lines) + "\n"


def junit(report: Report, strict: bool = False) -> str:
    """JUnit XML: a regression is a failure, incomplete an error, undecided skipped (a failure if strict)."""
    suite = ElementTree.Element("testsuite", name="gate", tests=str(len(report.rows)))
    counts = {"failure": 0, "error": 0, "skipped": 0}
    for row in report.rows:
        named = {"classname": f"{row.key.dataset}.{row.key.method}", "name": f"{row.key.metric} ({row.kind})"}
        case = ElementTree.SubElement(suite, "testcase", {what: _printable(said) for what, said in named.items()})
        tag = _tag(row, strict)
        if tag:
            counts[tag] += 1
            ElementTree.SubElement(case, tag, message=_printable(told(row)))
    for tag, attribute in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        suite.set(attribute, str(counts[tag]))
    ElementTree.SubElement(suite, "system-out").text = _printable(summary(report))
    ElementTree.indent(suite)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def as_json(report: Report, strict: bool = False) -> str:
    """Everything, for other programs; numbers that aren't there are null."""
    return json.dumps(report.plain(strict), indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def ci_annotations(report: Report) -> Iterator[str]:
    """Workflow commands that a CI server shows beside the change (the syntax of GitHub Actions)."""
    for said in report.caveats:
        yield f"::warning title={_command('gate: baseline', title=True)}::{_command(said)}"
    for row in report.rows:
        level = "error" if row.verdict in ("regression", "incomplete") else "warning"
        if level == "error" or row.verdict in INCONCLUSIVE:
            yield f"::{level} title={_command(f'gate: {row.verdict}', title=True)}::{_command(told(row))}"


def summary(report: Report) -> str:
    """A few sentences: the counts, what is known about the rule's errors, and what speaks against the baseline."""
    counts = ", ".join(f"{count} {word}" for word, count in report.counts.items()) or "nothing selected"
    out = f"{counts}; {report.tests} tests."
    known = report.calibration
    if "timing" in known:
        return f"{counts}; ratios to a reference timed in the same run, larger is faster."
    if "false_alarm" in known:
        bound = f" (95 % bound {known['false_alarm_bound']:.3g})" if "false_alarm_bound" in known else ""
        out += f" False alarms: {known['false_alarm']:.3g} of invocations{bound}."
        power = ", ".join(f"{share:.2g} {_change(what)}" for what, share in known.get("power", {}).items())
        out += f" Power: {power}." if power else ""
    return out + "".join(f" Warning: {said}." for said in report.caveats)


def _change(what: str) -> str:
    """Headers of before 0.2 have the number of a shift alone."""
    return f"at {what}" if what.endswith("SD") or not what.replace(".", "").isdigit() else f"at {what} SD"


def columns(row: Row) -> tuple[str, ...]:
    """What stands below HEADS."""
    p = f"q {row.q:.2g}" if not isnan(row.q) else _shown(row.p_screen)
    if not isnan(row.p_adjusted):
        p += f" → {row.p_adjusted:.2g}"
    return (
        row.verdict,
        row.key.dataset,
        row.key.method,
        row.key.metric,
        row.kind,
        f"{row.n} / {row.n_baseline}",
        f"{row.dead} / {row.dead_baseline}",
        f"{_shown(row.median)} / {_shown(row.median_baseline)}",
        _shown(row.effect, "+.3g"),
        _shown(row.margin),
        p,
        _why(row),
    )


def _shown(value: float, form: str = ".3g") -> str:
    return "–" if isnan(value) else format(value, form)


def told(row: Row) -> str:
    """`regression: ring / GAN / modes (values): median 5, baseline 8, dead 0 of 50`, and why."""
    numbers = f"median {_shown(row.median)}, baseline {_shown(row.median_baseline)}, dead {row.dead} of {row.n}"
    said = f"{row.verdict}: {row.key.dataset} / {row.key.method} / {row.key.metric} ({row.kind}): {numbers}"
    return f"{said}; {why}" if (why := _why(row)) else said


def _why(row: Row) -> str:
    """The reason, and what the cell was run with then and now; of a pass, which needs no explanation, the reason alone."""
    told = "" if row.verdict in ("pass", "shown") or not row.changes else f"changed: {line(row.changes)}"
    return "; ".join(part for part in (row.reason, told) if part)


def _tag(row: Row, strict: bool) -> str:
    if row.verdict == "regression" or (strict and row.verdict in INCONCLUSIVE):
        return "failure"
    if row.verdict == "incomplete":
        return "error"
    return "skipped" if row.verdict in INCONCLUSIVE or row.verdict == "waived" else ""


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def _printable(text: str) -> str:
    """XML has no control characters."""
    return "".join(c if c.isprintable() else " " for c in text)


def _command(text: str, title: bool = False) -> str:
    out = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return out.replace(":", "%3A").replace(",", "%2C") if title else out
