"""The gate of speed: pytest-benchmark's JSON against an earlier one, by ratios to a reference of the same run.

Seconds of two machines, or of two nights on one, do not compare. Each benchmark therefore times a reference kernel in
the same run and keeps `extra_info["ratio"]`: how much faster than it (larger is faster).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bench.gate.report import Report, Row
from bench.plugins.hints import written
from bench.records.strict_json import once, text_of
from bench.stats.comparable import differences
from bench.stats.measure import LARGEST
from bench.suite.waivers import CellMetric

TOLERANCE = 0.20  # of the ratio; about what two runs of one commit differ by on a shared machine


class TimingError(ValueError):
    """A file of benchmarks that can't be used: one line with the remedy."""


@dataclass(frozen=True)
class Timing:
    """One benchmark of one run."""

    name: str
    ratio: float
    device: str


def read(path: Path) -> dict[str, Timing]:
    """The benchmarks of a run that have a ratio. Raises TimingError for what is missing, broken or foreign."""
    try:
        found = json.loads(text_of(path), object_pairs_hook=once)  # pytest-benchmark's own has numbers that are none
    except FileNotFoundError:
        raise TimingError(f"{path}: no such file; make it with pytest --benchmark-json={path}") from None
    except (OSError, ValueError, RecursionError) as error:
        raise TimingError(f"{path}: not pytest-benchmark's JSON ({' '.join(str(error).split())})") from None
    benchmarks = found.get("benchmarks") if isinstance(found, dict) else None
    if not isinstance(benchmarks, list):
        raise TimingError(f"{path}: not pytest-benchmark's JSON: it holds no list 'benchmarks'")
    machine = found.get("machine_info")
    machine = machine if isinstance(machine, dict) else {}
    out: dict[str, Timing] = {}
    for entry in benchmarks:
        timing = _timing(path, entry, machine)
        if timing is not None and timing.name in out:
            raise TimingError(f"{path}: {timing.name} is there twice; run the benchmarks again, each once")
        if timing is not None:
            out[timing.name] = timing
    if not out:
        raise TimingError(f"{path}: no benchmark in it has extra_info['ratio'], so nothing can be compared")
    return out


def _timing(path: Path, entry: Any, machine: Mapping[str, Any]) -> Timing | None:
    try:
        name, extra = written(str(entry["fullname"])), entry.get("extra_info") or {}
        ratio = extra.get("ratio")
    except (KeyError, TypeError, AttributeError):
        raise TimingError(f"{path}: not pytest-benchmark's JSON: a benchmark lacks 'fullname'") from None
    if ratio is None:
        return None
    if isinstance(ratio, bool) or not isinstance(ratio, int | float) or not 1 / LARGEST <= ratio <= LARGEST:
        raise TimingError(f"{path}: {name}: a ratio is a number above 0, not {ratio!r}")
    return Timing(name, float(ratio), str(extra.get("device") or machine.get("machine") or ""))


def compare(
    now: Mapping[str, Timing],
    then: Sequence[Mapping[str, Timing]],
    tolerance: float = TOLERANCE,
) -> Report:
    """One row a benchmark: regression where the ratio fell by more than the tolerance below every earlier run, or where
    the benchmark is gone (deleted or renamed); improved where it rose by as much above every one.

    Several earlier runs make the rule steadier: the spread between runs of one commit is then known, not assumed. Raises
    TimingError for a tolerance that is no share.
    """
    if not 0 <= tolerance < 1:
        raise TimingError(f"a tolerance is a share from 0 to below 1, not {tolerance:g}")
    rows = []
    for name in sorted({n for run in then for n in run}):
        earlier = [run[name] for run in then if name in run]
        key = CellMetric("benchmark", *_split(name))
        then_ratio = median(t.ratio for t in earlier)
        row = {"n_baseline": len(earlier), "median_baseline": then_ratio, "margin": tolerance}
        if name not in now:
            reason = "absent: deleted or renamed; if that was meant, give the new file as the baseline"
            rows.append(Row(key, "ratio", "regression", reason=reason, **row))  # type: ignore[arg-type]
            continue
        ratio = now[name].ratio
        row |= {"n": 1, "median": ratio, "effect": ratio / then_ratio - 1}
        devices = {t.device for t in earlier}
        if devices != {now[name].device}:
            sides = [("the baseline", {"device": d}) for d in sorted(devices)] + [("now", {"device": now[name].device})]
            reason = "; ".join(differences(sides))
            rows.append(Row(key, "ratio", "incomparable", reason=reason, **row))  # type: ignore[arg-type]
        elif ratio < (1 - tolerance) * min(t.ratio for t in earlier):
            rows.append(Row(key, "ratio", "regression", reason="slower against its reference", **row))  # type: ignore[arg-type]
        elif ratio > (1 + tolerance) * max(t.ratio for t in earlier):
            rows.append(Row(key, "ratio", "improved", **row))  # type: ignore[arg-type]
        else:
            rows.append(Row(key, "ratio", "pass", **row))  # type: ignore[arg-type]
    for name in sorted(now.keys() - {n for run in then for n in run}):
        why = "new: no earlier ratio"
        rows.append(
            Row(CellMetric("benchmark", *_split(name)), "ratio", "shown", n=1, median=now[name].ratio, reason=why)
        )
    rows.sort(key=lambda r: (r.verdict != "regression", r.verdict != "incomparable", r.key))
    return Report(tuple(rows), len(rows), {"timing": True})


def _split(fullname: str) -> tuple[str, str]:
    """`tests/benchmarks/test_engine.py::test_step[gan]` -> its file and its name."""
    file, _, name = fullname.rpartition("::")
    return file or "-", name
