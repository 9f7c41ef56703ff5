"""CPU from CloudWatch: only what somebody looks at, and not often."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import pytest
from pytest_django import Settings

from scheduler import measure
from scheduler.ec2.gateway import CloudError, Series, Throttled
from scheduler.measure import due_regions, measure_region
from scheduler.tests.conftest import NOON, Time
from shared.fleet.models import MetricSample, Region, Server


class CloudWatch:
    """Answers with two points for each server, and remembers the questions."""

    def __init__(self) -> None:
        self.asked: list[tuple[tuple[str, ...], datetime, datetime, int]] = []
        self.trouble: CloudError | None = None

    def cpu(self, ids: Sequence[str], *, start: datetime, end: datetime, period: int) -> list[Series]:
        self.asked.append((tuple(ids), start, end, period))
        if self.trouble:
            raise self.trouble
        points = ((start, 1.5), (start + timedelta(minutes=5), float(len(self.asked))))
        return [Series(each, "CPUUtilization", "Percent", points) for each in ids]


@pytest.fixture
def cloudwatch(monkeypatch: pytest.MonkeyPatch) -> CloudWatch:
    made = CloudWatch()
    monkeypatch.setattr(measure, "connect", lambda _region: made)
    return made


def watch(*servers: Server, at: datetime = NOON) -> None:
    Server.objects.filter(id__in=[each.id for each in servers]).update(metrics_wanted_at=at)


def test_the_last_three_hours_are_asked_for_in_five_minute_steps(
    server: Server, region: Region, cloudwatch: CloudWatch, time: Time
) -> None:
    time.forward(17)
    watch(server, at=time.moment)
    measure_region(region.id)
    assert cloudwatch.asked == [((server.instance_id,), NOON - timedelta(hours=3), NOON, 300)]
    sample = MetricSample.objects.get()
    assert (sample.server, sample.name, sample.unit) == (server, "CPUUtilization", "Percent")
    assert sample.values == [1.5, 1.0]
    assert sample.moments[0] == NOON - timedelta(hours=3)


def test_only_running_servers_on_a_screen_are_measured(
    new_server: Callable[..., Server], region: Region, cloudwatch: CloudWatch
) -> None:
    seen, unseen, stopped, gone = (new_server(name) for name in ("seen", "unseen", "stopped", "gone"))
    watch(seen, stopped, gone)
    watch(unseen, at=NOON - timedelta(minutes=2))
    Server.objects.filter(id=stopped.id).update(observed_state="stopped")
    Server.objects.filter(id=gone.id).update(missing_since=NOON)
    measure_region(region.id)
    assert [ids for ids, *_ in cloudwatch.asked] == [(seen.instance_id,)]


def test_a_region_is_asked_once_in_five_minutes(
    server: Server, region: Region, cloudwatch: CloudWatch, time: Time
) -> None:
    watch(server)
    assert due_regions(time.moment) == [region.id]
    measure_region(region.id)
    watch(server, at=time.forward(299))
    assert due_regions(time.moment) == []
    measure_region(region.id)
    assert len(cloudwatch.asked) == 1
    time.forward(1)
    assert due_regions(time.moment) == [region.id]
    measure_region(region.id)
    assert MetricSample.objects.get().values == [1.5, 2.0]


def test_nobody_looking_costs_nothing(
    server: Server, region: Region, cloudwatch: CloudWatch, time: Time
) -> None:
    assert due_regions(time.moment) == []
    measure_region(region.id)
    assert cloudwatch.asked == []
    region.refresh_from_db()
    assert region.measured_at is None


def test_trouble_is_told_once_and_the_next_question_waits(
    server: Server, region: Region, cloudwatch: CloudWatch, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    cloudwatch.trouble = Throttled("Rate exceeded.")
    watch(server)
    measure_region(region.id)
    measure_region(region.id)
    assert caplog.text.count("CloudWatch cannot be read") == 1
    assert not MetricSample.objects.exists()


def test_it_can_be_turned_off(
    server: Server, region: Region, cloudwatch: CloudWatch, time: Time, settings: Settings
) -> None:
    settings.METRICS = False
    watch(server)
    assert due_regions(time.moment) == []
    measure_region(region.id)
    assert cloudwatch.asked == []
