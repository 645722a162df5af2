"""Calls inside YAML's `[…]` and `{…}`, whose commas and brackets YAML would take for its own.

`metrics: [frechet(n=500, space=digits), kid]` is read as its author means it: every plain entry of a flow collection that
holds brackets (of a call, or of a grid's point: `{is: GAN [lr=0.01]}`) is put between quotes before YAML sees it, which would
refuse it or cut it at a comma. Lines stay where they are.
"""

from __future__ import annotations

import re

# where a flow collection begins: at the start of a line, of a list's entry or of a key's value
START = re.compile(
    r"""^[ ]*(?:-[ ]+)*(?:(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s#'"\[{&*!|>%@`][^#\n]*?)[ ]*:[ ]+)?(?=[\[{])""",
    re.MULTILINE | re.VERBOSE,
)
BLOCK = re.compile(r"^([ ]*)(?:-[ ]+)*[^#\n]*:[ ]+[|>][+\-0-9]*[ ]*(?:#.*)?\n((?:\1[ ]+.*\n|[ ]*\n)*)", re.MULTILINE)
QUOTED = re.compile(r"""'(?:[^']|'')*'|"(?:[^"\\]|\\.)*\"""", re.DOTALL)
ENDS = re.compile(r"[,\[\]{}\n]|:(?=[\s,]|$)|(?<=\s)#")  # of a plain entry
PAIRS = {"(": ")", "[": "]", "{": "}"}


def quote_calls(text: str) -> str:
    """The text of a YAML file in which every call inside a flow collection is one quoted scalar."""
    literal = [(found.start(2), found.end(2)) for found in BLOCK.finditer(text)]
    parts, done = [], 0
    for found in START.finditer(text):
        begin = found.end()
        if begin < done or any(a <= begin < b for a, b in literal):
            continue
        end, flow = _collection(text, begin)
        parts += [text[done:begin], flow]
        done = end
    return "".join([*parts, text[done:]])


def _collection(text: str, at: int) -> tuple[int, str]:
    """The collection that begins at a place: where it ends, and its text with the calls quoted."""
    close, out = PAIRS[text[at]], [text[at]]
    at += 1
    while at < len(text):
        char = text[at]
        if char == close:
            return at + 1, "".join([*out, char])
        if char in "[{":
            at, inner = _collection(text, at)
            out.append(inner)
        elif char in "'\"" and (quoted := QUOTED.match(text, at)):
            at = quoted.end()
            out.append(quoted[0])
        elif char == "#" and text[at - 1].isspace():
            end = text.find("\n", at)
            end = len(text) if end < 0 else end
            out.append(text[at:end])
            at = end
        elif char.isspace() or char in ",:?]})":
            out.append(char)
            at += 1
        else:
            end = _scalar(text, at)
            out.append(_quoted(text[at:end]))
            at = end
    return at, "".join(out)


def _scalar(text: str, at: int) -> int:
    """Where a plain entry ends: at a comma, a closing bracket, or a colon before a space, outside its own brackets.

    An entry whose brackets are never closed ends where YAML would end it, so that the mistake is found where it is.
    """
    begin, open_ones = at, list[str]()
    while at < len(text):
        char = text[at]
        if open_ones and char in "'\"" and (quoted := QUOTED.match(text, at)):
            at = quoted.end()
            continue
        if char in PAIRS:
            open_ones.append(PAIRS[char])
        elif open_ones and char == open_ones[-1]:
            open_ones.pop()
        elif not open_ones and ENDS.match(text, at):
            return at
        at += 1
    found = ENDS.search(text, begin) if open_ones else None
    return found.start() if found else at


def _quoted(scalar: str) -> str:
    """A plain entry that holds brackets, between quotes; any other as it is."""
    bare = scalar.rstrip()
    if not any(bracket in bare for bracket in PAIRS) or not any(mark in bare for mark in ",[]{}"):
        return scalar
    escaped = bare.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"{scalar[len(bare) :]}'
