"""What is no bug is a line and an exit code."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from bench.commands._errors import INCOMPLETE, plainly


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EIO])
def test_a_disk_that_fails_is_a_line(number: int, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended, plainly():
        raise OSError(number, os.strerror(number), "results/toy/plan.json")
    assert ended.value.code == INCOMPLETE
    assert capsys.readouterr().err == (
        f"results/toy/plan.json: {os.strerror(number)}; what was finished is on disk, and the same command continues\n"
    )


def test_what_may_be_a_bug_keeps_its_traceback() -> None:
    with pytest.raises(FileNotFoundError), plainly():
        Path("/no/such/file").read_text()
