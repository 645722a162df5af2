"""Models; one file each, a `Game` (training/game.py), or `Pretrained` (training/pretrained.py).

May import: architectures, data, diffusion, hashing, plugins, training.
Public: the words of `bench list models`.
"""
