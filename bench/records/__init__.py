"""Records on disk, and what is read from them: a tidy table, verdicts, a small table for the terminal.

May import: claims, diagnostics, hashing, plugins, stats, suite.
Public: store.load, store.load_records, store.commit, frame.frame, tuned.read, verdicts.verdicts.
"""
