"""What people do to schedules, as the log of the api tells it: who, which, and the timetable in words."""

from typing import Any

from api.schedules.reading import Shown
from shared.logs import event
from shared.people.models import User


def saved(schedule: Shown, *, by: User | str) -> None:
    text = f"📅 Schedule saved by {by}: {named(schedule)}, revision {schedule.revision}: {schedule.sentence}"
    event("schedule.saved", text=text, sentence=schedule.sentence, **facts(schedule, by=by))


def deleted(schedule: Shown, *, by: User | str) -> None:
    event(
        "schedule.deleted", text=f"🗑️  Schedule deleted by {by}: {named(schedule)}", **facts(schedule, by=by)
    )


def paused(schedule: Shown, *, by: User | str) -> None:
    """Until when, and why, as far as somebody said so."""
    until = f" until {schedule.paused_until:%Y-%m-%d %H:%M} UTC" if schedule.paused_until else ""
    why = f": {schedule.pause_reason}" if schedule.pause_reason else ""
    text = f"⏸️  Schedule paused by {by}{until}: {named(schedule)}{why}"
    event("schedule.paused", text=text, until=schedule.paused_until, **facts(schedule, by=by))


def resumed(schedule: Shown, *, by: User | str) -> None:
    event(
        "schedule.resumed", text=f"▶️  Schedule resumed by {by}: {named(schedule)}", **facts(schedule, by=by)
    )


def named(schedule: Shown) -> str:
    return f"{schedule.name} (ID: {schedule.id})"


def facts(schedule: Shown, *, by: User | str) -> dict[str, Any]:
    return {"schedule": schedule.id, "revision": schedule.revision, "author": str(by)}
