"""sources.bib: what docstrings name, once each, and nothing invented."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

import pytest

from bench.plugins import words
from bench.reporting.results import read
from bench.reporting.sources import Source, _docstring, _of_metrics, bibliography, sources


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("A law. Source: Karras et al. 2018, section 3. Raises NonFinite.", [Source("Karras et al.", "2018")]),
        (
            "Source: Lin et al. 2018 (PacGAN); Kingma & Welling 2014, eq. 10; Higgins et al. 2017 for β.",
            [Source("Lin et al.", "2018", "PacGAN"), Source("Kingma & Welling", "2014"), Source("Higgins et al.", "2017")],
        ),
        ("Source: Kodali et al. 2017 (DRAGAN; λ = 10), with it.", [Source("Kodali et al.", "2017", "DRAGAN")]),
        ("Source: Hang et al. 2023 (γ = 5).", [Source("Hang et al.", "2023")]),
        ("Source: Chong & Forsyth 2020 (there 15 points from 5000 on).", [Source("Chong & Forsyth", "2020")]),
        ("Source: Liu, Lee & Jordan 2016; more.", [Source("Liu, Lee & Jordan", "2016")]),
        ("Source: Song, Meng &\n    Ermon 2021, eq. 12.", [Source("Song, Meng & Ermon", "2021")]),
        ("Source: Székely & Rizzo 2013. As in Metz et al. 2017.", [Source("Székely & Rizzo", "2013")]),
        ("Two half circles. Source: scikit-learn, make_moons.", [Source("scikit-learn, make_moons", "")]),
        ("Karras et al. 2018 have another.", []),
    ],
)  # fmt: skip
def test_what_a_docstring_names(said: str, found: list[Source]) -> None:
    assert sources(said) == found


def test_an_entry_holds_what_the_docstring_says() -> None:
    one = Source("Kynkäänniemi et al.", "2019", "P&R")
    assert one.key == "kynkaanniemi2019pr"
    assert one.entry(one.key, ["precision", "recall"]) == (
        "@misc{kynkaanniemi2019pr,\n  author = {Kynkäänniemi and others},\n  year = {2019},\n"
        "  note = {P\\&R. Named in the docstring of precision, recall}\n}\n"
    )
    three = Source("Liu, Lee & Jordan", "2016")
    assert "author = {Liu and Lee and Jordan}" in three.entry(three.key, ["stein"])
    assert Source("Yazıcı et al.", "2019").key == "yazici2019"
    assert Source("scikit-learn, make_moons", "").entry("k", ["two_moons"]) == (
        "@misc{k,\n  note = {scikit-learn, make\\_moons. Named in the docstring of two\\_moons}\n}\n"
    )


def bib(fake: ModuleType, folder: Path, *metrics: str) -> dict[str, str]:
    text = bibliography(read(folder), metrics)
    entries = re.findall(r"@misc\{(\w+),\n(.*?)\n\}\n", text, re.DOTALL)
    assert len(entries) == text.count("@")
    assert len(dict(entries)) == len(entries)
    return dict(entries)


def test_methods_and_metrics_that_are_shown_are_named(fake: ModuleType, tmp_path: Path) -> None:
    fake.write(tmp_path, "ring8", "GAN + R1", losses=False)
    fake.write(tmp_path, "ring8", "EDM", losses=False)
    found = bib(fake, tmp_path, "sliced_wasserstein")
    assert {"goodfellow2014", "mescheder2018", "karras2022", "rabin2011"} <= set(found)
    assert not any(key.startswith(("kynkaanniemi", "gulrajani")) for key in found)
    assert "named in the docstring of r1" in found["mescheder2018"].lower()


def test_the_same_source_is_one_entry(fake: ModuleType, tmp_path: Path) -> None:
    """modes_hit names Lin et al. 2018, and so does pacgan, by the name that it goes by; ema and edm both name others."""
    fake.write(tmp_path, "ring8", "Pac", call="gan + pacgan(2)", model="gan", losses=False)
    record = next(tmp_path.rglob("record.json"))
    record.write_text(record.read_text().replace('"stabilizers": []', '"stabilizers": ["pacgan(samples=2)"]'))
    found = bib(fake, tmp_path, "modes_hit")
    lin = [key for key in found if key.startswith("lin2018")]
    assert lin == ["lin2018pacgan"]
    assert "modes\\_hit, pacgan" in found["lin2018pacgan"]


def test_a_column_is_known_by_its_metric() -> None:
    columns = ["fd_digits", "quality", "modes_covered", "precision_digits", "nobody"]
    assert list(_of_metrics(columns)) == [
        ("metrics", "frechet"), ("metrics", "mmd_multiscale"), ("metrics", "modes_covered"), ("metrics", "precision")
    ]  # fmt: skip


def test_no_two_works_of_all_words_share_authors_and_year_without_a_name() -> None:
    """A nameless one would be taken for the named one."""
    names: dict[tuple[str, str], set[str]] = {}
    for category in ("models", "stabilizers", "datasets", "metrics"):
        for word in words(category):
            for one in sources(_docstring(category, word)):
                names.setdefault((one.authors, one.year), set()).add(one.name)
    assert len(names) > 60
    assert [key for key, found in names.items() if "" in found and len(found) > 2] == []


def test_a_word_that_is_not_installed_has_none(fake: ModuleType, tmp_path: Path) -> None:
    fake.write(tmp_path, "ring8", "X", call="nobody", model="nobody", losses=False)
    assert bib(fake, tmp_path) == {}
