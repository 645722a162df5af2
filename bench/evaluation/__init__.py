"""Samples of all seeds in, one number a seed and metric out; the real side is computed once.

May import: data, features, hashing, metrics, plugins, stats, training.
Public: evaluator.Evaluator, references.Reference, outcomes.endings, outcomes.OutcomeRule, reference_cache.Cache.
"""
