"""What people do about holds, as the log of the api tells it: who, which server, and until when."""

from typing import Any

from shared.logs import event
from shared.people.models import User
from shared.schedules.models import Hold


def put(hold: Hold, *, by: User) -> None:
    why = f": {hold.reason}" if hold.reason else ""
    text = f"⏰ Hold put by {by}: keep {named(hold)} {hold.want} until {hold.until:%Y-%m-%d %H:%M} UTC{why}"
    event("hold.put", text=text, want=hold.want, until=hold.until, **facts(hold, by=by))


def released(hold: Hold, *, by: User) -> None:
    event("hold.released", text=f"⏰ Hold ended by {by}: {named(hold)}", **facts(hold, by=by))


def named(hold: Hold) -> str:
    return f'"{hold.server}" (ID: {hold.server_id})'


def facts(hold: Hold, *, by: User) -> dict[str, Any]:
    return {"hold": hold.id, "server": hold.server_id, "author": str(by)}
