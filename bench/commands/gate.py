"""bench gate SUITE, bench gate calibrate BASELINE, bench gate timing"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bench.commands._suite_options import suite_options

if TYPE_CHECKING:
    from bench.gate import Report, Row
    from bench.suite.suite import Suite

MOST = 10**6  # of seeds and of repetitions; more is a slip
PATH = click.Path(path_type=Path)


class Gate(click.Group):
    """`bench gate suites/ci.yaml` is `bench gate suite suites/ci.yaml`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in (*self.commands, "-h", "--help"):
            args = ["suite", *args]
        return super().parse_args(ctx, args)


class Margin(click.ParamType[tuple[str, float]]):
    """METRIC=MARGIN"""

    name = "metric=margin"

    def convert(
        self, value: str | tuple[str, float], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, float]:
        if isinstance(value, tuple):
            return value
        name, sign, number = value.rpartition("=")
        try:
            margin = float(number)
        except ValueError:
            margin = -1.0
        if not (sign and name and 0 <= margin < float("inf")):
            self.fail(f"'{value}': write a metric and the margin it may lose, such as modes_covered=0.5", param, ctx)
        return name, margin


def _outputs(command: Any) -> Any:
    for option in (
        click.option("--strict", is_flag=True, help="What is inconclusive or incomparable fails too."),
        click.option("--annotations", is_flag=True, help="Print workflow commands for a CI server."),
        click.option("--json", "as_json", type=PATH, metavar="FILE", help="Write everything as JSON."),
        click.option("--markdown", type=PATH, metavar="FILE", help="Write a comment for a pull request."),
        click.option("--junit", type=PATH, metavar="FILE", help="Write JUnit XML."),
    ):
        command = option(command)
    return command


@click.group(cls=Gate)
def command() -> None:
    """Compare results with a committed baseline: bench gate SUITE.

    Exit codes: 0 pass; 1 confirmed regression; 2 usage or suite error; 3 changed, inconclusive or incomparable (1 with --strict);
    4 something did not come to a result; 5 nothing selected; 6 another run works on these results; 128 + n stopped by signal n.
    """


@command.command("suite")
@click.argument("suite", type=PATH)
@click.option("--against", type=PATH, metavar="BASELINE", help="[default: the suite's gate]")
@click.option("--confirm", type=click.Choice(["auto", "plan", "off"]), default="auto", show_default=True,
              help="Run what looks worse again on fresh seeds; say what would be run; or don't.")  # fmt: skip
@click.option(
    "--within", type=Margin(), multiple=True, help="A metric that gates and its margin [default: the suite's]."
)
@click.option(
    "--fresh", type=click.IntRange(2, MOST), help="Seeds of a confirmation, of deaths twice as many [default: 40]."
)
@suite_options
@click.option("--executor", default="local", show_default=True, help="local or ray.")
@click.option("--quiet", is_flag=True, help="Say only what goes wrong.")
@_outputs
def suite(
    suite: Path,
    against: Path | None,
    confirm: Any,
    within: tuple[tuple[str, float], ...],
    fresh: int | None,
    out: Path,
    only: str,
    night: date | None,
    executor: str,
    quiet: bool,
    strict: bool,
    annotations: bool,
    as_json: Path | None,
    markdown: Path | None,
    junit: Path | None,
    **options: Any,
) -> None:
    """Run what is missing of a SUITE, compare it with a baseline, and confirm what looks worse on fresh seeds."""
    from bench.commands._errors import plainly, stop

    with plainly():
        from bench.gate import Rule
        from bench.gate.baseline import read
        from bench.gate.caveats import caveats
        from bench.gate.nightly import decide, overlap, prepare, selected
        from bench.running.executors.base import words
        from bench.running.plan import NothingSelected, chosen
        from bench.suite.load import load_suite
        from bench.suite.shipped import baseline_file

        if executor not in words():
            raise click.BadParameter(f"'{executor}' is none of {', '.join(words())}", param_hint="--executor")
        loaded = load_suite(suite, night)
        gate = loaded.gate
        path = against or (baseline_file(Path(gate.against), loaded.path) if gate else None)
        margins = dict(within) or (dict(gate.within) if gate else {})
        if path is None:
            stop(f"{suite}: no baseline: add 'gate: {{against: ..., within: ...}}' to the suite, or --against BASELINE")
        if not margins:
            stop(f"{suite}: no metric gates: add 'gate: {{..., within: {{METRIC: 0.5}}}}', or --within METRIC=MARGIN")
        names = {"quality", *(name for score in loaded.metrics for name in score.names())}
        if wrong := sorted(margins.keys() - names):
            stop(f"{suite}: the suite has no metric '{wrong[0]}' (known: {', '.join(sorted(names))})")
        asked = {(cell.dataset.label, cell.method.label): cell.experiments for cell in loaded.planned()}
        baseline = selected(read(path), lambda d, m: chosen(d, m, only, asked.get((d, m), ())))
        if not any(chosen(*cell, only, experiments) for cell, experiments in asked.items()):
            raise NothingSelected(suite, only)
        rule = Rule().with_fresh(fresh) if fresh else Rule()
        tonight = prepare(loaded, out, only=only, executor=executor, quiet=quiet, **_given(options))
        if shared := overlap(baseline, tonight.seeds):
            stop(
                f"{suite}: seeds {shared} are the baseline's own: today and then would be one draw; give others with --seeds"
            )
        trajectories = _trajectories(loaded, path.with_name(f"{path.stem}.golden.jsonl"), only, quiet)
        for said in caveats(baseline, margins, rule, len(tonight.seeds)):
            print(f"warning: {path}: {said}", file=sys.stderr)
        report = decide(tonight, baseline, margins, confirm=confirm, rule=rule, say=_say).with_rows(trajectories)
        _tell(report, strict, annotations, {"json": as_json, "markdown": markdown, "junit": junit}, quiet)
    sys.exit(report.exit_code(strict))


@command.command()
@click.argument("baseline", type=PATH)
@click.option(
    "--within", type=Margin(), multiple=True, help="A metric that gates and its margin [default: the header's]."
)
@click.option("--seeds", type=click.IntRange(1, MOST), default=10, show_default=True, help="Of a candidate.")
@click.option(
    "--fresh", type=click.IntRange(2, MOST), help="Seeds of a confirmation, of deaths twice as many [default: 40]."
)
@click.option("--repetitions", type=click.IntRange(20, MOST), default=500, show_default=True)
@click.option("--dry-run", is_flag=True, help="Write nothing.")
def calibrate(
    baseline: Path,
    within: tuple[tuple[str, float], ...],
    seeds: int,
    fresh: int | None,
    repetitions: int,
    dry_run: bool,
) -> None:
    """Measure how often the gate errs on a BASELINE, and keep that in its header."""
    from bench.commands._errors import plainly, stop

    with plainly():
        from dataclasses import replace

        import numpy as np

        from bench import gate
        from bench.gate import baseline as files

        found = files.read(baseline)
        margins = dict(within) or dict(found.calibration.get("within") or {})
        if not margins:
            stop(f"{baseline}: says of no metric that it gates; give --within METRIC=MARGIN")
        metrics = sorted({key.metric for key, pool in found.pools.items() if not pool.outcomes})
        if wrong := sorted(margins.keys() - set(metrics)):
            stop(f"{baseline}: holds no metric '{wrong[0]}' (known: {', '.join(metrics)})")
        rule = gate.Rule().with_fresh(fresh) if fresh else gate.Rule()
        try:
            known = gate.calibrate(
                found, margins, np.random.default_rng(0), n=seeds, rule=rule, repetitions=repetitions
            )
        except ValueError as problem:
            stop(f"{baseline}: {problem}")
        print(f"{known.tests} tests, {known.n} seeds of a candidate, {known.fresh} fresh, {repetitions} invocations")
        print(f"false alarms: {known.false_alarm:.3g} of invocations (95 % bound {known.false_alarm_bound:.3g})")
        for what, share in known.power.items():
            print(f"power, {what}: {share:.3g} (95 % bound {known.power_bound[what]:.3g})")
        if not dry_run:
            files.write(baseline, replace(found, calibration=known.plain()))


@command.command()
@click.option("--json", "now", type=PATH, required=True, metavar="FILE", help="pytest-benchmark's JSON of today.")
@click.option(
    "--against", type=PATH, multiple=True, required=True, metavar="FILE", help="Earlier ones; may be repeated."
)
@click.option("--tolerance", type=click.FloatRange(0, 1, max_open=True), default=0.20, show_default=True,
              help="Share of the ratio that may be lost.")  # fmt: skip
@click.option("--report", type=PATH, metavar="FILE", help="Write everything as JSON.")
@click.option("--markdown", type=PATH, metavar="FILE", help="Write a comment for a pull request.")
@click.option("--junit", type=PATH, metavar="FILE", help="Write JUnit XML.")
@click.option("--annotations", is_flag=True, help="Print workflow commands for a CI server.")
@click.option("--strict", is_flag=True, help="What is incomparable fails too.")
def timing(
    now: Path,
    against: tuple[Path, ...],
    tolerance: float,
    report: Path | None,
    markdown: Path | None,
    junit: Path | None,
    annotations: bool,
    strict: bool,
) -> None:
    """Compare the speed of benchmarks, each as a ratio to a reference timed in the same run.

    A benchmark that is gone or renamed fails.
    """
    from bench.commands._errors import plainly, stop

    with plainly():
        from bench.gate.timing import TimingError, compare, read

        try:
            found = compare(read(now), [read(path) for path in against], tolerance)
        except TimingError as error:
            stop(str(error))
        _tell(found, strict, annotations, {"json": report, "markdown": markdown, "junit": junit}, False)
    sys.exit(found.exit_code(strict))


def _trajectories(suite: Suite, path: Path, only: str, quiet: bool) -> list[Row]:
    """What golden trajectories say, where they are kept beside the baseline: a row for all that is not as it was."""
    if not path.is_file():
        return []
    from bench.gate import golden, golden_file, golden_record
    from bench.running.cells import cells
    from bench.running.plan import chosen

    picked = [c for c in cells(suite) if chosen(c.dataset.label, c.method.label, only, c.experiments)]
    now, again = golden_record.record(picked), golden_record.shaken(picked)
    found = golden.compare(golden_file.read(path), now, lambda d, m: chosen(d, m, only, ()), again)
    if not quiet or found.exit_code:
        _say("\n".join(found.said()))
    return found.rows()


def _given(options: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _tell(report: Report, strict: bool, annotations: bool, files: dict[str, Path | None], quiet: bool) -> None:
    from rich.markup import escape

    from bench import gate
    from bench.commands._console import console, show_table
    from bench.commands._errors import stop

    write = {"json": gate.as_json, "markdown": gate.markdown, "junit": gate.junit}
    for kind, path in files.items():
        if path is not None:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(write[kind](report, strict), encoding="utf-8")
            except OSError as error:
                stop(f"{path}: can't be written: {error.strerror or error}")
    if not quiet or report.exit_code(strict):
        screen = console()
        show_table(screen, gate.terminal(report))
        for line in (*gate.reasons(report), gate.summary(report)):
            screen.print(escape(line), soft_wrap=True)
    if annotations:
        for line in gate.ci_annotations(report):
            print(line)
