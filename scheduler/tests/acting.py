"""What tests do by hand that others do in life: ask as the API does, look at once, read a row anew."""

from datetime import datetime, timedelta
from typing import Any

from scheduler import fire, look
from scheduler.tests.conftest import Time
from shared.fleet.models import Region, Server
from shared.operations.models import Operation
from shared.operations.states import GRACE
from shared.people.models import User
from shared.schedules import holds
from shared.schedules.holds import Wanted
from shared.schedules.models import Hold, Schedule


def ask(server: Server, action: str, time: Time, **fields: Any) -> Operation:
    """A person's request, as the API leaves it."""
    now = time.moment
    return Operation.objects.create(
        workspace=server.workspace,
        server=server,
        action=action,
        origin="person",
        due_at=now,
        grace_until=fields.pop("grace_until", now + GRACE[action]),
        not_before=now,
        requested_at=now,
        **fields,
    )


def by_rule(schedule: Schedule) -> None:
    """Let all operations there are be this schedule's."""
    whose = {"schedule": schedule, "revision": schedule.revision}
    Operation.objects.update(origin="rule", snapshot={"schedule": schedule.name}, **whose)


def did(server: Server, action: str, moment: datetime, **fields: Any) -> Operation:
    """A start or stop that was seen to succeed at that moment."""
    return Operation.objects.create(
        workspace=server.workspace,
        server=server,
        action=action,
        state=fields.pop("state", "succeeded"),
        due_at=moment,
        grace_until=moment,
        not_before=moment,
        requested_at=moment,
        sending_at=moment,
        accepted_at=moment,
        finished_at=moment,
        **fields,
    )


def look_now(region: Region) -> None:
    Region.objects.filter(id=region.id).update(next_look_at=None, look_lease_until=None)
    look.look_at(region.id)


def state(operation: Operation) -> tuple[str, str]:
    operation.refresh_from_db()
    return operation.state, operation.reason


def hold(server: Server, want: str, time: Time, *, seconds: float, author: User | None = None) -> Hold:
    """A hold from now on for so long, as the API leaves it."""
    wanted = Wanted(want, time.moment + timedelta(seconds=seconds))
    return holds.put(server, wanted, author=author, now=time.moment)


def act(time: Time, *, after: float = 0) -> list[tuple[str, str, str, str]]:
    """What the clock does later; every operation as (origin, action, state, reason), in order of due."""
    time.forward(after)
    fire.act(time.moment)
    rows = Operation.objects.order_by("due_at", "id")
    return list(rows.values_list("origin", "action", "state", "reason"))


def nobody_hears(task: str, **ids: int | str) -> None:
    """A knock at no door."""
