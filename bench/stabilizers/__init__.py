"""Stabilizers; one file each, a `Stabilizer` (training/hooks.py).

May import: architectures, data, diffusion, models, plugins, training.
Public: the words of `bench list stabilizers`.
"""
