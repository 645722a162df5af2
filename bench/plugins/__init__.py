"""Finding the class behind a word of a suite, and the options that it takes.

May import: hashing.
"""

from bench.plugins.categories import CATEGORIES, BrokenPlugin, UnknownName, category_of_base, singular
from bench.plugins.discovery import find, word_of, words
from bench.plugins.hints import close, first_line, nearest, reason
from bench.plugins.options import Option, options
from bench.plugins.ranges import outside, too_large

__all__ = [
    "CATEGORIES",
    "BrokenPlugin",
    "Option",
    "UnknownName",
    "category_of_base",
    "close",
    "find",
    "first_line",
    "nearest",
    "options",
    "outside",
    "reason",
    "singular",
    "too_large",
    "word_of",
    "words",
]
