"""The table of outcomes, what follows from it, and that no other file has rules of its own."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import bench
from bench.records.status import RESULTS, SETTLED, STATUSES
from bench.running.progress import BAD
from bench.stats import outcomes as table
from bench.stats.outcomes import COLLAPSED, DIVERGED, OK, OUTCOMES, TIMEOUT, ended, in_order, outcome

NAMES = [row.name for row in OUTCOMES]


def test_the_table_by_hand() -> None:
    assert NAMES == [
        "ok", "unjudged", "unlearned", "mode-dropping", "collapsed", "diverged", "timeout", "oom",
        "error", "infra", "interrupted", "skipped",
    ]  # fmt: skip
    assert {"ok", "unjudged"} == table.SOUND
    assert {"ok", "unjudged", "unlearned", "mode-dropping", "collapsed"} == table.ALIVE
    assert {"diverged", "timeout", "oom"} == table.DEAD
    assert table.FAILURES == ("diverged", "collapsed", "mode-dropping", "unlearned", "cut short")
    assert table.UNSTABLE == ("diverged", "collapsed", "mode-dropping")
    assert {"diverged", "cut short"} == table.WITHOUT_NUMBER
    assert [row.name for row in OUTCOMES if not row.judged] == ["unjudged"]
    assert {"done", "diverged", "timeout", "oom"} == RESULTS
    assert {"done", "diverged", "timeout", "error"} == SETTLED
    assert RESULTS | SETTLED | {"infra", "interrupted", "skipped"} == STATUSES
    assert {"error", "infra", "oom", "interrupted"} == BAD


@pytest.mark.parametrize("row", OUTCOMES, ids=NAMES)
def test_a_row_contradicts_nothing(row: table.Outcome) -> None:
    assert row.means
    assert "\n" not in row.means
    assert row.failure or not row.unstable
    assert row.judged or not row.failure
    assert not (row.of_block and row.number)
    assert row.of_block or (row.result and not row.again and not row.planned)
    if row.result:  # it is drawn, and no two alike
        assert row.color
        assert bool(row.mark) is row.failure
        same = {other.shown for other in OUTCOMES if (other.color, other.hatch) == (row.color, row.hatch)}
        assert same == {row.shown}
    else:
        assert not row.failure


@pytest.mark.parametrize("status", ["done", "diverged", *(row.name for row in OUTCOMES if row.of_block)])
@pytest.mark.parametrize("own", [None, *(row.name for row in OUTCOMES if not row.of_block)])
def test_how_a_seed_of_a_block_ended(own: str | None, status: str) -> None:
    found = ended(own, status).name
    if status in ("done", "diverged"):
        assert found == (own or {"done": "ok"}.get(status, status))
    elif status in ("timeout", "oom"):
        assert found == ("diverged" if own == "diverged" else status)
    else:
        assert found == status


@pytest.mark.parametrize("name", ["weird", "OK", "", None, float("nan"), 3, "cut short"])
def test_an_unknown_name_is_refused_in_one_line(name: object) -> None:
    for ask in (lambda: outcome(name), lambda: ended("ok", name), lambda: in_order([name])):  # type: ignore[list-item]
        with pytest.raises(ValueError, match=re.escape(f"no outcome is called {name!r}: outcomes are ok, ")) as caught:
            ask()
        assert "\n" not in str(caught.value)
    if name is not None:
        with pytest.raises(ValueError, match="no outcome is called"):
            ended(name, "timeout")


def test_names_are_found_and_ordered() -> None:
    assert [outcome(name) for name in NAMES] == list(OUTCOMES)
    assert outcome("done") is OK  # of a block whose seeds say nothing else
    assert in_order(["timeout", "ok", "diverged", "ok", "collapsed"]) == ["ok", "collapsed", "diverged", "timeout"]
    assert (COLLAPSED.shown, DIVERGED.shown, TIMEOUT.shown) == ("collapsed", "diverged", "cut short")


def compared(source: str) -> list[str]:
    """Outcomes' names that a source compares with, or has in a set, a list or a tuple."""
    told = {row.name for row in OUTCOMES if row.result}
    places = [
        node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Compare | ast.Set | ast.Tuple | ast.List)
    ]
    parts = [part for node in places for part in ast.iter_child_nodes(node)]
    return [str(part.value) for part in parts if isinstance(part, ast.Constant) and part.value in told]


def test_rules_about_outcomes_are_written_in_the_table_alone() -> None:
    assert compared('x = fate == "collapsed" or fate in ("ok", *more)') == ["collapsed", "ok"]
    root = Path(bench.__file__).parent
    others = {
        "diagnostics/summary.py",  # diagnostics that are called so
        "suite/load.py",  # a key of a suite
    }
    found = {
        str(file.relative_to(root)): names
        for file in root.rglob("*.py")
        if (names := compared(file.read_text(encoding="utf-8"))) and str(file.relative_to(root)) not in others
    }
    assert found == {}
