"""The right to ask EC2 about a region: who took too long has lost it, and says nothing any more."""

from datetime import timedelta

import pytest

from scheduler import discover, look
from scheduler.ec2 import gateway
from scheduler.tests.acting import look_now
from scheduler.tests.conftest import Time, WorldEc2
from shared.fleet.models import Region, Server


@pytest.mark.parametrize("question", ["look", "list"])
def test_who_was_overtaken_says_nothing_of_the_region(
    region: Region, server: Server, ec2: WorldEc2, time: Time, monkeypatch: pytest.MonkeyPatch, question: str
) -> None:
    """His successor looks by now, and his lease has to stand."""
    theirs = time.moment + timedelta(hours=1)

    def overtaken(_region: Region) -> WorldEc2:
        Region.objects.update(look_lease_until=theirs, discover_lease_until=theirs)
        raise gateway.Unanswered("Read timeout on endpoint URL", code="ReadTimeoutError")

    monkeypatch.setattr(look, "connect", overtaken)
    monkeypatch.setattr(discover, "connect", overtaken)
    if question == "look":
        look_now(region)
    else:
        Region.objects.update(discovered_at=None)
        discover.discover_region(region.id)
    region.refresh_from_db()
    assert (region.look_failures, region.look_error_code) == (0, "")
    assert region.look_lease_until == region.discover_lease_until == theirs
