"""A suite file in, a checked `Suite` out; every mistake with its line and its remedy.

May import: claims, data, diagnostics, evaluation, metrics, plugins, probes, stats, training.
Public: load.load_suite, suite.Suite, lines.SuiteError.
"""
