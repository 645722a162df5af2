"""What holds of one word: every law that concerns its category, tried."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal

from bench.laws import measures
from bench.laws.cases import Case, method
from bench.laws.ranges import declared_and_held, edge_works, numbers
from bench.laws.training import LAWS, not_idle
from bench.laws.verdict import LawBroken, NotTried
from bench.plugins import Option, find, options, reason
from bench.training.pretrained import Pretrained

Law = Callable[[], None]
MEASURES: dict[str, dict[str, Callable[[str], None]]] = {
    "metrics": {
        "one number a seed on real samples": measures.metric_contract,
        "a seed knows nothing of its neighbours": measures.metric_alone,
        "a measurement repeats to the bit": measures.metric_repeats,
    },
    "probes": {"looking is inert": measures.probe_inert},
    "datasets": {"data repeat to the bit": measures.data_repeats},
    "features": {"a sample knows nothing of its neighbours": measures.rows_alone},
}


@dataclass(frozen=True)
class Verdict:
    """What came of one law and one word."""

    law: str
    word: str
    status: Literal["holds", "BROKEN", "not tried"]
    why: str = ""

    def __str__(self) -> str:
        return f"{self.word}: {self.law}: {self.status}" + f": {self.why}" * bool(self.why)


def trials(category: str, word: str) -> Iterator[Verdict]:
    """A verdict for each law that concerns a word, as it comes."""
    for law, hold in laws(category, word):
        yield _tried(law, word, hold)


def laws(category: str, word: str) -> Iterator[tuple[str, Law]]:
    """(what it says, what tries it) for each law that concerns a word."""
    yield "it says what it is", partial(documented, category, word)
    for law, holds in MEASURES.get(category, {}).items():
        yield law, partial(holds, word)
    if issubclass(find(category, word), Pretrained):  # nothing is trained, and its samples are of one data set
        return
    if category in ("models", "stabilizers", "architectures"):
        for law, of_case in LAWS.items():
            yield law, partial(_of_method, category, word, of_case)
        if category == "stabilizers":
            yield "it changes something", partial(_of_method, category, word, not_idle)
    yield "options hold their ranges", partial(_each, declared_and_held, category, word)
    yield "options work at their edges", partial(_each, edge_works, category, word)


def documented(category: str, word: str) -> None:
    """Its class has a first line of its own, and can be made as it comes."""
    plugin = find(category, word)
    said = next(iter((plugin.__doc__ or "").strip().splitlines()), "")
    if len(said) <= 15 or said.startswith(f"{plugin.__name__}("):
        raise LawBroken(f"class {plugin.__name__} has no docstring whose first line says what it is")


def _of_method(category: str, word: str, holds: Callable[[Case], None]) -> None:
    found = method(category, word)
    if found is None:
        raise LawBroken("no model of bench fits it, on points or small images")
    holds(found)


def _each(holds: Callable[[str, str, Option], None], category: str, word: str) -> None:
    """A law of options, of each option that is a number."""
    for option in options(find(category, word)):
        if numbers(option.kind):
            try:
                holds(category, word, option)
            except NotTried:
                continue


def _tried(law: str, word: str, hold: Law) -> Verdict:
    try:
        hold()
    except NotTried as error:
        return Verdict(law, word, "not tried", str(error))
    except LawBroken as error:
        return Verdict(law, word, "BROKEN", str(error))
    except (Exception, SystemExit, GeneratorExit) as error:
        return Verdict(law, word, "BROKEN", reason(error))
    return Verdict(law, word, "holds")


def needs(category: str, word: str) -> str:
    """The options without which a word can't be made, so that no law can be tried; '' where there are none."""
    return ", ".join(option.name for option in options(find(category, word)) if option.required)


def place(category: str, word: str) -> str:
    """Where the class behind a word is defined."""
    return inspect.getfile(find(category, word))
