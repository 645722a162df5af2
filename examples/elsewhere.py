"""Samples that were made elsewhere: judged by themselves, and in a row of a suite's table. Run me: python elsewhere.py

The model that was trained elsewhere is a kernel density of the digits here; three seeds are three bootstraps of the data.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np
from sklearn.neighbors import KernelDensity

import bench
from bench.data.digits import Digits

SEEDS, N = 3, 200


def make(folder: Path) -> None:
    """One .npz a seed, `samples` [n, 1, 8, 8] in [-1, 1], as the data set has them."""
    folder.mkdir(exist_ok=True)
    data = Digits().load().x.flatten(1).numpy()
    for seed in range(SEEDS):
        rows = np.random.default_rng(seed).integers(len(data), size=len(data))
        density = KernelDensity(bandwidth=0.2).fit(data[rows])
        samples = density.sample(N, random_state=seed).clip(-1, 1).reshape(N, 1, 8, 8)
        np.savez(folder / f"seed{seed}.npz", samples=samples.astype(np.float32))


def main() -> None:
    make(Path("theirs"))
    command = ["score", "theirs", "--data", "digits", "--metrics", "frechet(space=digits), precision, recall"]
    subprocess.run([sys.executable, "-m", "bench", *command], check=True)

    suite = bench.Suite.from_dict(
        {
            "suite": "elsewhere",
            "asks": "Does a small VAE beat a kernel density?",
            "seeds": SEEDS,
            "train": {"steps": 100, "batch": 32},
            "datasets": {"digits": "digits"},
            "methods": {"KDE": "samples(path=theirs)", "VAE": "vae(width=32)"},
            "metrics": [f"frechet(space=digits, n={N})", f"recall(space=digits, n={N})"],
            "claims": {"covers more": {"is": "VAE", "better_than": "KDE", "in": "recall_digits"}},
        }
    )
    results = bench.run(suite, quiet=True)
    frame = bench.load(results)
    print(frame[frame["name"] == "fd_digits"].pivot(index="method", columns="seed", values="value").round(2))
    print(bench.stability(frame)[["method", "seeds", "ok", "quality"]].round(2))
    for verdict in bench.verdicts(results):
        print(f"{verdict.claim.name}: {verdict.status}")
    print(bench.report(results))


if __name__ == "__main__":
    main()
