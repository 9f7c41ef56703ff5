"""What people do about skips, as the log of the api tells it: who, which occurrence, on how many servers."""

from datetime import datetime
from typing import Any

from shared.logs import event
from shared.people.models import User
from shared.schedules.models import Rule


def put(rule: Rule, *, at: datetime, servers: int, by: User) -> None:
    text = f"⏭️  Skip put by {by}: {named(rule, at=at)} on {servers} {'server' if servers == 1 else 'servers'}"
    event("skip.put", text=text, servers=servers, **facts(rule, at=at, by=by))


def undone(rule: Rule, *, at: datetime, server: int, by: User) -> None:
    text = f"⏭️  Skip taken back by {by}: {named(rule, at=at)} on server ID: {server}"
    event("skip.undone", text=text, server=server, **facts(rule, at=at, by=by))


def named(rule: Rule, *, at: datetime) -> str:
    return f'{rule.action} at {at:%Y-%m-%d %H:%M} UTC by schedule "{rule.schedule}" (ID: {rule.schedule_id})'


def facts(rule: Rule, *, at: datetime, by: User) -> dict[str, Any]:
    return {"rule": rule.id, "schedule": rule.schedule_id, "at": at, "author": str(by)}
