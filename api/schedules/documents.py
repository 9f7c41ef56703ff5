"""Schedules as a YAML document that people keep in git: written in one way, compared field by field. Pure.

What is at its default is left out, and lists stand in one order, so the same schedules always give the same
text. `strict_yaml` reads it back.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import yaml

from shared.schedules.checks import RuleText
from shared.schedules.windows import DAYS, WindowText
from shared.schedules.windows import sentence as window_words
from shared.schedules.words import told_at

VERSION = 1
RESPECT = "respect"
NEVER_FOLDED = 100_000


@dataclass(frozen=True, slots=True)
class Written:
    """A schedule as a document says it, its lists in their one order; `servers` are EC2's instance ids.

    Either windows or rules, and either a tag query or servers.
    """

    name: str
    timezone: str
    enabled: bool = True
    mode: str = RESPECT
    windows: tuple[WindowText, ...] = ()
    rules: tuple[RuleText, ...] = ()
    skip_dates: tuple[tuple[date, str], ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None
    grace_seconds: int | None = None
    hibernate: bool = False
    tag_query: str = ""
    servers: tuple[str, ...] = ()


FIELDS = tuple(name for name in Written.__dataclass_fields__ if name != "name")


@dataclass(frozen=True, slots=True)
class Difference:
    """One field before and after, in words; None where the document would not mention it."""

    field: str
    before: str | None
    after: str | None


def windows_in_order(windows: Iterable[WindowText]) -> tuple[WindowText, ...]:
    once = {(tuple(sorted(map(DAYS.index, each.days))), each.start, each.to) for each in windows}
    return tuple(WindowText(tuple(DAYS[day] for day in days), start, to) for days, start, to in sorted(once))


def rules_in_order(rules: Iterable[RuleText]) -> tuple[RuleText, ...]:
    """Recurring ones first, as a day goes: start, stop, reboot."""
    return tuple(sorted(set(rules), key=lambda each: told_at(**asdict(each))))


def differences(before: Written, after: Written) -> list[Difference]:
    """What an import would change, in the order of the document."""
    return [
        Difference(name, told(before, name), told(after, name))
        for name in FIELDS
        if getattr(before, name) != getattr(after, name)
    ]


def told(written: Written, name: str) -> str | None:
    """One field in words."""
    value = getattr(written, name)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "; ".join(part(each) for each in value) or None
    return None if value in (None, "") else str(value)


def part(value: Any) -> str:
    if isinstance(value, WindowText):
        return window_words(value)
    if isinstance(value, RuleText):
        return f"{value.action} {value.cron or short(value.at)}"
    if isinstance(value, tuple):
        day, note = value
        return f"{day} {note}".strip()
    return str(value)


def dump(schedules: Iterable[Written]) -> str:
    """The document, ordered by name, with a blank line between two schedules."""
    items = [text_of([shape(each)]) for each in sorted(schedules, key=lambda each: each.name)]
    head = f"version: {VERSION}\nschedules:"
    return "\n".join([f"{head}\n{items[0]}", *items[1:]]) if items else f"{head} []\n"


def shape(written: Written) -> dict[str, object]:
    """One schedule for the document, without what is at its default."""
    optional: dict[str, object] = {
        "enabled": None if written.enabled else False,
        "mode": None if written.mode == RESPECT else written.mode,
        "windows": [window(each) for each in written.windows],
        "rules": [rule(each) for each in written.rules],
        "skip_dates": [skip_date(*each) for each in written.skip_dates],
        "valid_from": written.valid_from and Quoted(written.valid_from),
        "valid_to": written.valid_to and Quoted(written.valid_to),
        "grace_seconds": written.grace_seconds,
        "hibernate": written.hibernate or None,
        "tag_query": written.tag_query,
    }
    said: dict[str, object] = {"name": written.name, "timezone": written.timezone}
    said |= {name: value for name, value in optional.items() if value not in (None, "", [])}
    return said if written.tag_query else said | {"servers": list(written.servers)}


def window(text: WindowText) -> dict[str, object]:
    return {"days": Row(text.days), "from": Quoted(text.start), "to": Quoted(text.to)}


def rule(text: RuleText) -> dict[str, object]:
    when = ("cron", text.cron) if text.cron else ("at", short(text.at))
    return {"action": text.action, when[0]: Quoted(when[1])}


def skip_date(day: date, note: str) -> dict[str, object]:
    return Line({"day": Quoted(day)} | ({"note": note} if note else {}))


def short(at: str) -> str:
    """2026-12-24T07:00:00 without seconds that say nothing."""
    return at.removesuffix(":00") if len(at) == 19 else at


class Quoted(str):
    """Text that other readers would take for a number or a date."""

    __slots__ = ()


class Row(list[object]):
    """A list on one line."""


class Line(dict[str, object]):
    """An object on one line."""


class Dumper(yaml.CSafeDumper):
    """Writes everything out: no anchors, where the same value stands twice."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def quoted(dumper: Any, text: Quoted) -> Any:
    return dumper.represent_scalar("tag:yaml.org,2002:str", str(text), style='"')


def row(dumper: Any, values: Row) -> Any:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", values, flow_style=True)


def line(dumper: Any, values: Line) -> Any:
    return dumper.represent_mapping("tag:yaml.org,2002:map", values.items(), flow_style=True)


Dumper.add_representer(Quoted, quoted)
Dumper.add_representer(Row, row)
Dumper.add_representer(Line, line)


def text_of(value: Sequence[object]) -> str:
    text: str = yaml.dump(
        value,
        Dumper=Dumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=False,
        width=NEVER_FOLDED,
    )
    return text
