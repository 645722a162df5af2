"""Rows: what is written is what is read."""

from __future__ import annotations

import pytest

from bench.suite.grammar import Call, GrammarError, read, text

ROWS = [
    "gan",
    "gan(loss=hinge)",
    "gan(loss='hinge', lr=0.001) + r1(weight=1) + n_critic(5)",
    "a(x=-1, y=(1, 2.0), z=[1e-12, 3], w=None, v=True) + b(arch=mlp(width=64))",
    "a(x=(1,), y=1e+20)",
]


@pytest.mark.parametrize("row", ROWS)
def test_written_again_it_reads_the_same(row: str) -> None:
    calls = read(row)
    assert read(" + ".join(map(str, calls))) == calls


@pytest.mark.parametrize("number", [0.1, 1.0, 1 / 3, 1e-300, 123456789.123, -0.0, 1e22])
def test_numbers_keep_every_bit(number: float) -> None:
    (call,) = read(f"a(x={text(number)})")
    ((_, value),) = call.named
    assert (type(value), repr(value)) == (float, repr(number))


def test_terms_keep_their_order() -> None:
    assert [call.word for call in read("a + b(c=1) + d")] == ["a", "b", "d"]
    assert read("a(1, b=2)") == [Call("a", (1,), (("b", 2),))]


@pytest.mark.parametrize(
    "row",
    ["", "1", "a - b", "a(x=1 + 2)", "a.b", "a[0]", "a(*b)", "a(**b)", "lambda: 1", "a(x=f'{b}')", "a b", "a(x=1, x=2)",
     "(lambda: 1)()", "a(x={1: 2})", "a if b else c", "a\nb", "a(x=b'1')", "a(x=1j)",
     "a(x=-True)", "a(x=...)", "a# + b", "a(x=1)# + b(y=2)", "a(# b\n)", f"a(x={'-' * 2000}1)", f"a(x={'-' * 20_000}1)",
     "a" + " + b" * 20_000, "a(" * 300 + ")" * 300, f"a(x={'9' * 5000})", f"a(x={'(' * 150}{')' * 150}", "a\n+ b\n"],
    ids=lambda row: repr(row[:30]),
)  # fmt: skip
def test_everything_else_is_refused(row: str) -> None:
    with pytest.raises(GrammarError) as caught:
        read(row)
    assert len(str(caught.value).splitlines()) == 1
    assert len(str(caught.value)) < 600


def test_a_hash_inside_a_text_is_one() -> None:
    assert read("a(root='x #1')") == [Call("a", (), (("root", "x #1"),))]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("data/png", "data/png"),
        ("/data/faces", "/data/faces"),
        ("./x", "./x"),
        ("../a-b/c.d", "../a-b/c.d"),
        ("~/faces", "~/faces"),
        ("2024/png", "2024/png"),
        ("samples.npz", "samples.npz"),
        ("module:package.nets:encoder", "module:package.nets:encoder"),
        (r"C:\data\x", r"C:\data\x"),
        ("'a, b/c'", "a, b/c"),
    ],
)
def test_a_bare_path_is_a_text(written: str, meant: str) -> None:
    assert read(f"a(lr=1e-3, root={written}, b=(0, .9))") == [
        Call("a", (), (("lr", 1e-3), ("root", meant), ("b", (0, 0.9))))
    ]


@pytest.mark.parametrize("number", ["1e-3", "-.5", "1.e5", "0.25", ".9", "1.e-5"])
def test_a_number_is_no_path(number: str) -> None:
    assert read(f"a(x={number})") == [Call("a", (), (("x", float(number)),))]


def test_a_path_with_a_space_is_told_to_take_quotes() -> None:
    with pytest.raises(GrammarError, match="needs quotes"):
        read("image_folder(root=/data/my faces)")
