"""What AWS plans for an instance: read, kept on its server, and dropped when it is over."""

from datetime import UTC, datetime

import pytest

from scheduler.ec2.answers import seen_status
from scheduler.ec2.gateway import Planned
from scheduler.observe import Sight, observe
from scheduler.tests.conftest import Time
from shared.fleet.models import Region, Server

MOMENT = datetime(2026, 12, 2, 10, tzinfo=UTC)
STOP = Planned("instance-stop", "The instance is running on degraded hardware", MOMENT)


def answer(*events: dict[str, object]) -> dict[str, object]:
    return {"InstanceId": "i-1", "InstanceState": {"Name": "running"}, "Events": list(events)}


def test_an_event_ahead_is_read() -> None:
    event = {"Code": STOP.code, "Description": STOP.description, "NotBefore": MOMENT}
    assert seen_status(answer(event)).planned == (STOP,)


@pytest.mark.parametrize("mark", ["[Completed] ", "[Canceled] "])
def test_an_event_that_is_over_is_passed_over(mark: str) -> None:
    event = {"Code": STOP.code, "Description": mark + STOP.description, "NotBefore": MOMENT}
    assert seen_status(answer(event)).planned == ()


def test_what_is_planned_is_kept_until_ec2_drops_it(time: Time, region: Region, server: Server) -> None:
    def seen(planned: tuple[Planned, ...] | None) -> list[dict[str, str]]:
        now = time.forward(60)
        observe(region, [Sight(server.instance_id, "running", "ok", now, planned=planned)], asked_at=now)
        server.refresh_from_db()
        return list(server.planned)

    kept = [{"code": STOP.code, "description": STOP.description, "not_before": "2026-12-02T10:00:00+00:00"}]
    assert seen((STOP,)) == kept
    assert seen(None) == kept
    assert seen(()) == []
