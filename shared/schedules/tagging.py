"""Tag queries: which servers a schedule acts on, by their tags. `team=qa AND env!=prod`. Pure.

A query is parsed once and asked often. It sees the tags of one server at a time and knows neither servers nor
schedules. The language is told to people in docs/reference/tag-queries.md.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from shared.schedules.tag_tokens import KEYWORDS, Letters, Token, Wild, tokens, wrong

LONGEST = 500
DEEPEST = 20
MOST_CONDITIONS = 50
PLAIN = re.compile(r"[\w.:/@+%#~$-]+")


Tags = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Has:
    """The tag is there, whatever its value."""

    key: str

    def holds(self, tags: Tags) -> bool:
        return self.key in tags


@dataclass(frozen=True, slots=True)
class Is:
    """The tag is there and its value fits."""

    key: str
    value: Letters
    pattern: re.Pattern[str] = field(compare=False)

    def holds(self, tags: Tags) -> bool:
        return self.key in tags and self.pattern.fullmatch(tags[self.key]) is not None


@dataclass(frozen=True, slots=True)
class Not:
    part: "Condition"

    def holds(self, tags: Tags) -> bool:
        return not self.part.holds(tags)


@dataclass(frozen=True, slots=True)
class Every:
    parts: tuple["Condition", ...]

    def holds(self, tags: Tags) -> bool:
        return all(part.holds(tags) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Some:
    parts: tuple["Condition", ...]

    def holds(self, tags: Tags) -> bool:
        return any(part.holds(tags) for part in self.parts)


Condition = Has | Is | Not | Every | Some


@dataclass(frozen=True, slots=True)
class Query:
    """A tag query that has been understood; two are equal when they ask the same in the same order."""

    condition: Condition

    def matches(self, tags: Tags) -> bool:
        """Whether a server with these tags is meant."""
        return self.condition.holds(tags)


def parse(text: str) -> Query:
    """The query that `text` writes. InvalidRule says at which character it goes wrong, and how."""
    if len(text) > LONGEST:
        raise wrong(LONGEST + 1, f"a tag query has at most {LONGEST} characters, this one has {len(text)}")
    return Query(Parser(tokens(text)).whole())


@dataclass
class Parser:
    """Descends from OR, which binds least, over AND and NOT to a single condition."""

    tokens: Sequence[Token]
    place: int = 0
    conditions: int = 0

    def whole(self) -> Condition:
        found = self.either(depth=0)
        token = self.tokens[self.place]
        if token.kind == ")":
            raise wrong(token.at, "this ) closes nothing")
        if token.kind != "end":
            raise wrong(token.at, f"AND or OR is missing before {token}")
        return found

    def either(self, *, depth: int) -> Condition:
        parts = [self.every(depth=depth)]
        while self.take("or"):
            parts.append(self.every(depth=depth))
        return Some(tuple(parts)) if len(parts) > 1 else parts[0]

    def every(self, *, depth: int) -> Condition:
        parts = [self.single(depth=depth)]
        while self.take("and"):
            parts.append(self.single(depth=depth))
        return Every(tuple(parts)) if len(parts) > 1 else parts[0]

    def single(self, *, depth: int) -> Condition:
        """One condition, or what parentheses or NOT make one."""
        token = self.tokens[self.place]
        if token.kind in ("(", "not") and depth == DEEPEST:
            raise wrong(token.at, f"parentheses and NOT are nested deeper than {DEEPEST}")
        if self.take("not"):
            return negated(self.single(depth=depth + 1))
        if self.take("("):
            found = self.either(depth=depth + 1)
            if not self.take(")"):
                raise self.unclosed(token)
            return found
        return self.condition()

    def unclosed(self, opened: Token) -> Exception:
        token = self.tokens[self.place]
        if token.kind == "end":
            return wrong(token.at, f") is missing: the ( at character {opened.at} is never closed")
        return wrong(token.at, f"AND, OR or ) is missing before {token}")

    def condition(self) -> Condition:
        """`has team`, `team=qa` or `team!=qa`."""
        token = self.tokens[self.place]
        self.conditions += 1
        if self.conditions > MOST_CONDITIONS:
            raise wrong(token.at, f"a tag query has at most {MOST_CONDITIONS} conditions")
        if self.take("has"):
            return Has(self.key(missing=f"a tag key is missing after {token.raw}"))
        key = self.key(missing="a condition is missing, as team=qa or has team")
        sign = self.tokens[self.place]
        if not (self.take("=") or self.take("!=")):
            raise wrong(sign.at, f"= or != is missing after {token}; write has {token} for any value")
        found = self.value(key, sign=sign)
        return Not(found) if sign.kind == "!=" else found

    def key(self, *, missing: str) -> str:
        token = self.tokens[self.place]
        if token.kind in ("=", "!="):
            raise wrong(token.at, f"a tag key is missing before {token}")
        token = self.text(missing=missing)
        if any(isinstance(each, Wild) for each in token.letters):
            raise wrong(token.at, "* and ? stand for letters of values only; write \\* or \\? in a tag key")
        if not token.letters:
            raise wrong(token.at, "a tag key is never empty")
        return token.plain

    def value(self, key: str, *, sign: Token) -> Is:
        found = self.text(missing=f"a value is missing after {sign}").letters
        return Is(key, found, pattern(found))

    def text(self, *, missing: str) -> Token:
        """A word or a quoted text; what stands there instead may have been meant as one."""
        token = self.tokens[self.place]
        if not self.take("text"):
            hint = "" if token.kind in ("end", ")") else f"; {token.raw} is a text only in quotes"
            raise wrong(token.at, missing + hint)
        return token

    def take(self, kind: str) -> bool:
        """Go on when the next token is of this kind."""
        if self.tokens[self.place].kind != kind:
            return False
        self.place += 1
        return True


def negated(condition: Condition) -> Condition:
    return condition.part if isinstance(condition, Not) else Not(condition)


def pattern(letters: Letters) -> re.Pattern[str]:
    """What fits the letters. Between two stars each piece is taken where it first fits, and that is never
    taken back, `(?>`: so a star costs no more than one walk along the value, however many there are."""
    pieces = [""]
    for letter in letters:
        if letter is Wild.MANY:
            pieces.append("")
        else:
            pieces[-1] += "." if isinstance(letter, Wild) else re.escape(letter)
    begin, *inner = pieces
    if not inner:
        return re.compile(begin, re.DOTALL)
    *inner, end = inner
    middle = "".join(f"(?>.*?{piece})" for piece in inner if piece)
    return re.compile(f"{begin}{middle}.*{end}", re.DOTALL)


def words(query: Query) -> str:
    """The query inside a sentence: "team is qa and env is not prod"."""
    return said(query.condition)


def said(condition: Condition) -> str:
    match condition:
        case Not(Has() | Is() as part):
            return atom(part, no=" not")
        case Has() | Is():
            return atom(condition)
        case Not(part):
            return f"not ({said(part)})"
        case Every(parts):
            return " and ".join(grouped(part) for part in parts)
        case Some(parts):
            return " or ".join(grouped(part) for part in parts)


def atom(condition: Has | Is, *, no: str = "") -> str:
    key = written(tuple(condition.key))
    if isinstance(condition, Has):
        return f"{key} is{no} set"
    like = " like" if any(isinstance(each, Wild) for each in condition.value) else ""
    return f"{key} is{no}{like} {written(condition.value)}"


def grouped(condition: Condition) -> str:
    """In parentheses what would read differently without."""
    return f"({said(condition)})" if isinstance(condition, Every | Some) else said(condition)


def written(letters: Letters) -> str:
    """The letters as the language writes them, in quotes where it must."""
    plain = "".join(each for each in letters if not isinstance(each, Wild))
    if letters and plain.lower() not in KEYWORDS and (not plain or PLAIN.fullmatch(plain)):
        return "".join(each.value if isinstance(each, Wild) else each for each in letters)
    inside = (each.value if isinstance(each, Wild) else escaped(each) for each in letters)
    return f'"{"".join(inside)}"'


def escaped(letter: str) -> str:
    return f"\\{letter}" if letter in '*?\\"' else letter
