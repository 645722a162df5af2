"""The functions of this folder as torchmetrics metrics. Importing torchmetrics takes seconds, so nobody does who doesn't ask.

May import: data, features, plugins.
Public: by `from bench.metrics import FrechetMetric`.
"""
