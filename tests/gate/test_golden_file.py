"""The file of golden trajectories: what was written comes back, and every fault is a line with its place and the remedy."""

from __future__ import annotations

import json
from math import inf, isnan, nan
from pathlib import Path

import pytest

from bench.gate import golden_file
from bench.gate.golden_file import Golden, GoldenError, Line

HERE = {"machine": "one", "vectors": "AVX2", "torch": "2.0.0"}
LINES = (
    Line("ring", "", 0, {"training data's mean": 0.5}, HERE),
    Line("ring", "GAN", 0, {"loss_D at step 1": 0.123456789, "loss_G at step 1": nan}, HERE),
    Line("ring", "GAN", 1, {"loss_D at step 1": inf, "loss_G at step 1": -inf}, HERE | {"torch": "1.0.0"}),
)
HEADER = '{"golden": 2, "machine": "one", "vectors": "AVX2", "torch": "2.0.0", "python": "3.11.7"}'
LINE = '{"dataset": "ring", "method": "GAN", "seed": 0, "numbers": {"loss_D at step 1": 0.5}}'


def test_what_was_written_comes_back_and_equal_ones_are_equal_bytes(tmp_path: Path) -> None:
    golden_file.write(tmp_path / "a", Golden(LINES, "3.11.7"))
    golden_file.write(tmp_path / "b", golden_file.read(tmp_path / "a"))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    found = golden_file.read(tmp_path / "a")
    assert [(line.key, line.made) for line in found.lines] == [(line.key, line.made) for line in LINES]
    assert isnan(found.lines[1].numbers["loss_G at step 1"])
    assert found.lines[2].numbers == LINES[2].numbers
    assert {path.name for path in tmp_path.iterdir()} == {"a", "b"}


def test_the_first_version_is_readable(tmp_path: Path) -> None:
    (tmp_path / "f").write_text(
        '{"golden": 1, "machine": "one", "torch": "2.0.0", "python": "3.11.7"}\n'
        '{"dataset": "ring", "method": "GAN", "seed": 0, "numbers": {"a": 0.5, "b": null}}\n'
    )
    (line,) = golden_file.read(tmp_path / "f").lines
    assert line.made == {"machine": "one", "vectors": "", "torch": "2.0.0"}
    assert line.numbers["a"] == 0.5
    assert isnan(line.numbers["b"])


def test_an_interrupted_write_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "f"
    golden_file.write(path, Golden(LINES))
    then = path.read_bytes()

    def half(self: Path, text: str, **more: str) -> None:
        self.write_bytes(text[: len(text) // 2].encode())
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_text", half)
    with pytest.raises(KeyboardInterrupt):
        golden_file.write(path, Golden(LINES[:1]))
    assert path.read_bytes() == then
    assert list(tmp_path.iterdir()) == [path]


def changed(**more: object) -> str:
    return json.dumps(json.loads(LINE) | more)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "f: the file is empty"),
        ("\x00", "f:1: not a whole line of JSON"),
        ("[1]", "f:1: not a JSON object"),
        ("{}", "f:1: no header of golden trajectories"),
        (
            HEADER.replace("2,", "3,", 1) + "\n" + LINE,
            "f:1: version 3 of golden trajectories, and this program reads 1 and 2",
        ),
        (HEADER.replace("2,", '"2",', 1) + "\n" + LINE, "f:1: version '2' of golden trajectories"),
        (HEADER.replace("machine", "mashine"), "f:1: 'mashine' is no key of such a line"),
        (HEADER.replace('"one"', "1"), "f:1: 'machine' is 1, not a text"),
        (HEADER, "f: a header and no trajectory"),
        (f"{HEADER}\n{LINE[:-9]}", "f:2: not a whole line of JSON"),
        (f"{HEADER}\n3", "f:2: not a JSON object"),
        (f"{HEADER}\n{LINE}\n{LINE}", "f:3: ring / GAN, seed 0 stands there twice"),
        (f"{HEADER}\n{changed(sed=1)}", "f:2: 'sed' is no key of such a line"),
        (f"{HEADER}\n{changed(seed='0')}", "f:2: 'seed' is \"0\", not a whole number"),
        (f"{HEADER}\n{changed(seed=True)}", "f:2: 'seed' is true, not a whole number"),
        (f"{HEADER}\n{changed(method=None)}", "f:2: 'method' is null, not a text"),
        (f"{HEADER}\n{changed(numbers=[])}", "f:2: 'numbers' is missing, empty or not a mapping"),
        (f"{HEADER}\n{changed(numbers={'a': None})}", "f:2: 'a' is null: its number is missing"),
        (f"{HEADER}\n{changed(numbers={'a': 'much'})}", "f:2: 'a' is \"much\", not a number"),
        (f"{HEADER}\n{changed(numbers={'a': nan})}", "f:2: NaN is no JSON"),
        (f"{HEADER}\n{changed(made={})}", "f:2: 'made' does not say machine, vectors, torch"),
        (
            HEADER + "\n" + LINE.replace("0.5}", '0.5, "loss_D at step 1": 1}'),
            "f:2: 'loss_D at step 1' stands there twice",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line_with_place_and_remedy(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "f").write_text(content)
    with pytest.raises(GoldenError) as caught:
        golden_file.read(tmp_path / "f")
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"{tmp_path}/{said}")
    assert line.endswith(
        "; restore it from version control, or replace it with 'bench golden record' if today's numbers are right"
    )


def test_every_fault_has_a_line_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "f").write_text(f"{HEADER}\n{LINE}\n{{\n{LINE}\n")
    with pytest.raises(GoldenError) as caught:
        golden_file.read(tmp_path / "f")
    assert [line.partition(": ")[0] for line in str(caught.value).splitlines()] == [
        f"{tmp_path}/f:3",
        f"{tmp_path}/f:4",
    ]


def test_what_is_not_there_or_not_text_is_said(tmp_path: Path) -> None:
    with pytest.raises(GoldenError, match="no such file; 'bench golden record' makes it"):
        golden_file.read(tmp_path / "f")
    with pytest.raises(GoldenError, match=r"can't be read \(Is a directory\)"):
        golden_file.read(tmp_path)
    (tmp_path / "f").write_bytes(b"\xff\xfe")
    with pytest.raises(GoldenError, match=r"can't be read \(not a text file\)"):
        golden_file.read(tmp_path / "f")
