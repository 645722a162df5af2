"""Hashes that name things: of contents, of code, and the keys of random draws.

May import: nothing.
Public: content.digest, code.code_hash, noise_keys.key_of.
"""
