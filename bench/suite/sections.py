"""Reads `datasets:`, `methods:`, `metrics:`, `probes:` and `skip:` of a suite file."""

from __future__ import annotations

import re
from collections.abc import Iterable
from math import prod
from pathlib import Path
from typing import Any

from bench.claims.label_patterns import matches
from bench.metrics.mmd_multiscale import MmdMultiscale
from bench.plugins import BrokenPlugin, UnknownName, first_line, reason
from bench.suite import grammar, options
from bench.suite.columns import unknown
from bench.suite.grammar import Call, GrammarError
from bench.suite.measurable import QUALITY
from bench.suite.options import WrongOption
from bench.suite.suite import Dataset, Method, Skip, slug
from bench.suite.validation import is_a, known_keys, labelled, text
from bench.suite.yaml_lines import Item, Problems
from bench.training.compatible import conflicts
from bench.training.pretrained import Pretrained

Made = tuple[dict[str, Any], Call, Any]  # the options that vary, the call, the instance


def _rows(item: Item | None, section: str, problems: Problems) -> list[tuple[str, Item]]:
    """The rows of a section; what stands in their labels has to be no pattern and no setting."""
    rows = labelled(item, section, problems)
    for label, row in rows:
        if set("*?") & set(label):
            problems.add(
                row.line, section, f"'{label}': a label has no '*' or '?', which stand for several labels: use another"
            )
        elif " [" in label:
            problems.add(
                row.line, section, f"'{label}': ' [' begins the settings of a grid or of 'train': use another label"
            )
    return rows


def _row(item: Item, place: str, problems: Problems) -> list[Call]:
    if item.value is None or isinstance(item.value, dict | list):
        problems.add(item.line, place, f"expected a call like 'r1(weight=1)', not {item.kind}")
        return []
    try:
        return grammar.read(item.written)
    except GrammarError as error:
        problems.add(item.line, place, error)
        return []


def _make(category: str, call: Call, line: int, place: str, problems: Problems) -> list[Made]:
    try:
        made = options.make(category, call)
        for _, _, instance in made if category == "metrics" else ():
            instance.names()  # which looks up the space that it is measured in
        return made
    except (WrongOption, UnknownName, BrokenPlugin) as error:
        problems.add(line, place, unknown(call.word, error) if category == "metrics" else str(error.args[0]))
    except ValueError as error:
        problems.add(line, place, f"{call.word}: {first_line(error)}")
    except (Exception, SystemExit, GeneratorExit) as error:  # a bug of the metric
        problems.add(line, place, f"{call.word} can't say what it measures: {reason(error)}")
    return []


def _variant(label: str, varied: dict[str, Any]) -> str:
    """`label [lr=0.001]`: a grid's point carries the values that vary."""
    return f"{label} [{', '.join(f'{name}={grammar.text(v)}' for name, v in varied.items())}]" if varied else label


def check_labels(found: list[Any], section: str, problems: Problems) -> None:
    folders: dict[str, str] = {}
    for one in found:
        if (first := folders.setdefault(slug(one.label), one.label)) is not one.label:
            same = "is given twice" if first == one.label else f"and '{first}' would share the folder '{slug(first)}'"
            problems.add(one.line, section, f"'{one.label}' {same}: use another label")


def datasets(item: Item | None, problems: Problems) -> tuple[Dataset, ...]:
    found = []
    for label, row in _rows(item, "datasets", problems):
        place = f"datasets.{label}"
        calls = _row(row, place, problems)
        if len(calls) > 1:
            problems.add(row.line, place, "data sets can't be added: give each a label of its own")
            continue
        for call in calls:
            for varied, chosen, source in _make("datasets", call, row.line, place, problems):
                found.append(Dataset(_variant(label, varied), str(chosen), source, label, row.line))
    check_labels(found, "datasets", problems)
    return tuple(found)


def methods(item: Item | None, folder: Path, problems: Problems) -> tuple[Method, ...]:
    """`folder`: the suite's, from which the paths of samples are meant."""
    found: list[Method] = []
    for label, row in _rows(item, "methods", problems):
        place = f"methods.{label}"
        calls = _row(row, place, problems)
        categories = ["models", *["stabilizers"] * (len(calls) - 1)]
        made = [
            _make(category, call, row.line, place, problems) for category, call in zip(categories, calls, strict=False)
        ]
        if not calls or not all(made):
            continue
        if (points := prod(map(len, made))) > options.MOST:
            why = f"its lists make {points} settings, and a row has at most {options.MOST}"
            problems.add(row.line, place, why)
            continue
        grids: list[list[Made]] = [[]]
        for choices in made:
            grids = [[*left, one] for left in grids for one in choices]
        for parts in grids:
            found.append(_method(label, parts, row.line, folder))
            _compatible(found[-1], row.line, place, problems)
    check_labels(found, "methods", problems)
    return tuple(found)


def _method(label: str, parts: list[Made], line: int, folder: Path) -> Method:
    names = [name for varied, _, _ in parts for name in varied]
    varied = {
        (name if names.count(name) == 1 else f"{call.word}.{name}"): value
        for v, call, _ in parts
        for name, value in v.items()
    }
    calls = [call for _, call, _ in parts]
    game = parts[0][2]
    return Method(
        label=_variant(label, varied),
        call=" + ".join(map(str, calls)),
        game=game.beside(folder) if isinstance(game, Pretrained) else game,
        stabilizers=tuple(instance for _, _, instance in parts[1:]),
        stabilizer_calls=tuple(map(str, calls[1:])),
        model=calls[0].word,
        row=label,
        line=line,
    )


def _compatible(method: Method, line: int, place: str, problems: Problems) -> None:
    """Whether the stabilizers fit the model, and one another."""
    if isinstance(method.game, Pretrained):
        for call in method.stabilizer_calls:
            word = call.partition("(")[0]
            problems.add(line, place, f"{word} does not fit {method.model}: nothing of it is trained here: remove it")
        return
    for call, stabilizer in zip(method.stabilizer_calls, method.stabilizers, strict=True):
        word = call.partition("(")[0]
        try:
            why = stabilizer.refuses(method.game)
        except (Exception, SystemExit, GeneratorExit) as error:  # a bug of the stabilizer
            why = f"it can't say what it fits: {reason(error)}"
        if why:
            problems.add(line, place, f"{word} does not fit {method.model}: {why}")
    try:
        for why in conflicts(method.stabilizers, method.game):
            problems.add(line, place, why)
    except (Exception, SystemExit, GeneratorExit) as error:
        problems.add(line, place, f"its stabilizers can't say what they go with: {reason(error)}")


def plugins(category: str, item: Item | None, problems: Problems) -> tuple[Any, ...]:
    if item is None or not is_a(item, list, category, problems, "a list like [a, b(n=2)]"):
        return ()
    seen: dict[str, str] = {}
    found = []
    for row in item.value:
        calls = _row(row, category, problems)
        if len(calls) > 1:
            problems.add(row.line, category, "these can't be added: give each a line of its own")
            continue
        for call in calls:
            for _, chosen, instance in _make(category, call, row.line, category, problems):
                if why := _unsound(category, instance):
                    problems.add(row.line, category, f"{chosen.word} {why}")
                    continue
                found.append(instance)
                for name in instance.names() if category == "metrics" else (chosen.word,):
                    if name in seen:
                        problems.add(row.line, category, f"'{seen[name]}' and '{chosen}' would both be called '{name}'")
                    seen[name] = str(chosen)
    return tuple(found)


def _unsound(category: str, part: Any) -> str | None:
    """Why a metric or a probe can't be used, which only its instance tells; None where it can."""
    if category == "probes":
        every = part.every
        sound = isinstance(every, int) and every >= 1
        return None if sound else f"has every={every!r}: it is asked once in so many steps, at least 1"
    try:
        names, way, scale, n = part.names(), part.higher_is_better, part.scale, part.n
    except (Exception, SystemExit, GeneratorExit) as error:
        return f"can't say what it measures: {reason(error)}"
    if not isinstance(names, tuple) or not names or not all(isinstance(name, str) for name in names):
        return f"measures {names!r}: names() gives a tuple of one text or more"
    if odd := [name for name in names if not re.fullmatch(r"[\w.:+-]+", name) or name == QUALITY]:
        return (
            f"would measure {odd[0]!r}: a column is called by letters, digits and _ . : + -, and '{QUALITY}' is taken"
        )
    if not isinstance(way, bool) or scale not in ("linear", "log") or not isinstance(n, int):
        return f"has higher_is_better={way!r}, scale={scale!r} and n={n!r}: True or False, linear or log, and a whole number"
    return None


def quality(item: Item | None, problems: Problems) -> MmdMultiscale | None:
    """`quality:`, the metric that outcomes are told from, where a suite wants it measured otherwise."""
    if item is None:
        return None
    made = [
        one
        for call in _row(item, "quality", problems)
        for one in _make("metrics", call, item.line, "quality", problems)
    ]
    if len(made) == 1 and isinstance(made[0][2], MmdMultiscale):
        return made[0][2]
    if made:
        problems.add(item.line, "quality", "expected one mmd_multiscale, as in mmd_multiscale(n=2000, space=digits)")
    return None


def skip(
    item: Item | None,
    datasets: tuple[Dataset, ...],
    methods: tuple[Method, ...],
    wrong: dict[str, set[str]],
    problems: Problems,
) -> tuple[Skip, ...]:
    shape = "{dataset: ring8, method: GAN, reason: ...}"
    if item is None or not is_a(item, list, "skip", problems, f"a list of {shape}"):
        return ()
    found = []
    for entry in item.value:
        if not is_a(entry, dict, "skip", problems, shape):
            continue
        known_keys(entry, ("dataset", "method", "reason"), "skip", problems)
        texts = {k: text(entry.value.get(k), f"skip.{k}", problems).strip() for k in ("dataset", "method", "reason")}
        for key, written_text in texts.items():
            if not written_text:
                problems.add(
                    entry.line, "skip", f"the key '{key}' is missing" + " (why is it left out?)" * (key == "reason")
                )
        if texts["dataset"] not in wrong["datasets"] | {""} and not any(
            matches(d.label, texts["dataset"]) for d in datasets
        ):
            problems.add(entry.line, "skip", f"no data set is called '{texts['dataset']}'{_labels(datasets)}")
        if texts["method"] not in wrong["methods"] | {""} and not any(
            matches(m.label, texts["method"]) for m in methods
        ):
            problems.add(entry.line, "skip", f"no method is called '{texts['method']}'{_labels(methods)}")
        found.append(Skip(**texts, line=entry.line))
    return tuple(found)


def unused_skips(skip: tuple[Skip, ...], pairs: Iterable[tuple[Dataset, Method]], problems: Problems) -> None:
    """Notes what of `skip:` leaves out nothing, and where it leaves out everything."""
    pairs = list(pairs)
    for one in skip:
        known = any(matches(d.label, one.dataset) for d, _ in pairs) and any(
            matches(m.label, one.method) for _, m in pairs
        )
        if known and not any(one.covers(*pair) for pair in pairs):
            problems.add(one.line, "skip", f"no cell is '{one.dataset} / {one.method}': remove the entry")
    if pairs and all(any(one.covers(*pair) for one in skip) for pair in pairs):
        problems.add(skip[-1].line, "skip", "leaves out every cell, and nothing would be run: remove an entry")


def _labels(found: tuple[Any, ...]) -> str:
    return f" (labels: {', '.join(one.label for one in found)})"
