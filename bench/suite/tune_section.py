"""Reads `tune:` of a suite: under an equal number of trials every method finds a setting of its own.

    tune:
      trials: 20                 # settings of each method
      seeds: 2                   # of each trial; its own, never used again
      select: quality            # the score whose median at the end decides
      shared: true               # one setting of a method for all data sets: the best mean of quality over them
      train: {steps: 5000}       # what differs from the suite's `train`
      space:
        GAN*: {lr: log(1e-4, 3e-2), betas: [(0, .9), (.5, .9)], r1.weight: log(.01, 10)}

A method's space are the options of all patterns that its label fits. What the space has, the method must not set itself:
two places would say what it is trained with.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace

from bench.claims.label_patterns import matches
from bench.plugins import BrokenPlugin, UnknownName, nearest
from bench.stats import Measure
from bench.suite import trial_methods
from bench.suite.columns import addition
from bench.suite.distributions import Distribution, WrongSpace, distribution
from bench.suite.measurable import ALIAS, QUALITY
from bench.suite.options import WrongOption
from bench.suite.space import FIRST, MOST, OF_A_TRIAL, Space, of_trials
from bench.suite.suite import Method, Train, Tune
from bench.suite.train_section import train
from bench.suite.validation import is_a, is_mapping, known_keys, text
from bench.suite.yaml_lines import Item, Problems
from bench.training.pretrained import Pretrained

KEYS = ("trials", "seeds", "select", "shared", "train", "space")
NEEDED = ("trials", "seeds", "space")
Held = dict[str, tuple[Distribution, Item]]  # option -> what it may be, and where that stands
SHAPE = "a mapping like {trials: 20, seeds: 2, space: {GAN*: {lr: log(1e-4, 3e-2)}}}"


def with_spaces(
    item: Item | None, methods: tuple[Method, ...], wrong: Set[str], problems: Problems
) -> tuple[Method, ...]:
    """The methods, each with its space; what is wrong with `space:` is noted."""
    section = item.value.get("space") if item is not None and is_mapping(item) else None
    if section is None or not is_a(section, dict, "tune.space", problems, "a mapping of methods to their options"):
        return methods
    if not section.value:
        problems.add(section.line, "tune.space", "is empty: name a method and its options")
    found: dict[str, Held] = {}
    broken: set[str] = set()  # labels whose space is not known
    for pattern, entry in section.value.items():
        place = f"tune.space.{pattern}"
        fitting = [method for method in methods if matches(method.label, pattern)]
        if not fitting and not any(matches(label, pattern) for label in wrong):
            hint = nearest(pattern, [method.label for method in methods])
            problems.add(entry.line, place, f"no method is called '{pattern}'{hint}")
        before = len(problems.lines)
        for method in fitting:
            if isinstance(method.game, Pretrained):
                problems.add(entry.line, place, f"{method.label} was trained elsewhere: nothing of it can be tuned")
        for name, (one, at) in _options(entry, place, problems).items():
            for method in fitting:
                _add(found.setdefault(method.label, {}), method, name, one, at, place, problems)
        broken |= {method.label for method in fitting if len(problems.lines) > before}
    return tuple(
        _spaced(m, found[m.label], item, problems) if found.get(m.label) and m.label not in broken else m
        for m in methods
    )


def _options(entry: Item, place: str, problems: Problems) -> Held:
    if not is_a(entry, dict, place, problems, "a mapping like {lr: log(1e-4, 3e-2)}"):
        return {}
    if not entry.value:
        problems.add(entry.line, place, "is empty: name an option and what it may be")
    found: Held = {}
    for name, written in entry.value.items():
        try:
            found[name] = distribution(written), written
        except WrongSpace as error:
            problems.add(written.line, f"{place}.{name}", error)
    return found


def _add(
    held: Held,
    method: Method,
    name: str,
    one: Distribution,
    at: Item,
    place: str,
    problems: Problems,
) -> None:
    """Adds an option to a method's space, or notes why it can't be."""
    if name in held:
        why = f"{method.label} has this option from another pattern too (line {held[name][1].line}): name it in one"
        problems.add(at.line, f"{place}.{name}", why)
        return
    try:
        trial_methods.check(method, name, one)
    except (WrongOption, UnknownName, BrokenPlugin) as error:
        problems.add(at.line, f"{place}.{name}", str(error.args[0]))
        return
    held[name] = one, at


def _spaced(method: Method, held: Held, section: Item | None, problems: Problems) -> Method:
    """The method with its space, each of whose settings can be made."""
    line = next(iter(held.values()))[1].line
    space = Space(tuple((name, one) for name, (one, _) in held.items()), line)
    trials = section.value.get("trials") if section is not None else None
    if trials is not None and isinstance(trials.value, int) and 2 <= trials.value <= MOST:
        try:
            for setting in space.settings(trials.value):
                trial_methods.with_setting(method, setting)
        except (ValueError, UnknownName, BrokenPlugin) as error:
            remedy = "; widen it, or ask for fewer" * (space.size < trials.value)
            problems.add(line, f"tune.space of {method.row}", f"{error.args[0]}{remedy}")
    return replace(method, space=space)


def tune(
    item: Item | None,
    trained: Iterable[Train],
    scores: Mapping[str, Measure] | None,
    seeds: Sequence[int],
    seeds_line: int,
    problems: Problems,
) -> Tune | None:
    """The section; None where there is none, or where it is wrong, which is noted.

    `scores`: what can be selected by, None where that isn't known; `trained`: how the cells of the suite are.
    """
    if item is None or not is_a(item, dict, "tune", problems, SHAPE):
        return None
    known_keys(item, KEYS, "tune", problems)
    for key in NEEDED:
        if key not in item.value or item.value[key].value is None:
            problems.add(item.line, "tune", f"the key '{key}' is missing")
    numbers = {
        key: _count(item.value.get(key), f"tune.{key}", low, most, problems)
        for key, low, most in (("trials", 2, MOST), ("seeds", 1, OF_A_TRIAL))
    }
    select = _select(item.value.get("select"), scores, item.line, problems)
    shared = item.value.get("shared")
    one_setting = shared is not None and is_a(shared, bool, "tune.shared", problems, "true or false") and shared.value
    if shared is not None and one_setting and select != QUALITY:
        why = f"a mean over data sets needs one scale: select by '{QUALITY}', not by '{select}'"
        problems.add(shared.line, "tune.shared", why)
    if mine := of_trials(seeds):
        last = FIRST + OF_A_TRIAL * MOST - 1
        problems.add(seeds_line, "seeds", f"{mine[0]} belongs to the trials of 'tune', which have {FIRST} to {last}")
    trains = {}
    for one in dict.fromkeys(trained):
        here = train(item.value.get("train"), "tune.train", problems, one)
        if here is not None and here != one:
            trains[one] = here
    return Tune(numbers["trials"], numbers["seeds"], select, bool(one_setting), trains, item.line)


def _count(item: Item | None, place: str, low: int, most: int, problems: Problems) -> int:
    if item is None or item.value is None or not is_a(item, int, place, problems, "a whole number"):
        return low
    if not low <= item.value <= most:
        problems.add(item.line, place, f"has to be {low} to {most}, not {item.value}")
        return low
    return int(item.value)


def _select(item: Item | None, scores: Mapping[str, Measure] | None, line: int, problems: Problems) -> str:
    name = text(item, "tune.select", problems) or QUALITY
    if scores is not None and name not in scores:
        hint = f"; did you mean '{QUALITY}'?" if name == ALIAS and QUALITY in scores else ""
        hint = hint or addition(name) or nearest(name, scores)
        why = f"the suite measures no '{name}'{hint}" if scores else "nothing is measured to select by: add a metric"
        problems.add(item.line if item else line, "tune.select", why)
    return name
