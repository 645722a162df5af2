"""`bench claims` says by its exit code what the seeds say to a suite's claims."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from bench.__main__ import main
from tests.reporting import fake

SUITE = """
suite: toys
seeds: 10
datasets: {ring8: ring}
methods: {GAN: gan, EDM: edm}
claims:
%s
"""
SURE = "  sure: {is: EDM, better_than: GAN, in: modes_covered}"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "toys"
    fake.write(folder, "ring8", "EDM", quality=0.9)
    fake.write(folder, "ring8", "GAN", quality=0.0)
    return folder


@pytest.mark.parametrize(
    ("claims", "code", "said"),
    [
        (SURE, 0, "1 supported"),
        ("  wrong: {is: GAN, better_than: EDM, in: modes_covered}\n" + SURE, 1, "1 refuted, 1 supported"),
        ("  more: {is: EDM, better_than: GAN, in: modes_covered, on: [ring8, grid25]}\n" + SURE, 4, "1 incomplete"),
        ("  just: {is: EDM, better_than: GAN, in: modes_covered, by: 5}\n" + SURE, 3, "1 undecided"),
        ("  {}", 5, ""),
    ],
    ids=["supported", "refuted", "incomplete", "undecided", "none"],
)
def test_the_exit_code(root: Path, claims: str, code: int, said: str) -> None:
    (root / "suite.yaml").write_text(SUITE % claims)
    done = CliRunner().invoke(main, ["claims", str(root)])
    assert done.exit_code == code, done.output
    assert said in " ".join(done.output.split())


def test_no_folder_is_a_usage_error(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["claims", str(tmp_path / "none")])
    assert done.exit_code == 2
