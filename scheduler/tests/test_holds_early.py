"""Holds that end before their time: by whoever put them, by another wish, or by a set clock; and drift."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from scheduler import fire, jumps, prune, send
from scheduler.tests.acting import act, did, hold, nobody_hears, state
from scheduler.tests.conftest import Time, WorldEc2
from shared import broker
from shared.fleet.models import Server
from shared.operations import asking, holding
from shared.operations.asking import Asker
from shared.operations.models import Operation, Step
from shared.operations.wishes import Wish
from shared.people.models import User
from shared.schedules.models import Hold, Schedule, Skip

New = Callable[..., Schedule]
Knocks = list[tuple[str, dict[str, object]]]
HOUR = 3600


def release(server: Server, by: User, time: Time, heard: Knocks | None = None) -> Operation | None:
    def knock(task: str, **ids: int | str) -> None:
        if heard is not None:
            heard.append((task, dict(ids)))

    ended = holding.release(server, by=by, knock=knock, now=time.moment)
    return ended.operation if ended else None


def ask(server: Server, action: str, by: User, time: Time) -> None:
    asker = Asker(server.workspace, by)
    wish = Wish([server.id], action, queue=True)
    asking.request(wish, by=asker, key=None, knock=nobody_hears, now=time.moment)


def test_a_hold_that_kept_nothing_from_running_ends_without_a_trace(
    time: Time, server: Server, new_schedule: New, alice: User
) -> None:
    new_schedule("stop", server, cron="0 11 * * *")
    hold(server, "on", time, seconds=HOUR)
    act(time, after=600)
    assert release(server, alice, time) is None
    assert Hold.objects.get().ended_at == time.moment
    act(time, after=HOUR)
    assert not Operation.objects.exists()


def test_a_hold_that_kept_a_reboot_from_running_is_not_made_up_for_by_a_stop(
    time: Time, server: Server, new_schedule: New, alice: User
) -> None:
    new_schedule("stop", server, cron="0 11 * * *")
    new_schedule("reboot", server, cron="5 12 * * *")
    hold(server, "on", time, seconds=HOUR)
    act(time, after=600)
    assert Operation.objects.get().reason == "held"
    assert release(server, alice, time) is None


def test_what_it_kept_from_running_is_made_up_for_and_says_who_ended_it(
    time: Time, server: Server, new_schedule: New, alice: User
) -> None:
    heard: Knocks = []
    new_schedule("stop", server, cron="5 12 * * *")
    sam = User.objects.create_user("sam@example.com", name="Sam")
    hold(server, "on", time, seconds=HOUR, author=sam)
    act(time, after=600)
    made = release(server, alice, time, heard)
    assert made is not None
    assert (made.origin, made.action, made.state, made.author) == ("hold", "stop", "requested", sam)
    assert made.due_at == time.moment
    assert heard == [(broker.DRAIN_REGION, {"region": server.region_id, "action": "stop"})]
    step = Step.objects.get(operation=made)
    assert (step.what, step.detail) == ("hold_released", "by Alice.")
    assert release(server, alice, time) is None


def test_a_hold_that_goes_on_with_another_answers_for_what_that_one_kept(
    time: Time, server: Server, new_schedule: New, alice: User
) -> None:
    new_schedule("stop", server, cron="5 12 * * *")
    hold(server, "on", time, seconds=HOUR)
    act(time, after=600)
    hold(server, "on", time, seconds=HOUR)
    time.forward(60)
    made = release(server, alice, time)
    assert made is not None
    assert made.action == "stop"


def test_a_hold_put_later_does_not_answer_for_an_earlier_one(
    time: Time, server: Server, new_schedule: New, alice: User
) -> None:
    new_schedule("stop", server, cron="5 12 * * *")
    hold(server, "on", time, seconds=600)
    act(time, after=660)
    hold(server, "on", time, seconds=HOUR)
    time.forward(60)
    assert release(server, alice, time) is None


def test_what_is_due_and_not_fired_yet_counts_as_kept(
    time: Time, server: Server, new_schedule: New, alice: User
) -> None:
    new_schedule("stop", server, cron="5 12 * * *")
    hold(server, "on", time, seconds=HOUR)
    time.forward(600)
    made = release(server, alice, time)
    fire.act(time.moment)
    rows = list(Operation.objects.order_by("due_at").values_list("origin", "reason"))
    assert made is not None
    assert rows == [("rule", "held"), ("hold", "")]


def test_a_hold_that_was_over_before_anybody_noticed_ends_at_its_own_moment(
    time: Time, server: Server, new_schedule: New, alice: User
) -> None:
    new_schedule("stop", server, cron="0 11 * * *")
    until = hold(server, "on", time, seconds=600).until
    time.forward(660)
    made = release(server, alice, time)
    assert made is not None
    assert (made.due_at, Hold.objects.get().ended_at) == (until, until)
    assert not Step.objects.exists()


@pytest.mark.parametrize(
    ("want", "action", "ends"),
    [
        ("on", "stop", True),
        ("off", "start", True),
        ("on", "start", False),
        ("off", "stop", False),
        ("on", "reboot", False),
    ],
)
def test_the_opposite_wish_of_a_person_ends_a_hold_and_nothing_is_made_up_for(
    time: Time, server: Server, new_schedule: New, alice: User, want: str, action: str, ends: bool
) -> None:
    new_schedule("stop", server, cron="5 12 * * *")
    hold(server, want, time, seconds=HOUR)
    act(time, after=600)
    ask(server, action, alice, time)
    assert (Hold.objects.get().ended_at == time.moment) is ends
    assert not Operation.objects.filter(origin="hold").exists()


def test_a_repeated_stop_ends_a_hold_too(time: Time, server: Server, alice: User) -> None:
    failed = did(server, "stop", time.moment, state="failed", origin="person")
    hold(server, "on", time, seconds=HOUR)
    by = Asker(server.workspace, alice)
    asking.retry(failed, by=by, queue=False, knock=nobody_hears, now=time.moment)
    assert Hold.objects.get().ended_at == time.moment


def test_a_server_that_refuses_keeps_its_hold(
    time: Time, server: Server, new_server: Callable[..., Server], alice: User
) -> None:
    other = new_server("other")
    Server.objects.filter(id=server.id).update(protected=True)
    hold(server, "on", time, seconds=HOUR)
    wish = Wish([server.id, other.id], "stop")
    by = Asker(server.workspace, alice)
    asking.request(wish, by=by, key=None, knock=nobody_hears, now=time.moment)
    assert Hold.objects.get().ended_at is None


def test_a_clock_that_is_set_back_leaves_no_hold_that_begins_later(
    time: Time, server: Server, new_schedule: New
) -> None:
    hold(server, "off", time, seconds=60)
    hold(server, "on", time, seconds=2 * HOUR)
    time.forward(-HOUR)
    jumps.mend(time.moment)
    new_schedule("stop", server, at="2026-11-23T11:30:00")
    act(time, after=1800)
    assert Operation.objects.get().detail.startswith("Kept on ")


def test_old_holds_go_and_old_skips_that_decide_nothing_any_more(
    time: Time, server: Server, new_schedule: New
) -> None:
    old, fresh = hold(server, "on", time, seconds=60), hold(server, "on", time, seconds=120)
    Hold.objects.filter(id=old.id).update(ended_at=time.moment - timedelta(days=401))
    weekly = new_schedule("stop", server, cron="0 11 * * *").rules.get()
    once = new_schedule("start", server, at="2026-12-24T07:00:00").rules.get()
    for rule in (weekly, once):
        for nominal in ("2025-10-01T11:00:00", "2026-11-01T11:00:00"):
            row = {"workspace": server.workspace, "rule": rule, "server": server, "nominal": nominal}
            Skip.objects.create(**row)
    did(server, "stop", time.moment, rule=weekly, nominal="2026-11-23T11:00:00", origin="rule")
    prune.prune()
    assert list(Hold.objects.all()) == [fresh]
    assert sorted(Skip.objects.values_list("rule", "nominal")) == sorted(
        [
            (weekly.id, "2026-11-01T11:00:00"),
            (once.id, "2025-10-01T11:00:00"),
            (once.id, "2026-11-01T11:00:00"),
        ]
    )


def test_a_hold_needs_the_same_reads_for_many_as_for_few(
    time: Time,
    new_server: Callable[..., Server],
    new_schedule: New,
    django_assert_max_num_queries: Callable[..., Any],
) -> None:
    crowd = [new_server(f"s{number}") for number in range(30)]
    new_schedule("stop", *crowd, cron="0 11 * * *")
    for server in crowd:
        hold(server, "on", time, seconds=600)
    time.forward(600)
    with django_assert_max_num_queries(14):
        assert len(holding.end_due(now=time.moment)) == 30


def test_what_it_kept_from_being_sent_is_made_up_for_too(
    time: Time, server: Server, new_schedule: New, alice: User, ec2: WorldEc2
) -> None:
    new_schedule("stop", server, at="2026-11-23T12:00:05")
    act(time, after=5)
    time.forward(1)
    hold(server, "on", time, seconds=HOUR)
    time.forward(1)
    send.drain(server.region_id, "stop")
    assert state(Operation.objects.get()) == ("skipped", "held")
    time.forward(60)
    made = release(server, alice, time)
    assert made is not None
    assert made.action == "stop"
