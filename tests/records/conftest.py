"""Records to be harmed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.records.test_store import keep


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two records; the second will be harmed."""
    root = tmp_path_factory.mktemp("sound")
    keep(root)
    keep(root, method="R1", key="r" * 16)
    return root


@pytest.fixture
def harmed(sound: Path, tmp_path: Path) -> Path:
    shutil.copytree(sound, tmp_path / "toy")
    return tmp_path / "toy"
