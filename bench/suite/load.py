"""Reads a suite file; each section notes what is wrong and goes on, so that all mistakes are found at once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from bench.plugins import first_line
from bench.suite import claims_section, gate_section, sections, seeds_section, tune_section
from bench.suite.claims_section import Scope, decidable
from bench.suite.experiments import Base, experiments
from bench.suite.measurable import measures
from bench.suite.plugins_section import use_plugins
from bench.suite.published import published
from bench.suite.shipped import suite_file
from bench.suite.suite import Dataset, Experiment, Method, Suite, Train, planned
from bench.suite.train_section import outcomes, train
from bench.suite.validation import is_a, is_mapping, known_keys, number, text
from bench.suite.yaml_lines import Item, Problems, SuiteError, read

KEYS = (
    "suite", "asks", "seeds", "train", "datasets", "methods", "experiments", "metrics", "quality", "outcomes", "probes",
    "skip", "claims", "published", "gate", "timeout", "tune", "plugins",
)  # fmt: skip
NEEDED = ("suite", "seeds", "train", "datasets", "methods")


def load_suite(path: str | Path, night: date | None = None, folder: Path | None = None) -> Suite:
    """The suite in a file, or a shipped one by its name. Raises SuiteError, which names every mistake of the file.

    Imports the suite's own code, which lies in the file's folder, or, for a copy, in `folder`.
    With `night`, its seeds are those of that date. The date of nightly seeds is settled here, once: a run that goes on
    past midnight keeps its seeds.
    """
    path = suite_file(Path(path))
    return _suite(path, night, folder or path.parent)


def suite_of(content: Mapping[str, Any], folder: str | Path = ".") -> Suite:
    """The suite in a mapping with the keys of a suite file: `Suite.from_dict({"suite": "mine", "seeds": 5, ...})`.

    `folder` is where its own code and its samples lie. Raises SuiteError, which names every mistake.
    """
    name = Path(str(content.get("suite") or "a suite"))
    try:
        text = yaml.safe_dump(dict(content), sort_keys=False, allow_unicode=True, width=10**6)
    except yaml.YAMLError as error:
        raise SuiteError([f"{name}: holds what no suite file can: {first_line(error)}"]) from None
    return _suite(name, None, Path(folder), text)


Suite.from_dict = staticmethod(suite_of)


def _suite(path: Path, night: date | None, folder: Path, text_of: str = "") -> Suite:
    problems = Problems(path, numbered=not text_of)
    present = _present(path, problems, text_of)
    before = len(problems.lines)
    folder = folder.resolve()
    own = use_plugins(present.get("plugins"), folder, problems)
    if len(problems.lines) > before:  # without its plugins its words can't be told
        problems.check()
    name, asks = _name(present.get("suite"), problems), text(present.get("asks"), "asks", problems)
    seeds = seeds_section.seeds(present.get("seeds"), night, problems)
    block = train(present.get("train"), "train", problems)
    datasets = sections.datasets(present.get("datasets"), problems)
    methods = sections.methods(present.get("methods"), folder, problems)
    wrong = {s: _wrong(present.get(s), made) for s, made in (("datasets", datasets), ("methods", methods))}
    methods = tune_section.with_spaces(present.get("tune"), methods, wrong["methods"], problems)
    before = len(problems.lines)
    metrics = sections.plugins("metrics", present.get("metrics"), problems)
    unsure = len(problems.lines) > before  # what a misspelt metric would have yielded is not known
    so_far = len(problems.lines)
    probes = sections.plugins("probes", present.get("probes"), problems)
    seen = probes if len(problems.lines) == so_far else None
    quality, rule = sections.quality(present.get("quality"), problems), outcomes(present.get("outcomes"), problems)
    skip = sections.skip(present.get("skip"), datasets, methods, wrong, problems)
    scores = None if unsure else measures(metrics, quality)
    whole = Experiment("", asks, "", datasets, methods, block or Train(steps=1))
    base = Base(whole, skip, wrong, scores, seen, present["train"].plain if "train" in present else None)
    asked, promised, sure = experiments(present.get("experiments"), base, problems)
    cells = planned(asked or (whole,), skip)
    if sure and not any(wrong.values()):
        pairs = ((d, m) for e in asked or (whole,) for d in e.datasets for m in e.methods)
        sections.unused_skips(skip, pairs, problems)
    scope = Scope("suite", cells, wrong=wrong["datasets"] | wrong["methods"], scores=scores, probes=seen, sure=sure)
    promised = [*claims_section.claims(present.get("claims"), scope, "", problems), *promised]
    decidable(promised, len(seeds), problems)
    columns = None if unsure else sorted({column for score in metrics for column in score.names()})
    labels = {
        "datasets": [*dict.fromkeys(c.dataset.label for c in cells), *sorted(wrong["datasets"])] if sure else None,
        "methods": [*dict.fromkeys(c.method.label for c in cells), *sorted(wrong["methods"])] if sure else None,
    }
    trained = [e.train for e in asked or (whole,)]
    seeds_line = present["seeds"].line if "seeds" in present else 1
    tuned = tune_section.tune(present.get("tune"), trained, scores, seeds, seeds_line, problems)
    gate = gate_section.gate(present.get("gate"), columns, labels, problems)
    papers = published(present.get("published"), columns, labels, problems)
    timeout = number(present.get("timeout"), "timeout", problems)
    if timeout is not None and timeout <= 0:
        problems.add(present["timeout"].line, "timeout", "has to be more than 0 minutes")
    problems.check()
    assert block is not None
    measured, looking = (present[key].value if key in present else [] for key in ("metrics", "probes"))
    return Suite(
        path=path,
        name=name,
        asks=asks,
        seeds=seeds,
        train=block,
        datasets=datasets,
        methods=methods,
        metrics=metrics,
        probes=probes,
        skip=skip,
        quality=quality,
        outcomes=rule,
        experiments=asked,
        claims=tuple(one.claim for one in promised),
        published=papers,
        gate=gate,
        timeout=timeout,
        tune=tuned,
        own=own,
        lines={f"metrics.{k}": row.line for k, row in enumerate(measured)}
        | {f"probes.{k}": row.line for k, row in enumerate(looking)}
        | {p.place: p.line for p in promised},
        text=text_of,
    )


def _present(path: Path, problems: Problems, text_of: str) -> dict[str, Item]:
    """The keys of the file that hold anything. Raises SuiteError where there is nothing to go on with."""
    root = read(path, problems, text_of)
    if root is None or not is_a(root, dict, "", problems, "a mapping with the keys " + ", ".join(KEYS)):
        problems.check()
    assert root is not None
    top: dict[str, Item] = root.value
    known_keys(root, KEYS, "", problems)
    for key in NEEDED:
        if key not in top:
            problems.add(1, "", f"the key '{key}' is missing")
    for key in KEYS:
        if key in top and top[key].value is None:
            problems.add(top[key].line, key, "is empty" + ": fill it or remove it" * (key not in NEEDED))
    measured = [top[key] for key in ("metrics", "probes") if key in top]
    if not measured:
        problems.add(1, "", "nothing would be measured: the key 'metrics' or 'probes' is missing")
    elif all(item.value == [] for item in measured):
        problems.add(measured[0].line, "", "nothing would be measured: name a metric or a probe")
    return {key: item for key, item in top.items() if item.value is not None}


def _wrong(item: Item | None, made: Sequence[Dataset | Method]) -> set[str]:
    """Labels of a section whose rows are wrong: that is noted once, and not again where they are referred to."""
    return set(item.value) - {one.row for one in made} if item is not None and is_mapping(item) else set()


def _name(item: Item | None, problems: Problems) -> str:
    name = text(item, "suite", problems)
    if item and not isinstance(item.value, dict | list) and not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", name):
        problems.add(item.line, "suite", f"'{name}' can't name a folder: use letters, digits, '-', '_' and '.'")
    return name
