"""A suite in, records out: cells, blocks of seeds, checkpoints, processes.

May import: claims, data, evaluation, hashing, laws, metrics, plugins, probes, records, stats, suite, training.
Public: plan.plan, run.run, tuning.tuning, job.Job, cells.Cell; executors/ has one file an executor.
"""
