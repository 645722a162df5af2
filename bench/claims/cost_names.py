"""What a run costs, by name: as the store tells it and as a claim may name it."""

COSTS = (
    "setup_s", "training_s", "sampling_s", "evaluation_s", "probes_s",  # seconds, a seed's share of its block
    "steps_per_s", "seed_steps_per_s", "samples_per_s",
    "peak_mib", "parameters", "nfe", "updates_per_step", "gradients_per_step", "samples_per_step",
)  # fmt: skip
