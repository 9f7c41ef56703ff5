"""Rules in plain words, the same in API, page and log. Pure."""

from collections.abc import Sequence
from datetime import UTC, datetime

from cronsim import CronSim, CronSimError

VERBS = {"start": "Start", "stop": "Stop", "reboot": "Reboot"}


def sentence(*, action: str, cron: str = "", at: str = "") -> str:
    """One rule: "Stop at 18:30 every Monday through Friday" or "Start once on 24 Dec 2026 at 07:00"."""
    return f"{VERBS[action]} {when(cron=cron, at=at)}"


def when(*, cron: str, at: str) -> str:
    if at:
        wall = datetime.fromisoformat(at)
        clock = wall.strftime("%H:%M:%S" if wall.second else "%H:%M")
        return f"once on {wall.day} {wall.strftime('%b %Y')} at {clock}"
    try:
        words = CronSim(cron, datetime(2026, 1, 1, tzinfo=UTC)).explain()
    except CronSimError:
        return f"by cron {cron}"
    return words[0].lower() + words[1:]


def whole(rules: Sequence[str], *, timezone: str) -> str:
    """A schedule: its rules' sentences and the zone they are meant in."""
    if not rules:
        return "No rules yet."
    first, *others = rules
    clauses = [first, *(rule[0].lower() + rule[1:] for rule in others)]
    return f"{'; '.join(clauses)}, {place(timezone)} time."


def place(timezone: str) -> str:
    """The readable part of a zone's name: "Kolkata" of Asia/Kolkata."""
    return timezone.rsplit("/", 1)[-1].replace("_", " ")
