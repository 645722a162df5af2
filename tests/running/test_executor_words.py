"""An executor is a file of its folder, and its class is named like the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.running import executors
from bench.running.executors.base import NoExecutor, find, words


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place beside the executors' own folder."""
    monkeypatch.setattr(executors, "__path__", [*executors.__path__, str(tmp_path)])
    return tmp_path


def test_a_file_is_a_word_and_a_helper_is_none(folder: Path) -> None:
    (folder / "my_pool.py").write_text("class Other:\n    pass\n\n\nclass MyPool:\n    pass\n")
    (folder / "_helper.py").write_text("")
    assert words() == ["local", "my_pool", "ray", "slurm"]
    assert find("my_pool").__name__ == "MyPool"
    assert find("local").__name__ == "Local"


@pytest.mark.parametrize(
    ("word", "source", "said"),
    [
        ("locl", "", r"no executor is called 'locl'; did you mean 'local'\?"),
        (
            "their_pool",
            "class Pool:\n    pass\n",
            "expected a class named like the file, 'theirpool' in any letter case",
        ),
        ("broken_pool", "import nowhere_at_all\n", "executor broken_pool can't be imported: ModuleNotFoundError"),
    ],
)
def test_what_cannot_be_used_is_told_in_one_line(folder: Path, word: str, source: str, said: str) -> None:
    if source:
        (folder / f"{word}.py").write_text(source)
    with pytest.raises(NoExecutor, match=said) as caught:
        find(word)
    assert len(str(caught.value).splitlines()) == 1
