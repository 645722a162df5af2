"""A results tree as a run would leave it: healthy, collapsed and dead seeds, a skipped cell, a crash, a metric that
does not apply."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd

from bench.records import missing_diagnostics, store

STEPS = 20_000
EVERY = 2_000
METRICS = {
    "modes_covered": {"higher_is_better": True, "scale": "linear", "bounds": [0, None]},
    "sliced_wasserstein": {"higher_is_better": False, "scale": "log", "bounds": [0, None]},
    "score_error": {"higher_is_better": False, "scale": "log", "bounds": [0, None]},
}
DATASETS = {"ring8": "ring(modes=8, std=0.02)", "grid25": "grid(side=5, std=0.05)", "digits": "digits()"}
METHODS = {
    "GAN": ("gan(loss=non_saturating)", "gan", []),
    "GAN + R1": ("gan(loss=non_saturating) + r1(weight=1)", "gan", ["r1(weight=1)"]),
    "WGAN-GP 50%_σ & <b>": (
        "gan(loss=wasserstein) + gradient_penalty(weight=10)",
        "gan",
        ["gradient_penalty(weight=10)"],
    ),
    "DDGAN": ("ddgan(steps=4)", "ddgan", []),
    "EDM": ("edm + ema(decay=0.999)", "edm", ["ema(decay=0.999)"]),
}
MODES = {"ring8": 8, "grid25": 25, "digits": 10}


def slug(label: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in label.lower()).strip("-")


def write(
    folder: Path,
    dataset: str,
    method: str,
    *,
    seeds: range = range(10),
    died: dict[int, int] | None = None,
    collapsed: dict[int, int] | None = None,
    status: str = "done",
    reason: str = "",
    metrics: tuple[str, ...] = tuple(METRICS),
    quality: float = 0.0,
    key: str | None = None,
    protocol: str = "p1",
    device: str = "cpu",
    images: bool = False,
    call: str = "",
    model: str = "",
    floors: bool = True,
    nan: bool = False,
    losses: bool = True,
    references: dict[str, dict[str, object]] | None = None,
    two_sided: tuple[str, ...] = (),
    q: bool = False,
    created: str = "2026-01-02T03:04:05+00:00",
) -> Path:
    """One record and its files. `quality` in 0 (poor) … 1 (good) shapes the curves; `died`, `collapsed`: seed ->
    step."""
    died, collapsed = died or {}, collapsed or {}
    noise = np.random.default_rng([*f"{dataset}/{method}".encode()])
    base = METHODS.get(method, (call or "gan", model or "gan", []))
    key = key or f"{abs(int(noise.integers(1 << 60))):015x}0"
    here = folder / slug(dataset) / f"{slug(method)}-{key[:8]}" / f"seeds-{seeds.start}-{seeds.stop - 1}"
    here.mkdir(parents=True)
    players = ("G", "D") if base[1] in ("gan", "ddgan") else ("net",)
    ran = status in ("done", "diverged", "timeout", "oom")

    def outcome(seed: int) -> dict[str, object]:
        if seed in died:
            return {"seed": seed, "outcome": "diverged", "step": died[seed]}
        if seed in collapsed:
            return {"seed": seed, "outcome": "collapsed", "step": collapsed[seed]}
        return {"seed": seed, "outcome": "ok", "step": None}

    scores, traces = [], []
    for seed in seeds if ran else ():
        gift = noise.normal(quality, 0.08)
        for step in range(0, STEPS + 1, EVERY):
            t = step / STEPS
            alive = seed not in died or step < died[seed]
            lost = 0.25 if seed in collapsed and step >= collapsed[seed] else 1.0
            full = MODES.get(dataset, 8)
            covered = round(min(full, max(1, full * min(1, (0.4 + gift) * min(1, 3 * t + 0.1))) * lost))
            distance = float(np.exp(-3 * t * (0.5 + gift) + 0.15 * noise.normal()) / lost)
            for name in metrics:
                value = covered if name == "modes_covered" else distance * (1 if name == "sliced_wasserstein" else 3)
                scores.append((seed, step, name, float(value) if alive and not nan else float("nan")))
            if q:
                value = float(1 - np.exp(-4 * t * (0.2 + gift)) / lost)
                scores.append((seed, step, "quality", value if alive else float("nan")))
        for step in range(50, STEPS + 1 if losses else 0, 250):
            for player in players:
                swing = (
                    (1 - quality) * np.sin(step / 400 + seed) + 0.05 * noise.normal() + (0.7 if player == "D" else 1.2)
                )
                alive = seed not in died or step < died[seed]
                traces.append((seed, step, f"loss_{player}", float(swing) if alive else float("nan")))
    columns = ["seed", "step", "name", "value"]
    if ran:
        pd.DataFrame(scores, columns=columns).to_parquet(here / "scores.parquet")
        pd.DataFrame(traces, columns=columns).to_parquet(here / "traces.parquet")
        real, fake = (
            pictures(noise, len(seeds), died, seeds, quality) if images else points(noise, dataset, len(seeds), quality)
        )
        np.savez(here / "samples.npz", samples=fake, real=real, seeds=np.array(list(seeds)))
    record = {
        "format": 1,
        "suite": "toys",
        "dataset": {"label": dataset, "call": DATASETS.get(dataset, "ring()")},
        "method": {"label": method, "call": base[0], "model": base[1], "stabilizers": base[2]},
        "key": key,
        "status": status,
        "reason": reason,
        "seeds": [outcome(seed) for seed in seeds] if ran else [],
        "train": {"steps": STEPS, "batch": 256, "evaluate_every": EVERY},
        "mapping": "vmap",
        "lanes": len(seeds),
        "precision": "float32",
        "threads": 1,
        "timing": {
            "setup": 1.5, "training": 100 + 30 * quality, "sampling": 4.0, "evaluation": 6.0, "probes": 3.0,
            "steps_per_s": 180.0, "seed_steps_per_s": 1800.0, "samples_per_s": 250_000.0,
        },
        "memory": {"peak_mib": 512.3},
        "parameters": dict.fromkeys(players, 33_794),
        "nfe": 4 if base[1] == "ddgan" else 1,
        "protocols": {name: {"n_fake": 10_000, "n_real": 10_000, "id": f"{protocol}{name}"} for name in metrics},
        "floors": {"modes_covered": MODES.get(dataset, 8), "sliced_wasserstein": 0.021} if floors else {},
        "metrics": {name: METRICS[name] | {"two_sided": name in two_sided} for name in metrics}
        | ({"quality": {"higher_is_better": True, "scale": "linear", "bounds": [None, 1]}} if q else {}),
        "gradients_per_step": 2 if q else None,
        "references": references or {},
        "versions": {"python": "3.11.9", "torch": "2.11.0"},
        "device": {"kind": device, "name": "a processor"},
        "commit": "0123abcd",
        "created": created,
    }  # fmt: skip
    (here / "record.json").write_text(json.dumps(record), encoding="utf-8")
    return here


def points(
    noise: np.random.Generator, dataset: str, count: int, quality: float, n: int = 2000
) -> tuple[np.ndarray, np.ndarray]:
    modes = MODES.get(dataset, 8)
    angle = 2 * np.pi * np.arange(modes) / modes
    centres = np.stack([np.cos(angle), np.sin(angle)], 1)
    real = centres[noise.integers(modes, size=n)] + 0.03 * noise.normal(size=(n, 2))
    kept = max(1, round(modes * (0.4 + 0.6 * quality)))
    fake = [
        centres[noise.integers(kept, size=n)] + (0.15 - 0.1 * quality) * noise.normal(size=(n, 2)) for _ in range(count)
    ]
    return real.astype("float32"), np.stack(fake).astype("float32")


def pictures(
    noise: np.random.Generator, count: int, died: dict[int, int], seeds: range, quality: float, n: int = 64
) -> tuple[np.ndarray, np.ndarray]:
    y, x = np.mgrid[-1:1:16j, -1:1:16j]
    shift = noise.uniform(-0.5, 0.5, size=(count + 1, n, 2, 1, 1))
    blob = np.exp(-(((x - shift[:, :, 0]) ** 2 + (y - shift[:, :, 1]) ** 2) / 0.1)) * 2 - 1
    blob += (1 - quality) * 0.6 * noise.normal(size=blob.shape)
    for lane, seed in enumerate(seeds):
        if seed in died:
            blob[lane + 1] = np.nan
    return blob[0, :, None].astype("float32"), blob[1:, :, None].astype("float32")


def tree(folder: Path) -> Path:
    """A whole suite's results, with everything that goes wrong in one."""
    for dataset in ("ring8", "grid25"):
        probed = {"losses": dataset == "ring8"}
        write(folder, dataset, "GAN", quality=0.1, died={3: 9_000}, collapsed={1: 8_000, 7: 14_000}, **probed)
        write(folder, dataset, "GAN + R1", quality=0.5, collapsed={} if dataset == "ring8" else {2: 6_000}, **probed)
        write(
            folder, dataset, "WGAN-GP 50%_σ & <b>", quality=0.35, died={s: 1_000 * s + 500 for s in range(6)}, **probed
        )
        write(folder, dataset, "EDM", quality=0.9, **probed)
    write(folder, "ring8", "DDGAN", seeds=range(5), quality=0.7)
    write(folder, "ring8", "DDGAN", seeds=range(5, 10), quality=0.7, key=_key(folder, "ddgan"))
    write(folder, "grid25", "DDGAN", status="error", reason="RuntimeError: mat1 and mat2 shapes cannot be multiplied")
    few = ("sliced_wasserstein",)
    write(folder, "digits", "GAN", quality=0.2, died={0: 300, 4: 12_000}, metrics=few, images=True, losses=False)
    write(folder, "digits", "EDM", quality=0.8, metrics=few, images=True, losses=False)
    write(folder, "digits", "DDGAN", status="skipped", reason="too slow on one core", metrics=few)
    write(
        folder,
        "digits",
        "GAN + R1",
        seeds=range(3),
        quality=0.5,
        metrics=few,
        images=True,
        losses=False,
        protocol="p2",
        device="cuda",
    )
    (folder / "suite.yaml").write_text(
        "suite: toys\nasks: Which stabilizers stop a GAN from collapsing on 2-D mixtures, and at what price?\n"
        "datasets: {ring8: ring(), grid25: grid(), digits: digits()}\n"
        "methods: {GAN: gan, GAN + R1: gan, 'WGAN-GP 50%_σ & <b>': gan, DDGAN: ddgan, EDM: edm}\n",
        encoding="utf-8",
    )
    missing_diagnostics.write_missing(store.load_records(folder))  # as the end of a block does
    return folder


def _key(folder: Path, word: str) -> str:
    return str(json.loads(next(folder.rglob(f"{word}-*/*/record.json")).read_text(encoding="utf-8"))["key"])
