"""Reads a suite file; each section notes what is wrong and goes on, so that all mistakes are found at once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from bench.plugins import BrokenPlugin, UnknownName
from bench.plugins import options as options_of
from bench.suite import claims_section, gate_section, grammar, options
from bench.suite.grammar import Call, GrammarError
from bench.suite.options import WrongOption
from bench.suite.suite import Dataset, Method, Skip, Suite, Train, matches, slug
from bench.suite.validation import broken, is_a, is_mapping, known_keys, labelled, number, text
from bench.suite.yaml_lines import Item, Problems, read

KEYS = (
    "suite", "asks", "seeds", "train", "datasets", "methods", "metrics", "probes", "skip", "claims", "gate", "timeout",
)  # fmt: skip
NEEDED = ("suite", "seeds", "train", "datasets", "methods")
Made = tuple[dict[str, Any], Call, Any]


def load_suite(path: str | Path) -> Suite:
    """The suite in a file. Raises SuiteError, which names every mistake of the file."""
    path = Path(path)
    problems = Problems(path)
    root = read(path, problems)
    if root is None or not is_a(root, dict, "", problems, "a mapping with the keys " + ", ".join(KEYS)):
        problems.check()
    assert root is not None
    top: dict[str, Item] = root.value
    known_keys(root, KEYS, "", problems)
    for key in NEEDED:
        if key not in top:
            problems.add(1, "", f"the key '{key}' is missing")
        elif top[key].value is None:
            problems.add(top[key].line, key, "is empty")
    if "metrics" not in top and "probes" not in top:
        problems.add(1, "", "nothing would be measured: the key 'metrics' or 'probes' is missing")
    present = {key: item for key, item in top.items() if item.value is not None}
    name, asks = _name(present.get("suite"), problems), text(present.get("asks"), "asks", problems)
    seeds = _seeds(present.get("seeds"), problems)
    train = _train(present.get("train"), problems)
    datasets, methods = _datasets(present.get("datasets"), problems), _methods(present.get("methods"), problems)
    before = len(problems.lines)
    metrics = _plugins("metrics", present.get("metrics"), problems)
    unsure = len(problems.lines) > before  # what a misspelt metric would have yielded is not known
    probes = _plugins("probes", present.get("probes"), problems)
    sections = [s for s in ("datasets", "methods") if s in present and is_mapping(present[s])]
    written: dict[str, set[str]] = {s: set(present[s].value) for s in sections}
    skip = _skip(present.get("skip"), datasets, methods, written, problems)
    columns = sorted({name for score in metrics for name in score.names()})
    scores = None if unsure else claims_section.measures(metrics)
    claims = claims_section.claims(
        present.get("claims"), datasets, methods, written, scores, skip, len(seeds), problems
    )
    labels = {"datasets": [d.label for d in datasets], "methods": [m.label for m in methods]}
    labels = {section: [*made, *broken(written, section, made)] for section, made in labels.items()}
    gate = gate_section.gate(present.get("gate"), None if unsure else columns, labels, problems)
    timeout = number(present.get("timeout"), "timeout", problems)
    if timeout is not None and timeout <= 0:
        problems.add(present["timeout"].line, "timeout", "has to be more than 0 minutes")
    problems.check()
    assert train is not None
    measured = present["metrics"].value if "metrics" in present else []
    lines = {f"metrics.{k}": row.line for k, row in enumerate(measured)}
    return Suite(
        path, name, asks, seeds, train, datasets, methods, metrics, probes, skip, claims, gate, timeout, lines
    )  # fmt: skip


def _name(item: Item | None, problems: Problems) -> str:
    name = text(item, "suite", problems)
    if item and name and not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", name):
        problems.add(item.line, "suite", f"'{name}' can't name a folder: use letters, digits, '-', '_' and '.'")
    return name


def _seeds(item: Item | None, problems: Problems) -> tuple[int, ...]:
    if item is None:
        return ()
    if isinstance(item.value, list):
        seeds = item.plain
        whole = all(isinstance(s, int) and not isinstance(s, bool) and s >= 0 for s in seeds)
        if not seeds or not whole or len(set(seeds)) < len(seeds):
            problems.add(item.line, "seeds", "expected whole numbers, 0 or more, each named once")
            return ()
        return tuple(seeds)
    if is_a(item, int, "seeds", problems, "a number of seeds or a list of them"):
        if item.value >= 1:
            return tuple(range(item.value))
        problems.add(item.line, "seeds", "has to be at least 1")
    return ()


def _train(item: Item | None, problems: Problems) -> Train | None:
    if item is None or not is_a(item, dict, "train", problems, "a mapping like {steps: 20000, batch: 256}"):
        return None
    known = {o.name: o for o in options_of(Train)}
    known_keys(item, tuple(known), "train", problems)
    values = {}
    for key, entry in item.value.items():
        if key in known:
            try:
                values[key] = options.fit(entry.plain, known[key])
            except WrongOption as error:
                problems.add(entry.line, f"train.{key}", error)
    missing = [o.name for o in known.values() if o.required and o.name not in item.value]
    for name in missing:
        problems.add(item.line, "train", f"the key '{name}' is missing")
    if missing or len(values) < len(item.value):
        return None
    try:
        return Train(**values)
    except ValueError as error:
        key = str(error).split()[0]
        problems.add(item.value[key].line if key in item.value else item.line, "train", error)
        return None


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
        return options.make(category, call)
    except (WrongOption, UnknownName, BrokenPlugin) as error:
        problems.add(line, place, str(error.args[0]))
        return []


def _variant(label: str, varied: dict[str, Any]) -> str:
    """`label [lr=0.001]`: a grid's point carries the values that vary."""
    return f"{label} [{', '.join(f'{name}={grammar.text(v)}' for name, v in varied.items())}]" if varied else label


def _distinct(found: list[Any], section: str, problems: Problems) -> None:
    folders: dict[str, str] = {}
    for one in found:
        if (first := folders.setdefault(slug(one.label), one.label)) is not one.label:
            same = "is given twice" if first == one.label else f"and '{first}' would share the folder '{slug(first)}'"
            problems.add(one.line, section, f"'{one.label}' {same}: use another label")


def _datasets(item: Item | None, problems: Problems) -> tuple[Dataset, ...]:
    found = []
    for label, row in labelled(item, "datasets", problems):
        place = f"datasets.{label}"
        calls = _row(row, place, problems)
        if len(calls) > 1:
            problems.add(row.line, place, "data sets can't be added: give each a label of its own")
            continue
        for call in calls:
            for varied, chosen, source in _make("datasets", call, row.line, place, problems):
                found.append(Dataset(_variant(label, varied), str(chosen), source, row.line))
    _distinct(found, "datasets", problems)
    return tuple(found)


def _methods(item: Item | None, problems: Problems) -> tuple[Method, ...]:
    found: list[Method] = []
    for label, row in labelled(item, "methods", problems):
        place = f"methods.{label}"
        calls = _row(row, place, problems)
        categories = ["models", *["stabilizers"] * (len(calls) - 1)]
        made = [
            _make(category, call, row.line, place, problems) for category, call in zip(categories, calls, strict=False)
        ]
        if not calls or not all(made):
            continue
        grids: list[list[Made]] = [[]]
        for choices in made:
            grids = [[*left, one] for left in grids for one in choices]
        for parts in grids:
            found.append(_method(label, parts, row.line))
            _compatible(found[-1], row.line, place, problems)
    _distinct(found, "methods", problems)
    return tuple(found)


def _method(label: str, parts: list[Made], line: int) -> Method:
    names = [name for varied, _, _ in parts for name in varied]
    varied = {
        (name if names.count(name) == 1 else f"{call.word}.{name}"): value
        for v, call, _ in parts
        for name, value in v.items()
    }
    calls = [call for _, call, _ in parts]
    return Method(
        label=_variant(label, varied),
        call=" + ".join(map(str, calls)),
        game=parts[0][2],
        stabilizers=tuple(instance for _, _, instance in parts[1:]),
        stabilizer_calls=tuple(map(str, calls[1:])),
        model=calls[0].word,
        row=label,
        line=line,
    )


def _compatible(method: Method, line: int, place: str, problems: Problems) -> None:
    """Whether the stabilizers fit the model, and one another."""
    replaced: dict[str, str] = {}
    for call, stabilizer in zip(method.stabilizer_calls, method.stabilizers, strict=True):
        word = call.partition("(")[0]
        if why := stabilizer.refuses(method.game):
            problems.add(line, place, f"{word} does not fit {method.model}: {why}")
        for thing in sorted(stabilizer.replaces):
            if thing in replaced:
                problems.add(line, place, f"{replaced[thing]} and {word} both replace the {thing}: keep one of them")
            replaced[thing] = word


def _plugins(category: str, item: Item | None, problems: Problems) -> tuple[Any, ...]:
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
                found.append(instance)
                for name in instance.names() if category == "metrics" else (chosen.word,):
                    if name in seen:
                        problems.add(row.line, category, f"'{seen[name]}' and '{chosen}' would both be called '{name}'")
                    seen[name] = str(chosen)
    return tuple(found)


def _skip(
    item: Item | None,
    datasets: tuple[Dataset, ...],
    methods: tuple[Method, ...],
    written: dict[str, set[str]],
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
        if texts["dataset"] not in written.get("datasets", {""}) | {""} and not any(
            matches(d.label, d.label, texts["dataset"]) for d in datasets
        ):
            problems.add(entry.line, "skip", f"no data set is called '{texts['dataset']}'{_labels(datasets)}")
        if texts["method"] not in written.get("methods", {""}) | {""} and not any(
            matches(m.label, m.row, texts["method"]) for m in methods
        ):
            problems.add(entry.line, "skip", f"no method is called '{texts['method']}'{_labels(methods)}")
        found.append(Skip(**texts))
    return tuple(found)


def _labels(found: tuple[Any, ...]) -> str:
    return f" (labels: {', '.join(one.label for one in found)})"
