"""What tests do by hand that others do in life: ask as the API does, look at once, read a row anew."""

from typing import Any

from scheduler import look
from scheduler.tests.conftest import Time
from shared.fleet.models import Region, Server
from shared.operations.models import Operation
from shared.operations.states import GRACE


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


def look_now(region: Region) -> None:
    Region.objects.filter(id=region.id).update(next_look_at=None, look_lease_until=None)
    look.look_at(region.id)


def state(operation: Operation) -> tuple[str, str]:
    operation.refresh_from_db()
    return operation.state, operation.reason
