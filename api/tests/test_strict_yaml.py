"""The YAML we read: words stay what was written, and nothing in a document can cost more than its text."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.strict_yaml import loads
from shared.errors import Invalid


def value(text: str) -> object:
    return loads(text, name="document").value


@pytest.mark.parametrize(
    "word",
    ["20:00", "08:00", "2026-12-25", "2026-12-24T07:00:00", "on", "off", "yes", "no", "012", "0x1F", "1_000",
     "1.5", "1e3", ".inf", "=", "truE", "i-0123", "1" * 19],
)  # fmt: skip
def test_words_that_others_make_something_of_stay_text(word: str) -> None:
    assert value(f"a: {word}") == {"a": word}


@pytest.mark.parametrize(
    ("word", "meaning"),
    [
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("0", 0),
        ("-15", -15),
        ("'true'", "true"),
        ('"12"', "12"),
        ("[mon, tue]", ["mon", "tue"]),
        ("{from: 08:00}", {"from": "08:00"}),
        ("|\n  x\n  y\n", "x\ny\n"),
        ("x # a comment", "x"),
    ],
)
def test_what_words_mean(word: str, meaning: object) -> None:
    assert value(f"a: {word}") == {"a": meaning}
    assert type(value(f"a: {word}")["a"]) is type(meaning)  # type: ignore[index]


def test_an_empty_document_is_nothing() -> None:
    assert [value(text) for text in ("", "# only a comment", "---\n")] == [None] * 3


WRONG = [
    ("a: 1\nb: 2\na: 3", 3, 1, "'a' is written twice"),
    ("a: {b: 1, 'b': 2}", 1, 11, "'b' is written twice"),
    ("a: &x 1\nb: *x", 1, 4, "anchors"),
    ("&a a: 1", 1, 1, "anchors"),
    ("a: !!python/object/apply:os.system [ls]", 1, 4, "tags"),
    ("a: ! x", 1, 4, "tags"),
    ("cron: * * * * *", 1, 8, "begins with * must stand in quotes"),
    ("a: 1\n---\nb: 2", 2, 1, "second document"),
    ("? [a]\n: 1", 1, 3, "a key must be a plain word"),
    ("a: b: c", 1, 5, "mapping values are not allowed"),
    ("a:\n\t- b", 2, 1, "cannot start any token"),
    ("a: 'unfinished", 1, 15, "end of stream"),
    ("[" * 100_000, 1, 11, "deeper than 10 levels"),
    ("- " * 100_000, 1, 21, "deeper than 10 levels"),
    ("{a: " * 100_000, 1, 41, "deeper than 10 levels"),
    ("- \n" * 300_000, 200_000, 2, "more than 200000 values"),
]


@pytest.mark.parametrize(("text", "line", "column", "says"), WRONG, ids=[each[3] for each in WRONG])
def test_what_is_wrong_is_told_with_its_place(text: str, line: int, column: int, says: str) -> None:
    with pytest.raises(Invalid, match=f"^Line {line}, column {column}: ") as refused:
        value(text)
    assert (refused.value.code, refused.value.field) == ("invalid_yaml", "document")
    assert says in str(refused.value)


def test_a_document_is_at_most_one_mebibyte() -> None:
    assert value("'" + "ü" * 500_000 + "'") == "ü" * 500_000
    with pytest.raises(Invalid, match="larger than 1 MiB"):
        value("'" + "ü" * 600_000 + "'")


def test_control_characters_are_refused() -> None:
    with pytest.raises(Invalid, match="control characters"):
        value("a: \x07")


def test_every_value_has_its_line_and_what_is_missing_that_of_what_holds_it() -> None:
    loaded = loads("a:\n- b: 1\n  c:\n    d: 2\n", name="document")
    places = ["", "a", "a/0", "a/0/b", "a/0/c/d", "a/0/e", "z", "a/7/b"]
    assert [loaded.line(place) for place in places] == [1, 2, 2, 2, 4, 2, 1, 2]
    assert loads("", name="document").line("a") == 0


@given(st.text(max_size=200) | st.text("ab:-[]{}&*!|>'\"%@# \n\t,?~", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(Invalid):
        value(text)
