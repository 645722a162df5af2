"""What of a run has no result in the end, whichever run it was that failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.records import store
from bench.running.cells import Cell
from bench.running.plan import Plan, best
from bench.running.progress import BAD
from bench.running.scoring import lacking

Seeds = Mapping[int, store.Record]  # of one cell: the record of each seed that counts


def unfinished(plan: Plan) -> list[str]:
    """A line for each cell that a plan asks for of which a seed has no result, or lacks a metric or a probe; read from disk.

    `ring / GAN: 5 of 10 seeds have no result: error: TypeError: …`; an error that is settled says what tries it again.
    """
    found = store.load_records(plan.root, deep=True) if plan.root.is_dir() else []
    said = []
    for cell in plan.cells:
        if not cell.skip and not cell.waits:
            said += _of(cell, plan.seeds, best(cell, found))
    return said


def _of(cell: Cell, seeds: Sequence[int], held: Seeds) -> list[str]:
    missing = [seed for seed in seeds if seed not in held]
    bad = [held[seed] for seed in seeds if seed in held and held[seed]["status"] in BAD]
    sound = [held[seed] for seed in seeds if seed in held and held[seed]["status"] not in BAD]
    partial = [record for record in sound if not store.whole(record) or _unscored(cell, record)]
    said = []
    if missing or bad:
        why = _why(bad[-1]) if bad else "not run"
        said.append(f"{cell.label}: {len(missing) + len(bad)} of {len(seeds)} seeds have no result: {why}")
    if partial:
        what = "; ".join(store.errors(partial[-1])) or f"{', '.join(_unscored(cell, partial[-1]))}: not measured yet"
        said.append(f"{cell.label}: {len(partial)} of {len(seeds)} seeds lack {what}")
    return said


def _unscored(cell: Cell, record: store.Record) -> list[str]:
    return sorted(lacking(cell, record)) if record["status"] in store.RESULTS else []


def _why(record: store.Record) -> str:
    log = Path(record["folder"]) / "log.txt"
    where = f" (see {log})" if log.is_file() else ""
    again = "; it is tried again once its code changes, or with --force" if store.settled(record) else ""
    return f"{record['status']}: {record.get('reason')}{where}{again}"
