"""The order in which a reader needs things, and how a report gets onto the disk whole."""

from __future__ import annotations

import gc
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from bench.claims import Verdict
from bench.records import tuned
from bench.records.drafts import drafted, remove_gone
from bench.records.tuned import TunedSuite
from bench.reporting import latex, page
from bench.reporting.answer import answer, unjudged
from bench.reporting.claims import claims_part, judged
from bench.reporting.cost import cost, time_to_quality
from bench.reporting.curves import metric_curves
from bench.reporting.experiments import experiment_sections, within_each
from bench.reporting.failures import failures
from bench.reporting.field_figures import fields
from bench.reporting.figure_style import Picture, Stroke, strokes
from bench.reporting.film_strips import film_strips
from bench.reporting.headline_table import sentences, verdict
from bench.reporting.leaderboard import across_data_sets
from bench.reporting.loss_traces import loss_traces
from bench.reporting.many_pages import many_pages
from bench.reporting.matrix import matrix
from bench.reporting.mode_shares import mode_shares
from bench.reporting.outcomes import outcome_bars, seed_dots
from bench.reporting.page import FirstScreen, Part, Section
from bench.reporting.panel import panel
from bench.reporting.paper import kit, write_kit
from bench.reporting.paper_config import Paper
from bench.reporting.portraits import portraits
from bench.reporting.price import price
from bench.reporting.probe_figures import probe_figures
from bench.reporting.probe_traces import RULE
from bench.reporting.provenance import provenance
from bench.reporting.published import beside_papers
from bench.reporting.relative import relative_to
from bench.reporting.results import ReportError, Results, read
from bench.reporting.sensitivity import sensitivities
from bench.reporting.sheets import sample_sheets
from bench.reporting.stability import stability
from bench.reporting.table import Table, anchor
from bench.reporting.theory import theory
from bench.reporting.tuning import tuning
from bench.running.trained import Trained
from bench.stats.medians import order_interval
from bench.suite.stored_suite import StoredExperiment, stored_experiments, stored_suite

T = TypeVar("T")

OURS = frozenset({"index.html", "report.md", "figures", "tables", "data"})
ONE_PAGE = 50  # cells; of more every data set has a page, and figures are drawn when they are asked for


More = Callable[[Path], list[Section]]


def write(folder: Path, out: Path, only: str = "", reference: str = "", more: More | None = None) -> Path:
    """See `bench.reporting.build`."""
    _writable(out)
    with _uncollected():
        return _write(folder, out, only, reference, more)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the search for circles, which finds none here and takes a third of the time of a large report."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _write(folder: Path, out: Path, only: str, reference: str, more: More | None) -> Path:
    results = read(folder, only)
    verdicts = [] if only else judged(folder)
    first, explained = first_screen(results, verdicts), reading(results)
    pages = many_pages(results, folder, verdicts) if len(results.cells) > ONE_PAGE and not only else None
    content = pages.index if pages else sections(results, folder, verdicts)
    if reference:
        content = [*content[:1], relative_to(results, folder, reference), *content[1:]]
    if more and not only:
        content = [*content[:1], *more(folder), *content[1:]]
    title = f"{results.suite}: {only}" if only else results.suite
    links = [(d, f"data/{anchor(d)}.html") for d in pages.by_dataset] if pages else []
    with _whole(out) as draft:
        (draft / "index.html").write_text(page.html(results, first, content, explained, title, links), encoding="utf-8")
        (draft / "report.md").write_text(page.report_md(results, first, content, explained), encoding="utf-8")
        for kind in ("figures", "tables", *(["data"] if pages else [])):
            (draft / kind).mkdir()
        _files(draft, content)
        for dataset, of in pages.by_dataset.items() if pages else ():
            title = f"{results.suite}: {dataset}"
            text = page.html(
                results, FirstScreen(), of, explained, title, [(f"all of {results.suite}", "../index.html")]
            )
            (draft / "data" / f"{anchor(dataset)}.html").write_text(text, encoding="utf-8")
            _files(draft, of)
    return out / "index.html"


def write_paper(folder: Path, out: Path, paper: Paper) -> Path:
    """See `bench.reporting.build_paper`."""
    files = kit(read(folder), paper)
    if out.exists() and (foreign := sorted({path.name for path in out.iterdir()} - set(files))):
        raise ReportError(f"{out}: holds '{foreign[0]}', which is not of this kit; give another folder with --out")
    with _whole(out) as draft:
        write_kit(draft, files)
    return out / "example.tex"


@contextmanager
def _whole(out: Path) -> Iterator[Path]:
    """A folder in which a report is made; it takes the place of `out` once it is whole."""
    out.parent.mkdir(parents=True, exist_ok=True)
    remove_gone(list(out.parent.glob(f".{out.name}.*")))
    draft = out.with_name(drafted(f".{out.name}", secrets.token_hex(4)))
    draft.mkdir()
    try:
        yield draft
        _swap(draft, out)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _files(draft: Path, content: Sequence[Section]) -> None:
    for section in content:
        for part in section.parts:
            for table in part.tables:
                _table(draft / "tables", table)
            for picture in part.pictures:
                _picture(draft / "figures", picture)


def first_screen(results: Results, verdicts: Sequence[Verdict]) -> FirstScreen:
    said = answer(results, verdicts)
    return FirstScreen(said, None if unjudged(results) else matrix(results, said.best))


def sections(results: Results, folder: Path, verdicts: Sequence[Verdict]) -> list[Section]:
    """Everything, in order: what was asked, then what was found; with experiments, one section for each."""
    ink = strokes(list(dict.fromkeys(results.methods)))
    suite = stored_suite(folder)
    asked = stored_experiments(suite)
    lead = "What the suite claims about its methods, and what the seeds say to that."
    claimed = Section("claims", "Claims", lead, [claims_part(verdicts)] if verdicts else [])
    found = _found(results, ink, tuned.read(folder), Trained(folder))
    papers = [Part(d, tables=_some([beside_papers(results, suite, d)])) for d in results.datasets]
    lead = "What papers report of these methods, and what was measured here."
    found.insert(2, Section("published", "Beside the papers", lead, papers))
    if not asked:
        return [found[0], claimed, *found[1:]]
    own = {"verdict", "dispersion", "theory"} if _all_in(results, folder, asked) else {"verdict", "dispersion"}
    told = [section for section in found if section.key not in own]  # an experiment has its own
    return [claimed, *experiment_sections(results, folder, asked, verdicts, ink), *told]


def _all_in(results: Results, folder: Path, asked: Sequence[StoredExperiment]) -> bool:
    """Whether every cell is shown in an experiment of the suite."""
    shown = {(c.dataset, c.method) for one in within_each(results, folder, asked) for c in one.cells}
    return all((cell.dataset, cell.method) in shown for cell in results.cells)


def _found(results: Results, ink: dict[str, Stroke], trials: TunedSuite | None, trained: Trained) -> list[Section]:
    """What the records hold, by subject."""

    def over(key: str, title: str, lead: str, make: Callable[[str], Part]) -> Section:
        return Section(key, title, lead, [make(dataset) for dataset in results.datasets])

    def whole(key: str, title: str, lead: str, part: Part) -> Section:
        return Section(key, title, lead, [part])

    return [
        over("verdict", "Verdict", "How seeds end, which method ends where, and what the intervals decide.",
             lambda d: Part(d, sentences(results, d), [*_some([panel(results, d)]), *verdict(results, d)],
                            _some([outcome_bars(results, d), price(results, d, ink)]))),
        whole("leaderboard", "Across data sets", "Methods that were run on every data set, put together.",
              across_data_sets(results, ink)),
        over("theory", "Theory", "What was measured, beside what is known in closed form.",
             lambda d: theory(results, d)),
        over("portraits", "Phase portraits", "Small games: where the players went, and where one step leads from anywhere.",
             lambda d: portraits(results, trained, d, ink)),
        over("tuning", "Tuning", "Which settings were tried under an equal budget, and what fewer trials would have found.",
             lambda d: tuning(trials, results, d, ink)),
        over("sensitivity", "Sensitivity", "How much of a grid of settings works, and what a blind choice costs.",
             lambda d: Part(d, tables=_some([sensitivities(results, d)]))),
        over("time", "Time to quality", "How long until a method is as good as named, and how many seeds get there.",
             lambda d: Part(d, tables=_some([time_to_quality(results, d)]))),
        over("cost", "Cost", "Where the time went, and what a sample costs.",
             lambda d: Part(d, tables=cost(results, d))),
        over("oscillation", "Losses and dispersion", "How steadily the losses run, and how far seeds lie apart.",
             lambda d: Part(d, tables=stability(results, d))),
        whole("failures", "What failed and why", "Failed seeds and unfinished cells are results too.",
              Part(tables=[failures(results)])),
        over("samples", "Samples", "The worst, the median and the best seed, beside the real data.",
             lambda d: Part(d, pictures=[
                 *sample_sheets(results, d), *_some([mode_shares(results, d, ink)]), *film_strips(results, d)])),
        over("fields", "Critics and scores", "What networks of the plane learned, where records keep their weights.",
             lambda d: fields(results, trained, d, ink)),
        over("curves", "Metrics against step", "Every seed is drawn.",
             lambda d: Part(d, pictures=metric_curves(results, d, ink))),
        over("losses", "Losses", "Every seed of every player.",
             lambda d: Part(d, pictures=_some([loss_traces(results, d, ink)]))),
        replace(over("probes", "What the probes saw", f"A row a quantity, a panel a method. {RULE}",
             lambda d: Part(d, pictures=probe_figures(results, d, ink))), folded=True),
        over("dispersion", "Dispersion over seeds", "A dot for every seed.",
             lambda d: Part(d, pictures=_some([seed_dots(results, d, ink)]))),
        whole("provenance", "Protocols and provenance", "What every number was measured with.",
              Part(tables=provenance(results))),
    ]  # fmt: skip


def reading(results: Results) -> str:
    """How the numbers were made, with the coverage that the seed counts at hand attain."""
    counts = sorted({len(cell.fates) for cell in results.cells if cell.fates})
    levels = "; ".join(f"{n} seeds {order_interval(n)[1]:.1%}" if n > 1 else "one seed has no interval" for n in counts)
    return page.READING.format(levels=levels or "no seeds ran")


def _some(found: Sequence[T | None]) -> list[T]:
    return [thing for thing in found if thing is not None]


def _table(folder: Path, table: Table) -> None:
    if table.rows:
        (folder / f"{anchor(table.key)}.csv").write_text(table.csv(), encoding="utf-8")
        (folder / f"{anchor(table.key)}.tex").write_text(latex.table(table), encoding="utf-8")


def _picture(folder: Path, picture: Picture) -> None:
    (folder / f"{anchor(picture.key)}.png").write_bytes(picture.png)
    (folder / f"{anchor(picture.key)}.pdf").write_bytes(picture.pdf)


def _writable(out: Path) -> None:
    if out.is_file():
        raise ReportError(f"{out}: is a file; give a folder for the report")
    foreign = sorted({path.name for path in out.iterdir()} - OURS) if out.is_dir() else []
    if foreign:
        raise ReportError(
            f"{out}: holds '{foreign[0]}', which is no part of a report; give the report a folder of its own"
        )


def _swap(draft: Path, out: Path) -> None:
    """Put the draft in the place of an earlier report; between the two renames there is none, and never half of one."""
    old = out.with_name(drafted(f".{out.name}", secrets.token_hex(4)))
    if out.exists():
        os.rename(out, old)
    try:
        os.rename(draft, out)
    except OSError:
        if old.exists():
            os.rename(old, out)
        raise
    shutil.rmtree(old, ignore_errors=True)
