"""The laws: what holds for every plugin, whoever wrote it. tests/laws runs them over those of bench, `bench laws` over others.

May import: data, evaluation, features, hashing, metrics, plugins, probes, suite, training.
Public: trial.trials, which says what holds of a word; contracts, for one step of it.
"""
