"""What the seeds of a record cost: times, rates, memory and sizes."""

from __future__ import annotations

from bench.claims.cost_names import COSTS
from bench.records.status import Record
from bench.stats.comparable import CURRENCIES

Row = tuple[int, int, str, float | None]  # seed, step, name, value


def costs(record: Record) -> list[Row]:
    """What a record's seeds cost, a row for each seed: seconds are the seed's share of its block."""
    step, every = of_each(record)
    return [(entry["seed"], step, name, value) for entry in record["seeds"] for name, value in every.items()]


def of_each(record: Record) -> tuple[int, dict[str, float]]:
    """The step at which they were trained, and what each seed cost, by name."""
    seeds = record["seeds"]
    timing, step = record.get("timing") or {}, int((record.get("train") or {}).get("steps") or 0)
    known = {name: value for name, value in timing.items() if value is not None}
    rates = {name: value for name, value in known.items() if "_per_s" in name}
    shared = {f"{name}_s": value / len(seeds) for name, value in known.items() if name not in rates}
    sizes = {
        "peak_mib": (record.get("memory") or {}).get("peak_mib"),
        "parameters": sum((record.get("parameters") or {}).values()) or None,
        "nfe": record.get("nfe"),
        **{f"{currency}_per_step": record.get(f"{currency}_per_step") for currency in CURRENCIES},
    }
    told = shared | rates | sizes
    return step, {name: float(value) for name in COSTS if (value := told.get(name)) is not None}
