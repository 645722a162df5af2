"""Closed forms: what the engine has to reproduce. Plain functions, each with its equation and its source.

May import: data, diffusion, models, stabilizers, training.
Public: a module for each game or family (dirac, bilinear, hopf, gaussian, linear_gaussian), and predictions.
"""
