import shutil
from pathlib import Path

from bench.records.walking import walk


def test_everything_in_order(tmp_path: Path) -> None:
    for name in ("b/2", "b/1", "a/c/3", "d"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert [str(p.relative_to(tmp_path)) for p in walk(tmp_path)] == ["a", "b", "d", "a/c", "a/c/3", "b/1", "b/2"]
    assert list(walk(tmp_path / "none")) == []
    assert list(walk(tmp_path / "d")) == []


def test_what_vanishes_was_not_there(tmp_path: Path) -> None:
    """Another run's draft is renamed into its place between its being seen and being read."""
    for name in ("draft", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").touch()
    found = []
    for path in walk(tmp_path):
        found.append(path.name)
        if path.name == "draft":
            shutil.rmtree(path)
    assert found == ["draft", "other", "file"]
