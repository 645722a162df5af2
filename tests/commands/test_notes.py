"""Warnings become notes, each said once."""

from __future__ import annotations

import sys
import warnings

import pytest
from click.testing import CliRunner

from bench.__main__ import main


def test_a_note_is_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
    CliRunner().invoke(main, ["list", "--help"])
    said: list[str] = []
    monkeypatch.setattr(
        sys, "stderr", type("Heard", (), {"write": staticmethod(said.append), "flush": staticmethod(lambda: None)})
    )
    for text in ("a\n b", "a b", "c"):
        warnings.showwarning(text, UserWarning, "file", 1)
    assert "".join(said) == "note: a b\nnote: c\n"
