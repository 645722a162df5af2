"""Samples of models that were trained before, from the weights that their records keep."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np

from bench.records import store
from bench.running import machine
from bench.running.kept_weights import BEST, FILE, read_state
from bench.running.plan import CantRun
from bench.running.trained import Trained


def sample(
    record: str | Path, n: int, *, weights: Literal["last", "best"] = "last", device: str = "auto"
) -> dict[int, np.ndarray]:
    """New samples of every seed of a record, the folder of one block: seed -> [n, *D], in the units of the data.

    `weights`: those of the end of training, or of each seed's best evaluation (`train: {keep: best}`). The same call gives
    the same samples. Raises CantRun where the weights were not kept, or belong to other code, data or options than today's.
    """
    folder = Path(record)
    found = store.load_records(folder, deep=True)
    if len(found) != 1:
        raise CantRun(
            f"{folder}: holds {len(found)} records; give the folder of one block of seeds, with its record.json"
        )
    file, device = {"last": FILE, "best": BEST}[weights], machine.choose(device)
    if not (folder / file).is_file():
        raise CantRun(
            f"{folder}: its weights were not kept: set 'keep: {weights}' under 'train', and run the suite again"
        )
    seeds = tuple(int(entry["seed"]) for entry in found[0]["seeds"])
    try:
        engine = Trained(folder.resolve().parents[2], device).engine(found[0], seeds)
    except CantRun as error:
        raise CantRun(f"{folder}: {error}") from None
    try:
        state = read_state(folder, engine, file)
    except (OSError, ValueError) as error:
        raise CantRun(f"{folder / file}: can't be read ({error}); run the suite again") from None
    samples = engine.sample(state, n, purpose="kept").float().cpu().numpy()
    return dict(zip(seeds, samples, strict=True))
