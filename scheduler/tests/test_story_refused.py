"""What is told of refusals and silences: once, with their number, in words that help."""

from collections.abc import Callable

from scheduler import send
from scheduler.ec2 import gateway
from scheduler.tests.acting import ask, look_now
from scheduler.tests.conftest import Time, WorldEc2
from scheduler.tests.test_story import Reader, committed, log
from scheduler.tests.test_waiting import AWAY, THROTTLED
from shared.fleet.models import Account, Bucket, Region, Server
from shared.operations.models import Step

__all__ = ["committed", "log"]
NOT_ALLOWED = gateway.Denied(
    "You are not authorized to perform: ec2:StopInstances because no policy allows it",
    code="UnauthorizedOperation",
)


def again_and_again(time: Time, region: Region, times: int) -> None:
    for _ in range(times):
        send.drain(region.id, "stop")
        time.forward(31)


def test_an_outage_is_told_once_in_plain_words_and_its_end_once(
    time: Time,
    region: Region,
    new_server: Callable[..., Server],
    ec2: WorldEc2,
    log: Reader,
    committed: Callable[..., None],
) -> None:
    two = [ask(new_server(name), "stop", time) for name in ("a", "b")]
    ec2.refuse = AWAY
    committed(lambda: again_and_again(time, region, 5))
    assert len(log.lines) == 1
    assert log.lines[0].startswith("📡 AWS in eu-central-1 cannot be reached from this machine")
    assert "2 operation(s) wait" in log.lines[0]
    assert "network, DNS and proxy" in log.lines[0]
    assert Step.objects.filter(operation=two[0]).count() == 5
    assert Bucket.objects.get().requests == 50
    ec2.refuse = None
    committed(lambda: again_and_again(time, region, 2))
    assert sum("can be reached again" in line for line in log.lines) == 1
    ec2.refuse = AWAY
    ask(new_server("c"), "stop", time)
    committed(lambda: again_and_again(time, region, 2))
    assert sum("cannot be reached" in line for line in log.lines) == 2


def test_throttling_is_told_once_until_it_is_over(
    time: Time,
    region: Region,
    server: Server,
    ec2: WorldEc2,
    log: Reader,
    committed: Callable[..., None],
) -> None:
    ask(server, "stop", time)
    ec2.refuse = THROTTLED
    committed(lambda: again_and_again(time, region, 6))
    assert [line.split(" ")[0] for line in log.lines] == ["🐢"]


def test_a_denied_crowd_is_one_line_with_its_number(
    time: Time,
    region: Region,
    new_server: Callable[..., Server],
    ec2: WorldEc2,
    log: Reader,
    committed: Callable[..., None],
) -> None:
    for number in range(30):
        ask(new_server(f"s{number}"), "stop", time)
    ec2.refuse = NOT_ALLOWED
    committed(lambda: send.drain(region.id, "stop"))
    assert len(log.lines) == 2
    assert log.lines[0].startswith(
        "❌ Failed: stop on 30 servers: AWS refused: UnauthorizedOperation: You are"
    )
    assert log.lines[1].startswith("🔒 AWS denies stop")


def test_servers_denied_one_by_one_are_told_of_until_it_is_no_news(
    time: Time,
    region: Region,
    new_server: Callable[..., Server],
    ec2: WorldEc2,
    log: Reader,
    committed: Callable[..., None],
) -> None:
    ec2.refuse = NOT_ALLOWED
    for number in range(12):
        ask(new_server(f"s{number}"), "stop", time)
        committed(lambda: send.drain(region.id, "stop"))
    assert [line.split(" ")[0] for line in log.lines] == ["❌", "🔒", "❌", "❌", "❌", "❌"]
    time.forward(3600)
    ask(new_server("later"), "stop", time)
    committed(lambda: send.drain(region.id, "stop"))
    assert len(log.lines) == 7


def test_only_a_missing_permission_is_held_against_the_account(
    time: Time,
    region: Region,
    server: Server,
    ec2: WorldEc2,
    log: Reader,
    committed: Callable[..., None],
) -> None:
    ask(server, "stop", time)
    ec2.refuse = gateway.Denied("no", code="AuthFailure")
    committed(lambda: send.drain(region.id, "stop"))
    assert [line.split(" ")[0] for line in log.lines] == ["❌"]
    assert Account.objects.get().denied == {}


def denied_for(server: Server) -> gateway.Denied:
    resource = f"arn:aws:ec2:eu-central-1:111122223333:instance/{server.instance_id}"
    text = (
        f"You are not authorized to perform: ec2:StopInstances on resource: {resource} because no policy does"
    )
    return gateway.Denied(text, code="UnauthorizedOperation", ids=frozenset({server.instance_id}))


def deny_each(count: int, time: Time, new_server: Callable[..., Server], ec2: WorldEc2) -> None:
    for number in range(count):
        server = new_server(f"denied {number}")
        ask(server, "stop", time)
        ec2.refuse = denied_for(server)
        send.drain(server.region_id, "stop")
    ec2.refuse = None


def test_servers_denied_by_name_are_no_sign_against_the_account_while_others_are_accepted(
    time: Time, region: Region, new_server: Callable[..., Server], ec2: WorldEc2
) -> None:
    ask(new_server("allowed"), "stop", time)
    send.drain(region.id, "stop")
    deny_each(6, time, new_server, ec2)
    assert Account.objects.get().denied == {}
    time.forward(3600)
    deny_each(1, time, new_server, ec2)
    assert Account.objects.get().denied == {}


def test_one_server_denied_by_name_in_an_account_that_was_never_allowed_it_is_the_accounts_matter(
    time: Time, region: Region, new_server: Callable[..., Server], ec2: WorldEc2
) -> None:
    deny_each(1, time, new_server, ec2)
    assert list(Account.objects.get().denied) == ["stop"]


def test_many_servers_denied_by_name_and_none_accepted_are_the_accounts_matter(
    time: Time,
    region: Region,
    new_server: Callable[..., Server],
    ec2: WorldEc2,
    log: Reader,
    committed: Callable[..., None],
) -> None:
    committed(lambda: deny_each(6, time, new_server, ec2))
    assert Account.objects.get().denied["stop"]["code"] == "UnauthorizedOperation"
    assert [line for line in log.lines if "Allow ec2:StopInstances to this account's role or keys" in line]


def test_a_silence_leaves_its_steps_and_is_settled_in_the_log(
    time: Time,
    region: Region,
    new_server: Callable[..., Server],
    ec2: WorldEc2,
    log: Reader,
    committed: Callable[..., None],
) -> None:
    done = ask(new_server("done"), "stop", time)
    ec2.silent_after = True
    send.drain(region.id, "stop")
    undone = ask(new_server("undone"), "stop", time)
    ec2.refuse = gateway.Unanswered("Connection reset")
    send.drain(region.id, "stop")
    ec2.refuse, ec2.silent_after = None, False
    time.forward(16)
    committed(lambda: look_now(region))
    assert list(Step.objects.filter(operation=done).order_by("id").values_list("what", flat=True)) == [
        "unanswered",
        "seen_after_silence",
    ]
    assert list(Step.objects.filter(operation=undone).order_by("id").values_list("what", flat=True)) == [
        "unanswered",
        "sent_again",
    ]
    assert any("had carried it out without answering; not sent again" in line for line in log.lines)
    assert any("had not carried it out; sending again" in line for line in log.lines)
