"""Pages of a describe: where one begins, where it ends, and the token in between.

Sizes: the EC2 API reference, MaxResults. Must not know what a row means beyond its server's place in line.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass

from simulator import errors
from simulator.errors import AwsError
from simulator.instances import Instance, View

_SIZES = range(5, 1001)
_TOKEN = re.compile(r"after:(\d+)(:again)?")
Row = tuple[Instance, View]


@dataclass(frozen=True, slots=True)
class Page:
    rows: list[Row]
    token: str | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins. `again`: it was asked for before, and its first answer was spoilt."""

    after: int = 0
    size: int | None = None
    again: bool = False


def place(token: str | None, size: int | None) -> Place:
    """AwsError for a size out of range or a token that is none of ours."""
    if size is not None and size not in _SIZES:
        raise errors.invalid_value(size, parameter="maxResults", hint="Expecting a value between 5 and 1000.")
    if not token:
        return Place(size=size)
    try:
        found = _TOKEN.fullmatch(urlsafe_b64decode(token.encode()).decode())
    except ValueError:
        found = None
    if found is None:
        raise AwsError("InvalidNextToken", "The specified NextToken is not valid.")
    return Place(int(found[1]), size, found[2] is not None)


def cut(rows: list[Row], where: Place) -> Page:
    """The page of `rows`, which begin where it begins."""
    if where.size is None or len(rows) <= where.size:
        return Page(rows, None)
    return Page(rows[: where.size], _token(rows[where.size - 1][0].index))


def twice(page: Page, where: Place) -> Page:
    """The same page again under its token; on the last page, the same rows again in it."""
    if page.token is None:
        return Page([*page.rows, *page.rows], None)
    return Page(page.rows, _token(where.after, again=True))


def empty(page: Page, where: Place) -> Page:
    """Nothing yet, and a token that brings the page; only where pages were asked for."""
    return page if where.size is None else Page([], _token(where.after, again=True))


def _token(after: int, *, again: bool = False) -> str:
    return urlsafe_b64encode(f"after:{after}{':again' if again else ''}".encode()).decode()
