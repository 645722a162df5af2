"""YAML whose `[…]` and `{…}` may hold calls: their commas, brackets and line breaks are the call's own, not YAML's.

`metrics: [frechet(n=500, space=digits), kid]` is read as its author means it. It is PyYAML's own scanner, which knows where a
flow collection is; one rule differs. A plain entry there goes on through brackets that it opens and closes itself: those of
a call, of a pair in `[(0, .9), (.5, .9)]`, or of a grid's point in `{is: GAN [lr=0.01]}`. Where they are never closed,
YAML's own rule holds, so that the mistake is told where it stands.
"""

from __future__ import annotations

import re
from typing import Any, NoReturn

import yaml
from yaml.composer import ComposerError
from yaml.tokens import ScalarToken

DEEPEST = 50  # collections inside one another; Python's own stack ends at some hundreds
MOST = 20_000  # entries that a file may have, once its aliases are unfolded too
OPEN = (
    10  # entries whose brackets are never closed, until brackets are not looked for any more: each look goes to the end
)
TAGS = (None, "!", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map")  # none, or what it is anyway
QUOTED = re.compile(r"""(?<=[(\[{,=+\s])(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")""", re.DOTALL)
ENDS = re.compile(r"[,\[\]{}\0]|:(?=[\s,\[\]{}\0])|(?<=\s)#")  # of a plain entry
BREAK = re.compile(r"[ \t]*(\r\n|[\r\n\x85\u2028\u2029])[ \t]*")
PAIRS = {"(": ")", "[": "]", "{": "}"}


class CallLoader(yaml.SafeLoader):
    """PyYAML's loader with that rule, with tabs between a key and its value, with bounds, and without tags."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self.depth = self.entries = self.open = 0

    def scan_plain(self) -> ScalarToken:
        end = call_end(self.buffer, self.pointer) if self.flow_level and self.open < OPEN else None
        if end is None:
            token: ScalarToken = super().scan_plain()
            self.open += self.flow_level > 0 and "(" in token.value
            return token
        written = self.buffer[self.pointer : end].rstrip()
        start = self.get_mark()
        self.forward(len(written))
        self.allow_simple_key = False
        return ScalarToken(_folded(written), True, start, self.get_mark())

    def scan_to_next_token(self) -> None:
        """Tabs may stand wherever they are no indentation."""
        super().scan_to_next_token()
        while self.peek() == "\t" and (self.flow_level or self._line_so_far().strip()):
            while self.peek() == "\t":
                self.forward()
            super().scan_to_next_token()

    def compose_node(self, parent: Any, index: Any) -> Any:
        self.depth += 1
        self.entries += 1
        tag = getattr(self.peek_event(), "tag", None)  # type: ignore[no-untyped-call]
        if self.depth > DEEPEST:
            self._stop(f"more than {DEEPEST} lists and mappings stand inside one another")
        if self.entries > MOST:
            self._stop(f"it has more than {MOST} entries")
        if tag not in TAGS:
            self._stop(f"the tag '{tag.replace('tag:yaml.org,2002:', '!!')}' means nothing here: remove it")
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def _stop(self, why: str) -> NoReturn:
        raise ComposerError(None, None, why, self.peek_event().start_mark)  # type: ignore[no-untyped-call]

    def _line_so_far(self) -> str:
        return str(self.buffer[self.pointer - self.column : self.pointer])


def call_end(text: str, at: int) -> int | None:
    """Where a plain entry of a flow collection ends that opens brackets and closes them; None for any other entry."""
    begin, open_ones, called = at, list[str](), False
    while at < len(text):
        char = text[at]
        if char in "'\"" and open_ones and (quoted := QUOTED.match(text, at)):
            at = quoted.end()
            continue
        if char == "#" and open_ones and text[at - 1].isspace():  # a comment ends what YAML calls plain
            return None
        if char in PAIRS and (open_ones or at > begin or char == "("):
            open_ones.append(PAIRS[char])
            called = True
        elif open_ones and char in ")]}":
            if char != open_ones.pop():
                return None
        elif not open_ones and ENDS.match(text, at):
            return at if called else None
        at += 1
    return None


def _folded(written: str) -> str:
    """A text over several lines as YAML folds it: one break is a space, more are breaks, one less."""
    parts = BREAK.split(written)
    out, breaks = [parts[0]], 0
    for line in parts[2::2]:
        breaks += 1
        if line:
            out += [" " if breaks == 1 else "\n" * (breaks - 1), line]
            breaks = 0
    return "".join(out)
