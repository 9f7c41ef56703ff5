"""Tag queries: what they mean, judged by a slow and simple reader of its own, and where they are refused."""

import re
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from shared.errors import InvalidRule
from shared.schedules.tagging import DEEPEST, LONGEST, MOST_CONDITIONS, parse, words

Tree = tuple[Any, ...]
MANY, ONE = ("many",), ("one",)
KEYS = ["team", "Team", "cost center", "and", "a:b/c", 'q"t', "x*", "ü"]
LETTERS = 'abA *?"\\=)ü'
globs = some.lists(some.sampled_from([MANY, ONE, *LETTERS]), max_size=5).map(tuple)
leaves = some.one_of(
    some.tuples(some.just("has"), some.sampled_from(KEYS)),
    some.tuples(some.sampled_from(["is", "is not"]), some.sampled_from(KEYS), globs),
)
trees = some.recursive(
    leaves,
    lambda inner: some.one_of(
        some.tuples(some.just("not"), inner),
        some.tuples(some.sampled_from(["and", "or"]), some.lists(inner, min_size=2, max_size=3)),
    ),
    max_leaves=6,
)
tags = some.dictionaries(some.sampled_from(KEYS), some.text(LETTERS, max_size=5), max_size=4)


def meant(tree: Tree, tags: Mapping[str, str]) -> bool:
    """What a tree means, told as slowly and plainly as can be."""
    kind, *parts = tree
    if kind == "has":
        return parts[0] in tags
    if kind == "is":
        return any(key == parts[0] and fits(parts[1], value) for key, value in tags.items())
    if kind == "is not":
        return not meant(("is", *parts), tags)
    if kind == "not":
        return not meant(parts[0], tags)
    found = [meant(part, tags) for part in parts[0]]
    return False not in found if kind == "and" else True in found


def fits(glob: Tree, value: str) -> bool:
    if not glob:
        return not value
    head, rest = glob[0], glob[1:]
    if head == MANY:
        return any(fits(rest, value[cut:]) for cut in range(len(value) + 1))
    return bool(value) and head in (ONE, value[0]) and fits(rest, value[1:])


def written(tree: Tree, dice: Random, *, inside: str = "") -> str:
    """A tree as somebody may write it: parentheses where AND binds tighter, and now and then without need."""
    kind, *parts = tree
    keyword = dice.choice([kind.upper(), kind, kind.title()])
    if kind == "has":
        text = f"{keyword}{space(dice)}{key(parts[0], dice)}"
    elif kind in ("is", "is not"):
        sign = f"{gap(dice)}{'=' if kind == 'is' else '!='}{gap(dice)}"
        text = f"{key(parts[0], dice)}{sign}{quoted(parts[1], dice)}"
    elif kind == "not":
        text = f"{keyword}{space(dice)}{written(parts[0], dice, inside='not')}"
    else:
        each = [written(part, dice, inside=kind) for part in parts[0]]
        text = f"{space(dice)}{keyword}{space(dice)}".join(each)
    needs = kind in {"not": ("and", "or"), "and": ("or",)}.get(inside, ())
    return f"({gap(dice)}{text}{gap(dice)})" if needs or dice.random() < 0.1 else text


def space(dice: Random) -> str:
    return dice.choice([" ", "  ", "\n\t"])


def gap(dice: Random) -> str:
    return dice.choice(["", " "])


def key(name: str, dice: Random) -> str:
    return quoted(tuple(name), dice)


def quoted(glob: Tree, dice: Random) -> str:
    quote = dice.choice("'\"")
    letters = ["*" if each == MANY else "?" if each == ONE else escaped(str(each), quote) for each in glob]
    text = "".join(letters)
    plain = text and text != "and" and not set(text) & set(" =)\"'")
    return text if plain and dice.random() < 0.5 else f"{quote}{text}{quote}"


def escaped(letter: str, quote: str) -> str:
    return f"\\{letter}" if letter in f"*?\\{quote}" else letter


@given(tree=trees, tags=some.lists(tags, min_size=1, max_size=5), seed=some.integers())
def test_a_query_means_what_the_slow_reader_says(tree: Tree, tags: list[dict[str, str]], seed: int) -> None:
    text = written(tree, Random(seed))
    query = parse(text)
    for each in tags:
        assert query.matches(each) == meant(tree, each), (text, each)


@given(some.text("ab*?\\\"'()=! \n<&\0ANDORhas", max_size=30))
def test_whatever_is_written_is_understood_or_refused_at_a_place_in_it(text: str) -> None:
    error = refusal(text)
    if error is not None:
        assert (error.code, error.field) == ("invalid_tag_query", "tag_query")
        start, at = str(error).split(":")[0].rsplit(" ", 1)
        assert start == "At character"
        assert 1 <= int(at) <= len(text) + 1


def refusal(text: str) -> InvalidRule | None:
    try:
        assert words(parse(text))
    except InvalidRule as error:
        return error
    return None


MEANS = [
    ("team=qa", {"team": "qa"}, True),
    ("team=qa", {"team": "QA"}, False),
    ("team=qa", {"Team": "qa"}, False),
    ("team=qa", {}, False),
    ("env!=prod", {}, True),
    ("env!=prod", {"env": "prod"}, False),
    ("env!=prod AND has env", {}, False),
    ("not env=prod", {}, True),
    ('team=""', {"team": ""}, True),
    ('team=""', {}, False),
    ("team=*", {"team": ""}, True),
    ("team=*", {}, False),
    ("Name=web-*", {"Name": "web-7"}, True),
    ("Name=web-*", {"Name": "a web-7"}, False),
    ("Name=web-?", {"Name": "web-12"}, False),
    ("Name=*-?-*", {"Name": "web-1-a"}, True),
    ("Name=ab*ba", {"Name": "aba"}, False),
    ("Name=*\n", {"Name": "two\nlines"}, True),
    ("Name=a.c", {"Name": "abc"}, False),
    (r"Name=a\*", {"Name": "ab"}, False),
    (r'Name="a\*"', {"Name": "a*"}, True),
    ('"cost center"="a b"', {"cost center": "a b"}, True),
    ("'cost center'='a b'", {"cost center": "a b"}, True),
    ("a=1 OR b=1 AND c=1", {"a": "1"}, True),
    ("(a=1 OR b=1) AND c=1", {"a": "1"}, False),
    ("NOT a=1 AND b=1", {"b": "1"}, True),
    ("NOT (a=1 AND b=1)", {"b": "1"}, True),
    ("NOT NOT a=1", {"a": "1"}, True),
    ("a=1 aNd nOt HAS b", {"a": "1"}, True),
    ('"has"=and', {"has": "and"}, None),
    ('"has"="and"', {"has": "and"}, True),
    ("aws:autoscaling:groupName=*", {"aws:autoscaling:groupName": "web"}, True),
]


@pytest.mark.parametrize(("text", "tags", "expected"), MEANS)
def test_what_a_query_means(text: str, tags: dict[str, str], expected: bool | None) -> None:
    if expected is None:
        with pytest.raises(InvalidRule):
            parse(text)
    else:
        assert parse(text).matches(tags) is expected


WRONG = [
    ("", 1, "a condition is missing, as team=qa or has team"),
    ("   ", 4, "a condition is missing, as team=qa or has team"),
    ("team", 5, "= or != is missing after team; write has team for any value"),
    ('"a b" AND c=d', 7, '= or != is missing after "a b"; write has "a b" for any value'),
    ("env!=prd team=qa", 10, "AND or OR is missing before team"),
    ("team=qa AND env=", 17, "a value is missing after '='"),
    ("team!=", 7, "a value is missing after '!='"),
    ("team==qa", 6, "a value is missing after '='; = is a text only in quotes"),
    ("team=NOT", 6, "a value is missing after '='; NOT is a text only in quotes"),
    ("team=(qa)", 6, "a value is missing after '='; ( is a text only in quotes"),
    ("=qa", 1, "a tag key is missing before '='"),
    ("has=yes", 4, "a tag key is missing before '='"),
    ("has", 4, "a tag key is missing after has"),
    ("a=b or or", 8, "a condition is missing, as team=qa or has team; or is a text only in quotes"),
    ("a=b AND", 8, "a condition is missing, as team=qa or has team"),
    ("()", 2, "a condition is missing, as team=qa or has team"),
    ("(team=qa", 9, ") is missing: the ( at character 1 is never closed"),
    ("(a=b c=d)", 6, "AND, OR or ) is missing before c"),
    ("team=qa)", 8, "this ) closes nothing"),
    ("a=b,c", 4, ", stands in quotes only; conditions are joined by AND and OR"),
    ("a=b && c=d", 5, "& stands in quotes only; conditions are joined by AND and OR"),
    ("!a=b", 1, "! stands in quotes only; conditions are joined by AND and OR"),
    ('a="b', 3, 'this " is never closed'),
    ("a='b\\'", 3, "this ' is never closed"),
    ("a=b\\", 4, "nothing follows the \\"),
    ("a=CORP\\bob", 7, "\\b means nothing; write \\\\ for a \\ itself"),
    ("te*m=x", 1, "* and ? stand for letters of values only; write \\* or \\? in a tag key"),
    ("has te?m", 5, "* and ? stand for letters of values only; write \\* or \\? in a tag key"),
    ('""=x', 1, "a tag key is never empty"),
    ('x="a\0"', 5, "a control character cannot be part of a tag"),
    ("(" * 21, 21, f"parentheses and NOT are nested deeper than {DEEPEST}"),
    ("NOT " * 21 + "a=b", 81, f"parentheses and NOT are nested deeper than {DEEPEST}"),
    ("a=b OR " * 50 + "a=b", 351, f"a tag query has at most {MOST_CONDITIONS} conditions"),
    (f"a={'b' * 499}", 501, f"a tag query has at most {LONGEST} characters, this one has 501"),
]


@pytest.mark.parametrize(("text", "at", "what"), WRONG)
def test_a_query_is_refused_where_it_goes_wrong(text: str, at: int, what: str) -> None:
    with pytest.raises(InvalidRule) as refused:
        parse(text)
    assert str(refused.value) == f"At character {at}: {what}."
    assert (refused.value.code, refused.value.field) == ("invalid_tag_query", "tag_query")


DOCS = Path(__file__).parents[3] / "docs" / "reference" / "tag-queries.md"


def test_the_documentation_is_right_about_what_is_understood_and_what_is_refused() -> None:
    text = DOCS.read_text()
    answers = re.findall(r"^\| `(.+)` \| (At character .+) \|$", text, re.MULTILINE)
    assert [(query, str(refusal(query))) for query, _ in answers] == answers
    examples = re.findall(r"\| `(.+)` \|$", text.split("## Examples")[1], re.MULTILINE)
    assert [refusal(query) for query in examples] == [None] * len(examples)
    assert (len(answers), len(examples)) == (5, 6)


@pytest.mark.parametrize(
    "text",
    [
        "(" * DEEPEST + "a=b" + ")" * DEEPEST,
        "NOT " * DEEPEST + "a=b",
        " OR ".join(["a=b"] * MOST_CONDITIONS),
        f"a={'b' * (LONGEST - 2)}",
    ],
)
def test_the_limits_themselves_are_allowed(text: str) -> None:
    assert parse(text).matches({"a": "b" * (LONGEST - 2 if "bb" in text else 1)})


@pytest.mark.parametrize(
    "hostile", ["*a" * 200 + "b", "*a?" * 160 + "b", "*" * 490 + "b", "*" + "a?" * 120 + "b*"]
)
def test_stars_are_not_tried_in_every_way(hostile: str) -> None:
    """With stars that are taken back this would not end."""
    assert not parse(f"k={hostile}").matches({"k": "a" * 256})
    assert not parse("k=*a*a*a*a*b").matches({"k": "a" * 100_000})


SAID = [
    ("team=qa AND env!=prod", "team is qa and env is not prod"),
    ("has team and not has owner", "team is set and owner is not set"),
    ("Name=web-* or Name!=?b", "Name is like web-* or Name is not like ?b"),
    ("a=1 or b=2 and c=3", "a is 1 or (b is 2 and c is 3)"),
    ("(a=1 or b=2) and not (c=3 or d=4)", "(a is 1 or b is 2) and not (c is 3 or d is 4)"),
    ("((a=1))", "a is 1"),
    ("NOT NOT a=1", "a is 1"),
    ("NOT a!=1", "a is 1"),
    ("'cost center'='a \"b\"'", '"cost center" is "a \\"b\\""'),
    ('team="" or team="AND"', 'team is "" or team is "AND"'),
    (r"a=1\*2*", r'a is like "1\*2*"'),
    ("ort=Köln and x=*", "ort is Köln and x is like *"),
]


@pytest.mark.parametrize(("text", "said"), SAID)
def test_a_query_in_words(text: str, said: str) -> None:
    assert words(parse(text)) == said
