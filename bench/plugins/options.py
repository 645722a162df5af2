"""The options of a plugin: the fields of its dataclass."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import cache
from typing import Any, get_type_hints

from bench.plugins.ranges import declared


@dataclass(frozen=True)
class Option:
    """One option of a plugin, as the suite may write it."""

    name: str
    kind: Any  # the annotation, resolved
    declared: Any  # the same with its ranges
    default: Any  # MISSING where the suite has to give it
    words: tuple[str, ...] = ()  # what a text may be, where the plugin says so: field(metadata={"words": a function})

    @property
    def required(self) -> bool:
        return self.default is MISSING


def options(plugin: type) -> tuple[Option, ...]:
    """The fields of a plugin's dataclass that a suite may set (those not marked `hidden`)."""
    if not is_dataclass(plugin):
        return ()
    kinds, ranged = _hints(plugin)
    shown = [f for f in fields(plugin) if f.init and not f.metadata.get("hidden")]
    defaults = [f.default_factory() if f.default_factory is not MISSING else f.default for f in shown]
    allowed = [tuple(f.metadata["words"]()) if "words" in f.metadata else () for f in shown]
    return tuple(
        Option(f.name, kinds[f.name], ranged[f.name], d, w) for f, d, w in zip(shown, defaults, allowed, strict=True)
    )


@cache
def _hints(plugin: type) -> tuple[dict[str, Any], dict[str, Any]]:
    """The annotations, resolved, without their ranges and with them: a suite with many trials asks thousands of times."""
    return get_type_hints(plugin), declared(plugin)
