"""The categories of words that a suite may use, and the contract that each category's classes derive from."""

from __future__ import annotations

import importlib
import inspect

from bench.plugins.hints import first_line
from bench.plugins.options import options

CATEGORIES = {
    "datasets": "bench.data",
    "models": "bench.models",
    "stabilizers": "bench.stabilizers",
    "metrics": "bench.metrics",
    "probes": "bench.probes",
    "architectures": "bench.architectures",
    "features": "bench.features",
}
BASES = {  # the contract of a category: what its classes derive from
    "datasets": "bench.data.base:DataSource",
    "models": "bench.training.game:Game",
    "stabilizers": "bench.training.hooks:Stabilizer",
    "metrics": "bench.metrics.base:Metric",
    "probes": "bench.probes.base:Probe",
    "architectures": "bench.architectures.base:Architecture",
    "features": "bench.features.base:Features",
}
ALSO = {"bench.training.pretrained:Pretrained": "models"}  # a further contract of a category


class UnknownName(LookupError):
    """A word that no file of the category carries; the message names the nearest one."""


class BrokenPlugin(ImportError):
    """A file or an entry point that is there and can't be used; the message says why in one line."""


def category_of_base(base: type) -> str | None:
    """The category whose classes derive from a class; None where it is the base of none."""
    place = f"{base.__module__}:{base.__qualname__}"
    return ALSO.get(place) or next((category for category, named in BASES.items() if named == place), None)


def category_of(plugin: type) -> str | None:
    """The category whose contract a class derives from; None where it is no plugin."""
    return next((found for base in plugin.__mro__[1:] if (found := category_of_base(base))), None)


def singular(category: str) -> str:
    """What one plugin of a category is called in a sentence."""
    return {"datasets": "data set", "features": "feature space"}.get(category, category[:-1])


def unsound(category: str, plugin: object) -> str | None:
    """Why what stands behind a word can't be used, whatever its options; None where it can."""
    if not inspect.isclass(plugin):
        return "is not a class"
    contracts = [BASES[category], *(place for place, of in ALSO.items() if of == category)]
    if not issubclass(plugin, tuple(map(_class_at, contracts))):
        known = " or ".join(place.replace(":", ".") for place in contracts)
        return f"is no {singular(category)}: its class has to derive from {known}"
    if lacking := sorted(getattr(plugin, "__abstractmethods__", ())):
        return f"lacks what every {singular(category)} has: {', '.join(lacking)}"
    return misread(plugin)


def _class_at(place: str) -> type:
    module, _, name = place.partition(":")
    found: type = getattr(importlib.import_module(module), name)
    return found


def misread(plugin: type) -> str | None:
    """Why the options of a class can't be read, as where an annotation means nothing; None where they can."""
    try:
        options(plugin)
    except (Exception, SystemExit, GeneratorExit) as error:
        return f"has an option that can't be read ({type(error).__name__}: {first_line(error)})"
    return None
