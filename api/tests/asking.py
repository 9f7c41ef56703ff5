"""Asking why, for tests: hours around now, holds and skips, and the answer."""

from datetime import UTC, datetime, timedelta
from typing import Any

from api.tests.conftest import Person, schedule
from shared.fleet.models import Server
from shared.schedules.models import Hold, Rule, Skip

DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def why(who: Person, server: Server, at: datetime | str = "") -> dict[str, Any]:
    text = iso(at) if isinstance(at, datetime) else at
    answer = who.get(f"servers/{server.id}/explain{f'?at={text}' if text else ''}")
    assert answer.status_code == 200, answer.content
    told: dict[str, Any] = answer.json()
    return told


def iso(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def around(moment: datetime, *, hours: int) -> list[dict[str, Any]]:
    """Windows of every day that began an hour ago and last so long."""
    begin = moment - timedelta(hours=1)
    return [{"days": DAYS, "from": f"{begin:%H:%M}", "to": f"{begin + timedelta(hours=hours):%H:%M}"}]


def office(by: Person, server: Server, moment: datetime, *, hours: int = 8, **values: Any) -> dict[str, Any]:
    body = {"name": "Office hours", "timezone": "UTC", "windows": around(moment, hours=hours), "rules": None}
    return schedule(by, servers=[server.id], **body | values)


def hold(server: Server, until: datetime, *, want: str = "on", by: Person | None = None) -> Hold:
    return Hold.objects.create(
        workspace=server.workspace,
        server=server,
        want=want,
        until=until,
        author=by.user if by else None,
        created_at=until - timedelta(days=1),
    )


def skip(server: Server, rule: Rule, nominal: str) -> Skip:
    return Skip.objects.create(workspace=server.workspace, server=server, rule=rule, nominal=nominal, fold=0)
