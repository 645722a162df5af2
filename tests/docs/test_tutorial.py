"""The tutorial, from its first file to the paper's table, as it stands there but for its length."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench.__main__ import main
from bench.running import run as running
from tests.docs.pages import blocks
from tests.running.tuned_suite import Here

SHORTER = {"steps: 3000": "steps: 20", "evaluate_every: 300": "evaluate_every: 10", "n=2500": "n=200"}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_every_step_of_it_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(running, "find", lambda word: lambda slots: Here())
    said: dict[str, str] = {}
    for language, file, text in blocks("tutorial.md"):
        for old, new in SHORTER.items() if file == "mine.yaml" else ():
            assert old in text
            text = text.replace(old, new)
        if file:
            Path(file).write_text(text, encoding="utf-8")
        elif language == "sh":
            for line in text.splitlines():
                without = ["--no-report"] if " run " in line else []  # that of --paper is made
                done = CliRunner().invoke(main, [*shlex.split(line)[1:], *without], catch_exceptions=False)
                assert done.exit_code in ((0, 1, 3) if " claims " in line else (0,)), (line, done.output)
                said[line] = done.output
        else:
            assert language == "python"
            exec(compile(text, "tutorial.md", "exec"), {})
    assert all(" holds" in line for line in said["bench laws centred_critic.py"].splitlines())
    paper = Path("reports/mine.paper")
    tables = [path.read_text(encoding="utf-8") for path in paper.glob("*.tex")]
    assert any("ours" in table and "plain GAN" in table for table in tables)
    assert {"example.tex", "sources.bib"} <= {path.name for path in paper.iterdir()}
    assert list(paper.glob("*.pdf"))
    for language, file, text in blocks("howto/samples.md"):  # of the same results
        if language == "python":
            exec(compile(text, file, "exec"), {})
