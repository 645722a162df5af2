"""Feature spaces: where distances between sets of samples are measured; one file a space.

May import: data, hashing, plugins.
Public: base.Features, base.extract, base.open_space.
"""
