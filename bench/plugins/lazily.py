"""Large libraries, imported when they are first asked for something: `bench check` needs no pandas."""

from __future__ import annotations

from importlib import import_module
from typing import Any


class _Later:
    """Stands for a module until it is asked; what it was asked for once is kept."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__"):  # what looks at objects (inspect, copy) asks every object for
            raise AttributeError(attribute)
        value = getattr(import_module(self._name), attribute)
        setattr(self, attribute, value)
        return value


def lazily(name: str) -> Any:
    """The module of this name. Import it under TYPE_CHECKING as well, so that types are known."""
    return _Later(name)
