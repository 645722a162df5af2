"""Feature spaces: where distances between sets of samples are measured; one file a space.

May import: data, hashing, plugins.
Public: base.Features, base.extract, base.open_space; and, of torch-fidelity, which is imported when it is asked for,
`from bench.features import register_feature_extractor`.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


def __getattr__(name: str) -> Any:
    if name == "register_feature_extractor":
        return import_module(f"{__name__}._torch_fidelity").register_feature_extractor
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
