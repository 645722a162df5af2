"""One results tree and one report of it, shared by the tests of this folder."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

import bench.reporting
from tests.reporting import fake as results_of


@pytest.fixture(scope="session")
def fake() -> ModuleType:
    return results_of


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return results_of.tree(tmp_path_factory.mktemp("results") / "toys")


@pytest.fixture(scope="session")
def report(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bench.reporting.build(tree, tmp_path_factory.mktemp("reports") / "toys").parent
