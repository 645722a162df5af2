"""Models; one file each, a `Game` (training/game.py).

May import: architectures, data, diffusion, plugins, training.
Public: the words of `bench list models`.
"""
