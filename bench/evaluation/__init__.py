"""Samples of all seeds in, one number a seed and metric out; the real side is computed once.

May import: data, features, hashing, metrics, training.
Public: evaluator.Evaluator, cache.Cache.
"""
