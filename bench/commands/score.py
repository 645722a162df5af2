"""bench score RESULTS --metrics ..., bench score SAMPLES --data ... --metrics ..."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bench.commands._json import json_option
from bench.commands._suite_options import WHERE

if TYPE_CHECKING:
    from rich.table import Table

    from bench.running.score_samples import Judged, Scored


@click.command()
@click.argument("of", metavar="RESULTS|SAMPLES", type=click.Path(path_type=Path))
@click.option("--data", metavar="CALL", help="The data set that SAMPLES are samples of, as a suite writes it.")
@click.option(
    "--metric",
    "--metrics",
    "metrics",
    multiple=True,
    metavar="CALLS",
    help="As a suite lists them: 'frechet(space=digits), recall'; may be given again.",
)
@click.option("--quiet", is_flag=True, help="Say only what goes wrong.")
@json_option
def command(
    of: Path,
    data: str | None,
    metrics: tuple[str, ...],
    device: str,
    slots: int | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Measure metrics on a folder of RESULTS, or on SAMPLES that were made elsewhere. Nothing is trained.

    RESULTS, from the weights that its records keep: `bench score results/toys --metrics 'frechet(space=digits)'`. What is
    measured so has no curve: its number is that of the end of training. A metric that is added to a suite is measured in the
    same way by `bench run`. Without a metric nothing is measured; either way, how the losses of older records swing is
    found and kept for reports.

    SAMPLES, an .npz or .npy file of [n, *D] (or [S, n, *D], S seeds), a folder of pictures, or a folder or a pattern of
    these: `bench score theirs.npz --data digits --metrics 'frechet(space=digits), precision, recall'`. They stand beside what
    each metric reads on real data and on samples that are wrong in a known way. Nothing is written.
    """
    from bench.commands._errors import plainly, stop

    with plainly():
        from bench.suite.one_call import listed
        from bench.suite.options import WrongOption

        try:
            rows = [row for text in metrics for row in listed(text)]
        except WrongOption as error:
            stop(f"--metrics: {error}")
        if _is_results(of):
            if data is not None:
                stop(f"{of}: holds records, which know their data: leave --data out")
            if as_json:
                stop(f"{of}: holds records: 'bench show {of} --json' prints what they hold, leave --json out")
            _score_results(of, rows, device, slots or 0, quiet)
            return
        if data is None and not of.exists():
            stop(f"{of}: there is no such folder; bench run writes results/<suite>")
        if data is None:
            stop(f"{of}: holds no records; of samples say the data set too: --data 'digits'")
        if not rows:
            stop(f"{of}: nothing would be measured: say --metrics 'frechet(space=digits), recall'")
        _score_samples(of, data, rows, device, as_json)


def _is_results(of: Path) -> bool:
    """Whether a path is a folder that a run wrote, or one above or below it."""
    from bench.records import integrity
    from bench.records.walking import walk
    from bench.suite.stored_suite import FILE

    return of.is_dir() and ((of / FILE).is_file() or any(path.name == integrity.FILE for path in walk(of)))


def _score_results(results: Path, metrics: list[str], device: str, slots: int, quiet: bool) -> None:
    from bench.commands._console import console, show_table
    from bench.commands._errors import INCOMPLETE, stop
    from bench.records import missing_diagnostics, store
    from bench.records.terminal_table import table
    from bench.running.owner import owned
    from bench.running.score_results import score_results

    with owned(results):
        found = missing_diagnostics.write_missing(store.load_records(results, deep=True))
    if found and not quiet:
        print(f"{found} records: how their losses swing is kept now")
    complete = not metrics or score_results(results, metrics, device=device, slots=slots, quiet=quiet)
    if not quiet:
        show_table(console(), table(results))
    if not complete:
        stop("not every record could be scored", INCOMPLETE)


def _score_samples(samples: Path, data: str, metrics: list[str], device: str, as_json: bool) -> None:
    from bench.commands._console import console, show_table
    from bench.commands._json import print_json
    from bench.running.score_samples import score_samples

    found = score_samples(samples, data, metrics, device=device)
    if not as_json:
        show_table(console(), _table(found), labels=1)
        return
    print_json({"samples": found.samples, "data": found.data, "seeds": found.seeds, "metrics": found.as_rows()})


def _table(found: Scored) -> Table:
    """A line a metric: the samples, real data, and what is wrong in a known way."""
    from rich.markup import escape
    from rich.table import Table

    seeds = len(found.seeds)
    told = [f"real: held-out against training samples; of {seeds} seeds the median, and the least and the largest"]
    if seeds == 1:
        told = ["real: held-out against training samples"]
    told.append("null: a Gaussian with their mean and covariance; half: of the data; copies: a tenth of it, ten times")
    told += [f"{one.column} can't tell the data from any of these" for one in found.metrics if not one.reference.tells]
    view = Table(
        title=escape(f"{found.samples} as {found.data}"),
        title_justify="left",
        caption=escape("\n".join(told)),
        caption_justify="left",
    )
    view.add_column("metric", overflow="fold")
    for heading in ("n", "samples", "real", "null", "half", "copies"):
        view.add_column(heading, justify="right", no_wrap=True)
    for one in found.metrics:
        known = one.reference
        real = f"{_number(known.real)} ± {_number(known.deviation)}"
        wrong = (known.null, known.half, known.copies)
        n = str(one.n) if one.n_real >= one.n else f"{one.n} (real {one.n_real})"
        view.add_row(f"{escape(one.column)} {one.arrow}", n, _values(one), real, *map(_number, wrong))
    return view


def _values(one: Judged) -> str:
    from statistics import median

    known = [value for value in one.values if value is not None]
    if len(known) < len(one.values):
        return "–"
    if len(known) == 1:
        return _number(known[0])
    return f"{_number(median(known))} [{_number(min(known))}, {_number(max(known))}]"


def _number(value: float) -> str:
    return "–" if value != value else f"{value:.4g}"


for option in reversed(WHERE):
    command = option(command)
