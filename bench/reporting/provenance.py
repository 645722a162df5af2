"""Where every number comes from: protocols, floors, versions, devices, commits, and the options of every cell."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bench.reporting.estimates import digits
from bench.reporting.results import Results
from bench.reporting.table import Entry, Table, word


def provenance(results: Results) -> list[Table]:
    return [_protocols(results), _cells(results), _machines(results)]


def _protocols(results: Results) -> Table:
    rows: dict[tuple[str, ...], list[Entry]] = {}
    for cell in results.cells:
        for record in cell.records:
            floors = record.get("floors") or {}
            for name, protocol in (record.get("protocols") or {}).items():
                floor = floors.get(name)
                words = (cell.dataset, str(name), str(protocol.get("id", "")), _pairs(protocol, "id"))
                floor_text = "—" if floor is None else digits(float(floor))
                rows[(*words, floor_text)] = [*map(word, words), word(floor_text)]
    order = sorted(rows)
    header = ["data set", "metric", "protocol id", "protocol", "real data"]
    caption = (
        "Two numbers with different protocol ids are never compared. Real data: the same metric between real and held-out "
        "real data."
    )
    return Table(
        "protocols", "Protocols, and the numbers of real data", header, [rows[name] for name in order], caption
    )


def _cells(results: Results) -> Table:
    header = [
        "data set", "method", "data set's call", "method's call", "key", "seeds", "training", "mapping", "lanes",
        "precision",
        "threads", "device", "commit", "suite's commit", "created",
    ]  # fmt: skip
    rows = []
    for cell in results.cells:
        for record in cell.records:
            device = record.get("device") or {}
            ran = ", ".join(str(entry["seed"]) for entry in record.get("seeds") or [])
            texts = [
                cell.dataset, cell.method, record["dataset"].get("call"), record["method"].get("call"), cell.key[:12],
                ran,
                _pairs(record.get("train") or {}), record.get("mapping"), record.get("lanes"), record.get("precision"),
                record.get("threads"), f"{device.get('kind', '')} {device.get('name', '')}".strip(),
                record.get("commit"), record.get("suite_commit"),
                record.get("created"),
            ]  # fmt: skip
            rows.append([word("—" if text in (None, "") else str(text)) for text in texts])
    return Table("cells", "Every cell and its options", header, rows, "One line for each block of seeds.")


def _machines(results: Results) -> Table:
    seen: dict[tuple[str, ...], int] = {}
    for cell in results.cells:
        for record in cell.records:
            device = record.get("device") or {}
            machine = (
                f"{device.get('kind', '')} {device.get('name', '')}".strip(),
                str(record.get("commit") or "—"),
                str(record.get("suite_commit") or "—"),
                _pairs(record.get("versions") or {}),
            )
            seen[machine] = seen.get(machine, 0) + 1
    rows = [[*map(word, machine), Entry(str(count), float(count))] for machine, count in sorted(seen.items())]
    return Table(
        "machines", "Machines and versions", ["device", "commit", "suite's commit", "versions", "records"], rows
    )


def _pairs(facts: Mapping[str, Any], *without: str) -> str:
    """`n_fake 10000, k 5`; anything nested as JSON."""
    shown = {name: value for name, value in facts.items() if name not in without}
    return ", ".join(
        f"{n} {v if isinstance(v, str | int | float) else json.dumps(v, sort_keys=True, default=str)}"
        for n, v in shown.items()
    )
