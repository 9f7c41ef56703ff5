"""Accounts and regions that cannot be read: told once, tried again later and later, and no server touched."""

from collections.abc import Callable

import pytest

from scheduler import discover, look, sweep, trouble
from scheduler.ec2 import gateway
from scheduler.tests.acting import look_now
from scheduler.tests.conftest import Time, WorldEc2
from shared.errors import CredentialUnusable
from shared.fleet.models import Account, Region, Server

DENIED = gateway.Denied("You are not authorized to perform this operation", code="UnauthorizedOperation")
SILENT = gateway.Unanswered("Read timeout on endpoint URL", code="ReadTimeoutError")


@pytest.fixture
def regions(region: Region, time: Time) -> list[Region]:
    """One account's three regions."""
    others = [
        Region.objects.create(
            workspace=region.workspace,
            account=region.account,
            name=name,
            discovered_at=time.moment,
            looked_at=time.moment,
            next_look_at=time.moment,
        )
        for name in ("eu-west-1", "us-east-1")
    ]
    return [region, *others]


@pytest.fixture
def deaf(ec2: WorldEc2, monkeypatch: pytest.MonkeyPatch) -> dict[str, gateway.CloudError]:
    """What each region, by name, answers instead of its servers."""
    errors: dict[str, gateway.CloudError] = {}

    def connect(region: Region) -> WorldEc2:
        ec2.refuse = errors.get(region.name)
        return ec2

    monkeypatch.setattr(look, "connect", connect)
    monkeypatch.setattr(discover, "connect", connect)
    return errors


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    names = ("account.unreadable", "account.readable", "region.unreadable", "region.readable")
    events = [getattr(row, "event", "") for row in caplog.records]
    return [event for event in events if event in names]


def rounds(regions: list[Region], count: int, time: Time) -> None:
    for _ in range(count):
        time.forward(5)
        for region in regions:
            look_now(region)


def test_an_account_that_is_denied_everywhere_is_told_of_once_and_once_when_it_is_over(
    regions: list[Region],
    server: Server,
    deaf: dict[str, gateway.CloudError],
    time: Time,
    caplog: pytest.LogCaptureFixture,
) -> None:
    deaf.update({region.name: DENIED for region in regions})
    rounds(regions, 5, time)
    account = Account.objects.get()
    assert (account.trouble, told(caplog)) == ("denied", ["account.unreadable"])
    assert account.trouble_since is not None
    assert "Allow ec2:DescribeInstanceStatus" in caplog.text
    deaf.clear()
    rounds(regions, 3, time)
    assert Account.objects.filter(trouble="", trouble_since=None).exists()
    assert told(caplog) == ["account.unreadable", "account.readable"]


def test_when_just_some_regions_cannot_be_read_their_names_are_told_once(
    regions: list[Region],
    server: Server,
    deaf: dict[str, gateway.CloudError],
    time: Time,
    caplog: pytest.LogCaptureFixture,
) -> None:
    deaf.update({"eu-west-1": DENIED, "us-east-1": DENIED})
    rounds(regions, 6, time)
    assert told(caplog) == ["region.unreadable"]
    assert "Regions eu-west-1, us-east-1 of cloud account" in caplog.text
    assert Account.objects.get().trouble == ""
    deaf.clear()
    rounds(regions, 3, time)
    assert told(caplog)[1:] == ["region.readable", "region.readable"]


def test_a_region_that_calls_good_keys_unknown_is_not_enabled(
    regions: list[Region],
    server: Server,
    deaf: dict[str, gateway.CloudError],
    time: Time,
    caplog: pytest.LogCaptureFixture,
) -> None:
    deaf["eu-west-1"] = gateway.Denied("AWS was not able to validate it", code="AuthFailure")
    rounds(regions, 4, time)
    assert "Region eu-west-1 of cloud account" in caplog.text
    assert "This region is not enabled in the AWS account." in caplog.text
    assert "Make new ones" not in caplog.text


def test_keys_that_are_unknown_everywhere_are_withdrawn(
    regions: list[Region],
    server: Server,
    deaf: dict[str, gateway.CloudError],
    time: Time,
    caplog: pytest.LogCaptureFixture,
) -> None:
    rounds(regions, 1, time)
    deaf.update({region.name: gateway.Denied("not valid", code="AuthFailure") for region in regions})
    rounds(regions, 4, time)
    assert told(caplog) == ["account.unreadable"]
    assert "not enabled" not in caplog.text
    errors = Region.objects.values_list("look_error", flat=True)
    assert all("Make new ones in IAM" in error for error in errors)


def test_one_time_out_is_no_news(
    region: Region,
    server: Server,
    deaf: dict[str, gateway.CloudError],
    time: Time,
    caplog: pytest.LogCaptureFixture,
) -> None:
    deaf[region.name] = SILENT
    look_now(region)
    region.refresh_from_db()
    assert (region.look_error_code, region.look_failures) == ("unreachable", 1)
    deaf.clear()
    look_now(region)
    region.refresh_from_db()
    assert (region.look_error_code, region.look_error, told(caplog)) == ("", "", [])


def test_regions_that_stay_unreadable_when_the_account_is_back_are_told_by_name(
    regions: list[Region],
    server: Server,
    deaf: dict[str, gateway.CloudError],
    time: Time,
    caplog: pytest.LogCaptureFixture,
) -> None:
    deaf.update({region.name: SILENT for region in regions})
    rounds(regions, 4, time)
    del deaf["eu-central-1"]
    rounds(regions, 6, time)
    assert told(caplog) == ["account.unreadable", "account.readable", "region.unreadable"]


def test_a_credential_that_cannot_be_opened_is_the_accounts_trouble_at_once(
    regions: list[Region],
    ec2: WorldEc2,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def unusable(_: Region) -> gateway.Ec2:
        raise CredentialUnusable

    monkeypatch.setattr(look, "connect", unusable)
    look_now(regions[0])
    assert Account.objects.get().trouble == "unusable"
    assert told(caplog) == ["account.unreadable"]
    assert "AWS says" not in caplog.text + Region.objects.get(id=regions[0].id).look_error


def test_the_accounts_word_follows_what_stands_in_the_way(
    region: Region, server: Server, deaf: dict[str, gateway.CloudError], caplog: pytest.LogCaptureFixture
) -> None:
    deaf[region.name] = SILENT
    look_now(region)
    look_now(region)
    since = Account.objects.get().trouble_since
    deaf[region.name] = DENIED
    look_now(region)
    account = Account.objects.get()
    assert (account.trouble, account.trouble_since) == ("denied", since)
    assert told(caplog) == ["account.unreadable"]


def test_the_first_failure_of_a_region_has_the_others_looked_at_soon(
    regions: list[Region], server: Server, deaf: dict[str, gateway.CloudError], time: Time
) -> None:
    for region in regions:
        look_now(region)
    deaf["eu-central-1"] = SILENT
    time.forward(20)
    assert look.due_regions(time.moment) == []
    look_now(regions[0])
    assert set(look.due_regions(time.moment)) == {regions[1].id, regions[2].id}


def test_a_region_that_cannot_be_read_changes_no_server(
    region: Region, server: Server, deaf: dict[str, gateway.CloudError], time: Time
) -> None:
    Server.objects.update(missing_since=time.moment)
    before = Server.objects.values().get()
    deaf[region.name] = SILENT
    for _ in range(5):
        time.forward(120)
        look_now(region)
    sweep.sweep()
    assert Server.objects.values().get() == before


@pytest.mark.parametrize(("error", "least"), [(SILENT, 1.5), (gateway.Throttled("slow down"), 6)])
def test_it_is_tried_again_later_and_later_up_to_a_minute(
    region: Region,
    server: Server,
    deaf: dict[str, gateway.CloudError],
    time: Time,
    error: gateway.CloudError,
    least: float,
) -> None:
    deaf[region.name] = error
    pauses = []
    for _ in range(9):
        look_now(region)
        region.refresh_from_db()
        assert region.next_look_at is not None
        pauses.append((region.next_look_at - time.moment).total_seconds())
    assert least <= pauses[0] <= least * 2
    assert max(pauses) <= 60
    assert min(pauses[-3:]) >= 45


def test_nothing_hurries_a_look_that_is_put_off(
    region: Region, server: Server, deaf: dict[str, gateway.CloudError], time: Time
) -> None:
    deaf[region.name] = gateway.Throttled("slow down")
    look_now(region)
    look.look_by(region, time.moment)
    Region.objects.update(wanted_look_at=time.moment)
    assert look.due_regions(time.forward(1)) == []


def test_a_list_that_may_not_be_read_is_told_although_looks_work(
    region: Region,
    server: Server,
    deaf: dict[str, gateway.CloudError],
    time: Time,
    caplog: pytest.LogCaptureFixture,
) -> None:
    deaf[region.name] = DENIED
    for _ in range(3):
        time.forward(301)
        discover.discover_region(region.id)
    assert (Account.objects.get().trouble, told(caplog)) == ("denied", ["account.unreadable"])
    deaf.clear()
    time.forward(301)
    discover.discover_region(region.id)
    assert (Account.objects.get().trouble, told(caplog)[1:]) == ("", ["account.readable"])


def test_a_list_that_works_again_has_failing_looks_tried_at_once(
    region: Region, server: Server, deaf: dict[str, gateway.CloudError], time: Time
) -> None:
    deaf[region.name] = SILENT
    for _ in range(6):
        look_now(region)
    deaf.clear()
    time.forward(301)
    discover.discover_region(region.id)
    assert look.due_regions(time.moment) == [region.id]


def test_an_account_whose_failing_regions_are_switched_off_is_calm_again(
    region: Region, server: Server, deaf: dict[str, gateway.CloudError]
) -> None:
    deaf[region.name] = DENIED
    look_now(region)
    assert Account.objects.get().trouble == "denied"
    Region.objects.update(enabled=False)
    trouble.settle()
    assert Account.objects.get().trouble == ""


def test_a_region_of_another_account_is_nobodys_business(
    region: Region, deaf: dict[str, gateway.CloudError], time: Time, new_server: Callable[..., Server]
) -> None:
    other = Account.objects.create(workspace=region.workspace, name="other", kind=Account.Kind.KEYS)
    twin = Region.objects.create(
        workspace=region.workspace, account=other, name="ap-south-1", discovered_at=time.moment
    )
    deaf[region.name] = DENIED
    look_now(region)
    look_now(twin)
    assert dict(Account.objects.values_list("name", "trouble")) == {"dev": "denied", "other": ""}
