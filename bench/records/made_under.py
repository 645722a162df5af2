"""What the numbers of a record were made under, for the rule of what may be compared (stats/comparable.py)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.stats.comparable import BUDGET, CURRENCIES, VERSIONS, Spent

SHORT = 8  # letters of a hash


def made_under(record: Mapping[str, Any]) -> dict[str, str]:
    """By what of `comparable.ALL` without the protocol, which belongs to a metric; '' where a record doesn't say."""
    device, train, versions = (record.get(name) or {} for name in ("device", "train", "versions"))
    return {
        "data": _data(record),
        BUDGET: budget(train),
        "precision": str(record.get("precision") or ""),
        "device": str(device.get("kind") or ""),
        VERSIONS: ".".join(str(versions.get("torch") or "").split("+")[0].split(".")[:2]),
    }


def budget(train: Mapping[str, Any]) -> str:
    """`60000 gradients`, or `5000 steps` where none was given."""
    if given := train.get("budget"):
        return f"{given['amount']} {given['currency']}"
    return f"{train['steps']} steps" if "steps" in train else ""


def spent(record: Mapping[str, Any]) -> Spent:
    """What each of its seeds was given, by currency; records of before 0.3 know steps alone."""
    steps = float((record.get("train") or {}).get("steps") or 0)
    prices = {c: float(price) for c in CURRENCIES if (price := record.get(f"{c}_per_step"))}
    return {c: (steps * price, price) for c, price in {"steps": 1.0, **prices}.items()} if steps else {}


def _data(record: Mapping[str, Any]) -> str:
    dataset = record.get("dataset") or {}
    if content := record.get("data"):
        return f"{dataset.get('word') or 'data'} of content {str(content)[:SHORT]}"
    if not (dataset.get("word") and "options" in dataset):
        return ""
    return f"{dataset['word']}({', '.join(f'{name}={value}' for name, value in dataset['options'].items())})"
