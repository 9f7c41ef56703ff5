"""Role sessions: renewed before they end, by one thread, and kept while STS is away."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from scheduler.ec2 import gateway, session
from scheduler.ec2.session import Credentials, Keys, RoleSession
from scheduler.ec2.tests.conftest import KEYS
from simulator.tests.support import KEY, SECRET


class Sts:
    """Hands out numbered keys, or the trouble it was given; owns the clock."""

    def __init__(self) -> None:
        self.now, self.asked = 1000.0, 0
        self.trouble: gateway.CloudError | None = None

    def assume(self) -> Keys:
        self.asked += 1
        if self.trouble:
            raise self.trouble
        end = self.now + session.SESSION_SECONDS
        return Keys(f"ASIA{self.asked}", "x", "token", self.now + session.RENEW_SECONDS, end)


@pytest.fixture
def sts(monkeypatch: pytest.MonkeyPatch) -> Sts:
    made = Sts()
    monkeypatch.setattr(session, "boottime", lambda: made.now)
    return made


def test_keys_are_used_for_ten_minutes_and_renewed_five_before_their_end(sts: Sts) -> None:
    role = RoleSession()
    assert role.keys(sts.assume).access_key == "ASIA1"
    sts.now += 599
    assert role.keys(sts.assume).access_key == "ASIA1"
    sts.now += 1
    assert role.keys(sts.assume).access_key == "ASIA2"


def test_a_session_ages_while_this_machine_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    """The monotonic clock stands still then; the one that goes on has another number."""
    asked: list[int] = []

    def clock(number: int) -> float:
        asked.append(number)
        return 7.0

    monkeypatch.setattr(session, "clock_gettime", clock)
    assert session.boottime() == 7.0
    assert asked == [time.CLOCK_BOOTTIME]


def test_while_sts_is_away_the_keys_are_used_to_their_end_and_no_longer(sts: Sts) -> None:
    role = RoleSession()
    role.keys(sts.assume)
    sts.trouble = gateway.Unanswered("no answer")
    sts.now += 600
    assert role.keys(sts.assume).access_key == "ASIA1"
    assert role.keys(sts.assume).access_key == "ASIA1"
    assert sts.asked == 2
    sts.now += 300
    with pytest.raises(gateway.Unanswered):
        role.keys(sts.assume)


def test_a_role_that_was_taken_away_is_not_used_to_the_end_of_its_keys(sts: Sts) -> None:
    role = RoleSession()
    role.keys(sts.assume)
    sts.trouble = gateway.Denied("no longer")
    sts.now += 600
    with pytest.raises(gateway.Denied):
        role.keys(sts.assume)


def test_many_threads_assume_a_role_once(sts: Sts) -> None:
    role, go = RoleSession(), Event()

    def slowly() -> Keys:
        go.wait(10)
        return sts.assume()

    with ThreadPoolExecutor(8) as pool:
        found = [pool.submit(role.keys, slowly) for _ in range(8)]
        go.set()
        assert {each.result().access_key for each in found} == {"ASIA1"}
    assert sts.asked == 1


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        ("cloudevy-1-2", "cloudevy-1-2"),
        ("x" * 80, "x" * 64),
        ("a b/ü", "a-b--"),
        ("", "--"),
    ],
)
def test_a_session_name_is_one_that_sts_takes(wanted: str, name: str) -> None:
    credentials = Credentials((KEY, SECRET), role_arn="arn", external_id="right", session=wanted)
    assert credentials.session_name() == name


def test_different_credentials_never_share_a_client() -> None:
    others = [
        Credentials((KEY, SECRET + "x")),
        Credentials((KEY + "x", SECRET)),
        Credentials((KEY, SECRET), role_arn="arn", external_id="right"),
        Credentials((KEY, SECRET), role_arn="arn", external_id="other"),
        Credentials(None, role_arn="arn", external_id="right"),
    ]
    assert len({each.fingerprint() for each in [KEYS, *others]}) == 6
    assert Credentials((KEY, SECRET)).fingerprint() == KEYS.fingerprint()


def test_clients_nobody_uses_for_an_hour_are_dropped(sts: Sts) -> None:
    clients = session.Clients()
    first, second = (
        session.Place(KEYS, region, "http://127.0.0.1:1") for region in ("eu-west-1", "eu-west-2")
    )
    kept = clients.get("ec2", place=first)
    assert clients.get("ec2", place=first) is kept
    sts.now += session.IDLE_SECONDS + 1
    clients.get("ec2", place=second)
    assert [key[1] for key in clients.kept] == ["eu-west-2"]


def test_keys_kept_while_sts_is_away_keep_their_client(sts: Sts, monkeypatch: pytest.MonkeyPatch) -> None:
    clients = session.Clients()
    monkeypatch.setattr(clients, "assume", lambda _place: sts.assume())
    credentials = Credentials((KEY, SECRET), role_arn="arn", external_id="right")
    place = session.Place(credentials, "eu-west-1", "http://127.0.0.1:1")
    first = clients.get("ec2", place=place)
    sts.trouble = gateway.Unanswered("no answer")
    sts.now += 600
    assert clients.get("ec2", place=place) is first
    sts.trouble = None
    sts.now += 60
    assert clients.get("ec2", place=place) is not first
