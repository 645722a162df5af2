"""What a gate says: every row in every format, and one exit code."""

import json
from xml.etree import ElementTree

import pytest
from rich.console import Console

from bench.gate import Report, Row, as_json, ci_annotations, junit, markdown, reasons, summary, terminal
from bench.suite.waivers import CellMetric


def everything():
    key = CellMetric("ring|1", "GAN <b>", "modes")
    words = (
        "regression",
        "incomplete",
        "suspicious",
        "incomparable",
        "insufficient",
        "waived",
        "improved",
        "pass",
        "shown",
    )
    known = {"false_alarm": 0.004, "false_alarm_bound": 0.012, "power": {"2": 0.5}}
    return Report(tuple(Row(key, "values", word, reason="a: b\nc, 5%") for word in words), 9, known)


@pytest.mark.parametrize(
    ("words", "code", "strict"),
    [
        (["pass", "improved", "waived", "shown"], 0, 0),
        (["pass", "suspicious"], 3, 1),
        (["incomparable"], 3, 1),
        (["insufficient"], 3, 1),
        (["incomplete", "suspicious"], 4, 4),
        (["regression", "incomplete", "suspicious"], 1, 1),
        ([], 5, 5),
    ],
)
def test_exit_codes(words, code, strict):
    report = Report(tuple(Row(CellMetric("d", "m", "x"), "values", word) for word in words))
    assert (report.exit_code(), report.exit_code(strict=True)) == (code, strict)


def test_every_output_holds_every_row():
    report = everything()
    console = Console(width=300, record=True, file=None, force_terminal=False, quiet=True)
    with console.capture() as shown:
        console.quiet = False
        console.print(terminal(report), *reasons(report), summary(report), soft_wrap=True)
    text, page, data = shown.get(), markdown(report), json.loads(as_json(report))
    tree = ElementTree.fromstring(junit(report))
    for word in report.counts:
        assert word in text
        assert f"| {word} |" in page
    assert "1 shown" in text  # what was not tested is counted, and lies in the files
    assert "what to do: mend what changed" in text
    assert "95 % bound 0.012" in text
    assert "0.5 at 2 SD" in page
    assert len(data["rows"]) == len(tree.findall("testcase")) == 9
    assert (tree.get("tests"), tree.get("failures"), tree.get("errors"), tree.get("skipped")) == ("9", "1", "1", "4")
    assert data["rows"][0]["median"] is None
    rows = [line for line in page.splitlines() if line.startswith("| regression")]
    assert rows[0].count(" | ") == 11
    assert ElementTree.fromstring(junit(report, strict=True)).get("failures") == "4"


def test_a_label_with_control_characters_is_still_xml():
    row = Row(CellMetric("ring\x00", "GAN\x1b[31m", "modes\x08"), "values", "regression")
    (case,) = ElementTree.fromstring(junit(Report((row,)))).iter("testcase")
    assert case.get("name", "").endswith("(values)")


def test_annotations_are_one_escaped_line_each():
    lines = list(ci_annotations(everything()))
    assert [line.split(" ")[0] for line in lines] == ["::error", "::error", "::warning", "::warning", "::warning"]
    assert all("\n" not in line and "%0A" in line and "5%25" in line for line in lines)
    assert lines[0].startswith("::error title=gate%3A regression::")
