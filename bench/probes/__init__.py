"""Probes measure training without changing it; one file each.

May import: diffusion, models, plugins, theory, training.
Public: base.Probe, and the words of `bench list probes`.
"""
