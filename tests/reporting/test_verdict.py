"""What the tables say of a tree in which everything goes wrong at once."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from bench.reporting.cost import cost, time_to_quality
from bench.reporting.failures import failures
from bench.reporting.headline_table import sentences, verdict
from bench.reporting.results import ReportError, Results, read
from bench.reporting.summary import columns
from bench.reporting.table import Table


@pytest.fixture(scope="module")
def results(tree: Path) -> Results:
    return read(tree)


def lines(table: Table) -> dict[str, dict[str, str]]:
    return {row[0].text: dict(zip(table.names, (e.text for e in row), strict=True)) for row in table.rows}


def test_blocks_of_seeds_join(results: Results) -> None:
    (cell,) = [cell for cell in results.on("ring8") if cell.method == "DDGAN"]
    assert sorted(cell.fates) == list(range(10))


def test_the_suite_keeps_its_order_and_its_question(results: Results) -> None:
    assert results.datasets == ["ring8", "grid25", "digits"]
    assert [cell.method for cell in results.on("ring8")][:2] == ["GAN", "GAN + R1"]
    assert results.asks.startswith("Which stabilizers")


def test_medians_are_those_of_the_rows(results: Results) -> None:
    rows = results.frame.query("kind == 'score' and dataset == 'ring8' and method == 'EDM' and step == 20000")
    for column in columns(results, "ring8"):
        expected = float(np.median(rows[rows["name"] == column.metric.name]["value"]))
        assert column.curves["EDM"].summary("last").median == pytest.approx(expected)


def test_a_method_with_most_seeds_dead_has_failed(results: Results) -> None:
    (table,) = verdict(results, "ring8")
    line = lines(table)["WGAN-GP 50%_σ & <b>"]
    assert line["seeds failed"] == "6/10"
    assert line["sliced_wasserstein ↓ last"].startswith("failed (survivors ")
    assert line["sliced_wasserstein ↓ best"] == "failed"


def test_different_protocols_never_share_a_column(results: Results) -> None:
    (table,) = verdict(results, "digits")
    shown = lines(table)
    first, second = [name for name in table.names if name.endswith(" last")]
    assert (shown["EDM"][second], shown["GAN + R1"][first]) == ("incomparable", "incomparable")
    assert shown["EDM"][first][0].isdigit()
    assert shown["DDGAN"][first] == "skipped"
    for column in columns(results, "digits"):
        assert not {"EDM", "GAN + R1"} <= set(column.curves)


def test_times_of_different_devices_never_share_a_table(results: Results) -> None:
    assert [table.title for table in cost(results, "digits")] == ["Cost on digits, cpu", "Cost on digits, cuda"]


def test_only_a_decided_best_is_bold(results: Results) -> None:
    for dataset in results.datasets:
        found = columns(results, dataset)
        (table,) = verdict(results, dataset)
        for k, column in enumerate(found):
            bold = [row[0].text for row in table.rows if row[2 + 3 * k].best]
            assert bold == ([] if column.winner() is None else [column.winner()])
    assert columns(results, "grid25")[1].winner() == "EDM"
    assert columns(results, "ring8")[0].winner() is None  # several methods cover all modes
    assert "undecided among" in sentences(results, "ring8")[0]


def test_the_floor_is_a_row_of_its_own_and_never_best(results: Results) -> None:
    (table,) = verdict(results, "ring8")
    floor = table.rows[-1]
    assert {entry.kind for entry in floor} == {"floor"}
    assert not any(entry.best for entry in floor)
    assert lines(table)["real data"]["sliced_wasserstein ↓ last"] == "0.02"  # .021, with the decimals of its column


def test_a_metric_that_was_not_measured_has_no_column(results: Results) -> None:
    assert {column.metric.name for column in columns(results, "digits")} == {"sliced_wasserstein"}


def test_time_to_quality_counts_the_seeds_that_get_there(results: Results) -> None:
    table = time_to_quality(results, "ring8")
    assert table is not None
    rows = results.frame.query(
        "kind == 'score' and dataset == 'ring8' and method == 'EDM' and name == 'sliced_wasserstein' and value <= 0.042"
    )
    first = rows.groupby("seed")["step"].min()
    name = next(name for name in table.names if "wasserstein" in name)
    assert lines(table)["EDM"][name].endswith(f"({len(first)}/10)")


def test_every_failure_is_named_with_its_step(results: Results) -> None:
    table = failures(results)
    said = {(row[0].text, row[1].text): [entry.text for entry in row] for row in table.rows}
    assert "seed 3 at 9\u202f000" in said["ring8", "GAN"][4]
    assert "collapsed: seed 1 at 8\u202f000" in said["ring8", "GAN"][4]
    assert said["digits", "DDGAN"][5] == "too slow on one core"
    assert "RuntimeError" in said["grid25", "DDGAN"][5]
    assert ("ring8", "EDM") not in said


def test_csv_parses_back_to_the_numbers(results: Results) -> None:
    for dataset in results.datasets:
        for table in verdict(results, dataset):
            header, *rows = csv.reader(io.StringIO(table.csv()))
            assert len(header) == len(table.columns) + 2 * len(table.spread)
            assert {len(row) for row in rows} == {len(header)}
            for row, entries in zip(rows, table.rows, strict=True):
                value = entries[2].value
                if value is not None and np.isfinite(value):
                    assert float(row[2]) == value


@pytest.mark.parametrize("status", ["timeout", "oom"])
def test_a_cell_cut_short_ranks_worst(fake: ModuleType, tmp_path: Path, status: str) -> None:
    fake.write(tmp_path, "ring8", "EDM", status=status, quality=0.9)
    fake.write(tmp_path, "ring8", "GAN", quality=0.1)
    results = read(tmp_path)
    (cell,) = [cell for cell in results.cells if cell.method == "EDM"]
    assert len(cell.failures) == 10
    for column in columns(results, "ring8"):
        assert column.winner() == "GAN"


def test_two_suites_in_one_folder_are_refused(fake: ModuleType, tmp_path: Path) -> None:
    folder = fake.write(tmp_path, "ring8", "EDM")
    (tmp_path / "other").mkdir()
    record = (folder / "record.json").read_text(encoding="utf-8").replace('"suite": "toys"', '"suite": "images"')
    fake.write(tmp_path / "other", "ring8", "EDM")
    (folder / "record.json").write_text(record, encoding="utf-8")
    with pytest.raises(ReportError, match="holds 2 suites"):
        read(tmp_path)
