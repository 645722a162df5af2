"""`gate:` of a suite: the baseline, the metrics that gate, the margins and the waivers."""

from __future__ import annotations

from collections.abc import Sequence

from bench.suite import waivers
from bench.suite.suite import Gate
from bench.suite.validation import belong, is_a, known_keys, number, text
from bench.suite.yaml_lines import Item, Problems


def gate(
    item: Item | None,
    metrics: list[str] | None,
    labels: dict[str, list[str] | None],
    problems: Problems,
) -> Gate | None:
    shape = "{against: results/baselines/toys.jsonl, within: {metric: 0.5}}"
    if item is None or not is_a(item, dict, "gate", problems, shape):
        return None
    known_keys(item, ("against", "within", "waivers"), "gate", problems)
    if missing := [key for key in ("against", "within") if key not in item.value]:
        problems.add(item.line, "gate", f"the key '{missing[0]}' is missing in {shape}")
        return None
    within = item.value["within"]
    if not is_a(within, dict, "gate.within", problems, "a mapping of metrics to margins"):
        return None
    if not within.value:
        problems.add(within.line, "gate.within", "names no metric, so nothing would gate; name one or two")
    known = None if metrics is None else [*metrics, "quality"]  # which is measured wherever anything is
    belong([Item(k, v.line, k) for k, v in within.value.items()], known, "metric", "gate.within", problems)
    margins = {k: number(v, f"gate.within.{k}", problems) for k, v in within.value.items()}
    for name, margin in margins.items():
        if margin is not None and margin < 0:
            problems.add(within.value[name].line, f"gate.within.{name}", "a margin is 0 or more")
    against = text(item.value["against"], "gate.against", problems)
    if not against.strip() and not isinstance(item.value["against"].value, dict | list):
        problems.add(item.value["against"].line, "gate.against", f"names no baseline; expected its file, as in {shape}")
    waived = _waivers(item.value.get("waivers"), [labels["datasets"], labels["methods"], known], problems)
    return Gate(against, {k: v for k, v in margins.items() if v is not None}, waived, item.line)


def _waivers(item: Item | None, labels: Sequence[list[str] | None], problems: Problems) -> tuple[waivers.Waiver, ...]:
    shape = "a list of {dataset, method, metric, until: 2026-03-01, reason}"
    if item is None or not is_a(item, list, "gate.waivers", problems, shape):
        return ()
    found = []
    for position, entry in enumerate(item.value, start=1):
        if not is_a(entry, dict, "gate.waivers", problems, shape.removeprefix("a list of ")):
            continue
        try:
            found += waivers.parse([entry.plain], first=position)
        except waivers.WaiverError as error:
            problems.add(entry.line, "gate", error)
            continue
        for word, known in zip(("dataset", "method", "metric"), labels, strict=True):
            what = {"dataset": "data set"}.get(word, word)
            belong([entry.value[word]], known, what, "gate.waivers", problems)
    return tuple(found)
