"""Metrics turn samples into numbers, one a seed; one file each, with a plain function and a torchmetrics class.

May import: data, features, plugins.
Public: base.Metric, base.FeatureMetric, and the words of `bench list metrics`.
"""
