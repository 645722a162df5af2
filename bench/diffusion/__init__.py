"""What the diffusion models share: paths of noise, schedules, targets, weights, samplers.

May import: architectures, data, plugins, training.
Public: base.Diffusion, paths, schedules, samplers, targets, weights, draws.
"""
