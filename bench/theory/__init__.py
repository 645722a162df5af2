"""Closed forms: what the engine has to reproduce. Plain functions, each with its equation and its source."""
