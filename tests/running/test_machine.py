"""What a record says about the machine."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest
import torch

from bench.running import machine
from bench.running.seed_block import _energy


class Card:
    """A driver that knows one card."""

    class NVMLError(Exception):
        pass

    def __init__(self, tells: bool) -> None:
        self.tells = tells

    def nvmlInit(self) -> None:
        pass

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> str:
        assert uuid == "GPU-1234"
        return uuid

    def nvmlDeviceGetTotalEnergyConsumption(self, handle: str) -> int:
        if not self.tells:
            raise self.NVMLError("not supported")
        return 12_500  # millijoules


def test_energy_is_told_where_the_driver_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: SimpleNamespace(uuid="1234"))
    monkeypatch.setitem(sys.modules, "pynvml", Card(tells=True))
    assert machine.joules("cuda:0") == 12.5
    monkeypatch.setitem(sys.modules, "pynvml", Card(tells=False))
    assert machine.joules("cuda:0") is None
    monkeypatch.setitem(sys.modules, "pynvml", None)  # not installed
    assert machine.joules("cuda:0") is None
    assert machine.joules("cpu") is None


def test_energy_that_nobody_tells_is_absent_from_the_record() -> None:
    assert _energy(10.0, 12.5) == {"energy": {"joules": 2.5}}
    assert _energy(None, 12.5) == _energy(10.0, None) == {}
