"""What a run costs, by name: as the store tells it and as a claim may name it."""

from bench.stats.comparable import CURRENCIES

COSTS = (
    "setup_s", "compiling_s", "training_s", "sampling_s", "evaluation_s", "probes_s",  # seconds, a seed's share of its block
    "steps_per_s", "seed_steps_per_s", "samples_per_s",
    "peak_mib", "parameters", "nfe", *(f"{currency}_per_step" for currency in CURRENCIES),
)  # fmt: skip
