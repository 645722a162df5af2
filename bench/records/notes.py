"""What has to be said once of a folder of records: what broke, who can't be judged, and what can't be seen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bench.records import store
from bench.records.current import other_settings
from bench.stats.outcomes import UNJUDGED

SHOWN = 3  # cells that are named


def notes(records: Sequence[store.Record]) -> list[str]:
    """One line each, of records that count (`store.current`)."""
    return [*broken(records), *unjudged(records), *single_looks(records)]


def elsewhere(found: Sequence[store.Record]) -> list[str]:
    """Cells of which there are results of another setting only, of all records of a folder."""
    other = other_settings(found)
    return [f"passed over, run under other settings than the suite's: {_cells(other)}; run the suite"] if other else []


def broken(records: Sequence[store.Record]) -> list[str]:
    """Metrics and probes that broke, by reason, with their cells; the next run tries these cells again."""
    where: dict[str, list[store.Record]] = {}
    for record in records:
        for said in store.errors(record):
            where.setdefault(said, []).append(record)
    return [f"broken, and absent on {_cells(found)}: {said}" for said, found in where.items()]


def unjudged(records: Sequence[store.Record]) -> list[str]:
    """Living seeds without a known quality, by reason: they count neither as ok nor as failed."""
    where: dict[str, list[store.Record]] = {}
    for record in records:
        if any(store.fate(record, entry)[0] == UNJUDGED.name for entry in record["seeds"]):
            where.setdefault(str(record.get("unjudged")), []).append(record)
    return [f"unjudged, neither ok nor failed, on {_cells(found)}: no quality: {why}" for why, found in where.items()]


def single_looks(records: Sequence[store.Record]) -> list[str]:
    """Where quality is looked at once: there a collapse can't be seen."""
    judged = [r for r in records if r["status"] in store.RESULTS and r.get("references") and not r.get("unjudged")]
    once = [r for r in judged if not store.pretrained(r) and _once(r.get("train") or {})]
    if not once:
        return []
    where = "" if len(once) == len(judged) else f" on {_cells(once)}"
    return [f"a single evaluation{where}: a collapse can't be seen; 'evaluate_every' under 'train:' asks for more"]


def _once(train: dict[str, int]) -> bool:
    every, steps = train.get("evaluate_every") or 0, train.get("steps") or 0
    return not every or every >= steps


def _cells(records: Iterable[store.Record]) -> str:
    """`ring / GAN`, or `5 cells (ring / GAN, ring / VAE, grid / GAN, …)`."""
    names = list(dict.fromkeys(f"{r['dataset']['label']} / {r['method']['label']}" for r in records))
    listed = ", ".join(names[:SHOWN]) + ", …" * (len(names) > SHOWN)
    return listed if len(names) == 1 else f"{len(names)} cells ({listed})"
