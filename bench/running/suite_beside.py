"""The suite that lies beside the records of its run."""

from __future__ import annotations

import re
from pathlib import Path

from bench.records.stored_plan import read_plan
from bench.running.plan import CantRun
from bench.running.run import prepare
from bench.suite.stored_suite import FILE
from bench.suite.suite import Suite


def suite_beside(results: Path) -> Suite:
    """The suite of a folder of results, of a smoke run as short as that was. Raises CantRun and SuiteError."""
    if not (results / FILE).is_file():
        raise CantRun(f"{results}: there is no {FILE} in it; give the folder that bench run wrote, results/<suite>")
    smoke = re.fullmatch(r".*-steps(\d+)", results.resolve().name)
    planned = read_plan(results)
    folder = results / planned.folder if planned and planned.folder else None
    suite = prepare(results / FILE, int(smoke[1]) if smoke else None, folder=folder)
    if suite.name != results.resolve().name:
        raise CantRun(f"{results}: holds the suite '{suite.name}': call the folder so")
    return suite
