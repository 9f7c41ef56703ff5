"""The letters and signs of a tag query: text in, tokens out, each with its place. Pure.

It knows what may stand alone and what in quotes, and nothing of how conditions are put together.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from shared.errors import InvalidRule

KEYWORDS = frozenset({"and", "or", "not", "has"})
# What may be meant otherwise when it stands alone, as in `team=qa,dev`, `a|b` or `cpu>4`.
DOUBTFUL = frozenset("!<>&|,;")
ESCAPED = frozenset("*?\\\"'")
# No two branches begin alike, so nothing is ever tried twice.
TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<sign>!=|=|\(|\))
    |(?P<quote>["'])
    |(?P<word>(?:\\.|[^\s()="'!<>&|,;\\])+)""",
    re.VERBOSE | re.DOTALL,
)
QUOTED = {quote: re.compile(rf"(?:\\.|[^{quote}\\])*", re.DOTALL) for quote in "\"'"}


class Wild(Enum):
    """A wildcard: any letters or none, or exactly one letter."""

    MANY = "*"
    ONE = "?"


Letters = tuple[str | Wild, ...]


@dataclass(frozen=True, slots=True)
class Token:
    """`at` counts characters from 1. `kind` is a sign, a keyword, `text`, or `end`."""

    at: int
    kind: str
    raw: str
    letters: Letters = ()

    def __str__(self) -> str:
        return f"'{self.raw}'" if self.raw in ("=", "!=") else self.raw

    @property
    def plain(self) -> str:
        """The text without what escapes; its wildcards as they were written."""
        return "".join(each.value if isinstance(each, Wild) else each for each in self.letters)


def wrong(at: int, what: str) -> InvalidRule:
    """The error that points at a character."""
    return InvalidRule(f"At character {at}: {what}.", code="invalid_tag_query", field="tag_query")


def tokens(text: str) -> Sequence[Token]:
    """All tokens and one for the end. InvalidRule for what can be none."""
    found, at = [], 0
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise stray(text, at)
        at = match.end()
        if match["quote"]:
            token, at = quoted(text, at)
            found.append(token)
        elif match["word"]:
            found.append(word(match["word"], match.start()))
        elif match["sign"]:
            found.append(Token(match.start() + 1, match["sign"], match["sign"]))
    return [*found, Token(len(text) + 1, "end", "")]


def stray(text: str, at: int) -> InvalidRule:
    """What begins no token."""
    if text[at] in DOUBTFUL:
        return wrong(at + 1, f"{text[at]} stands in quotes only; conditions are joined by AND and OR")
    return wrong(at + 1, "nothing follows the \\")


def quoted(text: str, start: int) -> tuple[Token, int]:
    """The text between quotes, of which `start` follows the first, and the place after the last."""
    match = QUOTED[text[start - 1]].match(text, start)
    end = match.end() if match else start
    if end == len(text) or text[end] == "\\":
        raise wrong(start, f"this {text[start - 1]} is never closed")
    raw = text[start - 1 : end + 1]
    return Token(start, "text", raw, letters(text[start:end], start)), end + 1


def word(raw: str, start: int) -> Token:
    keyword = raw.lower()
    if keyword in KEYWORDS:
        return Token(start + 1, keyword, raw)
    return Token(start + 1, "text", raw, letters(raw, start))


def letters(raw: str, start: int) -> Letters:
    """The letters that `raw`, which begins at `start`, stands for."""
    found: list[str | Wild] = []
    escaped = False
    for at, letter in enumerate(raw, start + 1):
        if unicodedata.category(letter) in ("Cc", "Cs"):
            raise wrong(at, "a control character cannot be part of a tag")
        if escaped and letter not in ESCAPED:
            raise wrong(at - 1, f"\\{letter} means nothing; write \\\\ for a \\ itself")
        if not escaped and letter == "\\":
            escaped = True
            continue
        found.append(letter if escaped or letter not in "*?" else Wild(letter))
        escaped = False
    return tuple(found)
