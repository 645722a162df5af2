"""What identifies the result of a cell: a hash over its options (defaults included), its code and the content of its data.

Seeds are no part of it, so that more seeds can join a cell later; metrics have hashes of their own, for they look at what was
trained.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, is_dataclass
from typing import Any

import torch

from bench import plugins
from bench.hashing.code import code_hash
from bench.metrics.base import Metric
from bench.plugins import BrokenPlugin, UnknownName, word_of
from bench.probes.base import Probe
from bench.suite.suite import KEYED, Dataset, Method, Train

THREADS = 1  # of every process that trains: small one-thread processes are the fastest on a CPU, and bits depend on it
SPINE = ("bench.training.loop", "bench.training.engine")  # all that is trained passes through
EVALUATOR = "bench.evaluation.evaluator"  # all that is measured passes through


def key_of(
    train: Train | None,
    dataset: Dataset,
    method: Method,
    probes: Sequence[Probe],
    device: str,
    nets: Sequence[str] = (),
    data: str = "",
    made: str = "",
) -> str:
    """16 hexadecimal digits from everything that a cell's training depends on, beside its seeds.

    Metrics are no part of it: they look at what was trained (`wanted_of`).
    `nets` are the modules in which the parts of its networks are defined, `data` is the hash of its data's content, `made`
    that of what a pretrained model samples from; of one `train` is None.
    """
    parts = [dataset.source, method.game, *method.stabilizers, *probes]
    content = {
        "parts": [describe(part) for part in parts],
        "train": {name: value for name, value in asdict(train).items() if name in KEYED} if train else None,
        "threads": THREADS,
        "device": torch.device(device).type,
        "torch": torch.__version__.partition("+")[0],
        "code": code_of(parts, nets),
        **({"data": data} if data else {}),
        **({"made": made} if made else {}),
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def wanted_of(metrics: Sequence[Metric]) -> dict[str, str]:
    """Every column of some metrics -> a hash of the metric's options and code: what its numbers depend on beside samples."""
    found: dict[str, str] = {}
    for metric in metrics:
        about = {"metric": describe(metric), "code": code_hash({EVALUATOR, *modules(metric)})}
        of = hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:16]
        found |= dict.fromkeys(metric.names(), of)
    return found


def code_of(parts: Sequence[Any], nets: Sequence[str]) -> str:
    """A hash of the code of some plugins, of the modules of networks and of what every number passes through."""
    return code_hash({*SPINE, *nets, *(m for part in parts for m in modules(part))})


def describe(plugin: Any) -> dict[str, Any]:
    """A plugin's word and all of its options, defaults included, as JSON."""
    names = [option.name for option in plugins.options(type(plugin))]
    return {"word": word_of(type(plugin)), "options": {name: _plain(getattr(plugin, name)) for name in names}}


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return describe(value)
    if isinstance(value, tuple | list):
        return [_plain(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    return value if isinstance(value, bool | int | float | str | None) else repr(value)


def modules(plugin: Any) -> set[str]:
    """The modules of a plugin and of the architectures and feature spaces that its options name."""
    found = {type(plugin).__module__}
    for option in plugins.options(type(plugin)):
        value = getattr(plugin, option.name)
        if is_dataclass(value):
            found |= modules(value)
        for category in ("architectures", "features"):
            word = (
                value.partition(":")[0] if category == "features" and isinstance(value, str) else value
            )  # `dinov2:vits14`
            if isinstance(word, str) and (word in plugins.words(category) or ":" in word):
                with suppress(UnknownName, BrokenPlugin):
                    found.add(plugins.find(category, word).__module__)
    return found
