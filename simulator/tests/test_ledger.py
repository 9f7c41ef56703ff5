"""The ledger tells who asked what, what it did, and when the transitions truly ended."""

from collections import deque
from dataclasses import replace

import pytest

from simulator.errors import AwsError
from simulator.tests.support import ACCOUNT, CALLER, REGION, STOP, Time, name_of, server, world_of

ONE = [name_of(1)]


def test_an_accepted_call_is_recorded_with_its_mark_its_effect_and_the_true_end(time: Time) -> None:
    world = world_of(time, server(1), server(2, "stopped"))
    world.stop(CALLER, [name_of(1), name_of(2)])
    entry = world.ledger.read()[0]
    assert entry["action"] == "StopInstances"
    assert (entry["account"], entry["region"], entry["call"]) == (ACCOUNT, REGION, "7")
    assert (entry["at"], entry["monotonic"], entry["accepted"], entry["error"]) == (
        time.now, time.now - 1e9, True, None,
    )  # fmt: skip
    assert entry["effects"] == {
        name_of(1): {
            "before": "running",
            "after": "stopping",
            "ends_at": time.now + STOP,
            "ends_as": "stopped",
        },
        name_of(2): {"before": "stopped", "after": "stopped", "ends_at": None, "ends_as": None},
    }


def test_a_refused_call_is_recorded_with_its_error_and_no_effect(time: Time) -> None:
    world = world_of(time, server(1))
    with pytest.raises(AwsError):
        world.start(CALLER, [name_of(1), name_of(9)])
    entry = world.ledger.read()[0]
    assert (entry["accepted"], entry["error"], entry["effects"]) == (False, "InvalidInstanceID.NotFound", {})
    assert entry["ids"] == [name_of(1), name_of(9)]


def test_every_call_tells_the_states_it_met_whatever_became_of_it(time: Time) -> None:
    world = world_of(time, server(1), server(2, "stopped"))
    world.stop(CALLER, ONE)
    world.faults.add({"kind": "throttle", "count": 1}, now=time())
    for ids in ([name_of(2)], [name_of(1), name_of(9)]):
        with pytest.raises(AwsError):
            world.start(CALLER, ids)
    assert [(entry["error"], entry["before"]) for entry in world.ledger.read()] == [
        (None, {name_of(1): "running"}),
        ("RequestLimitExceeded", {name_of(2): "stopped"}),
        ("InvalidInstanceID.NotFound", {name_of(1): "stopping", name_of(9): None}),
    ]


def test_a_dry_run_is_marked_as_one(time: Time) -> None:
    world = world_of(time, server(1))
    with pytest.raises(AwsError):
        world.stop(CALLER, ONE, dry_run=True)
    entry = world.ledger.read()[0]
    assert entry["options"]["dry_run"]
    assert (entry["accepted"], entry["error"]) == (False, "DryRunOperation")


def test_transitions_tell_begin_and_end_on_both_clocks_and_who_caused_them(time: Time) -> None:
    world = world_of(time, server(1), server(2))
    other = world.instance(name_of(2))
    assert other is not None
    world.stop(CALLER, ONE)
    world.outside(other, "stop")
    ours, theirs = world.ledger.times()
    assert (ours["begins_at"], ours["ends_at"], ours["ends_as"]) == (time.now, time.now + STOP, "stopped")
    assert ours["ends_monotonic"] - ours["begins_monotonic"] == STOP
    assert [(moved["by"], moved["call"]) for moved in (ours, theirs)] == [("api", "7"), ("outside", None)]


def test_a_call_that_moves_nothing_makes_no_transition(time: Time) -> None:
    world = world_of(time, server(1))
    world.start(CALLER, ONE)
    assert world.ledger.times() == []


def test_a_reader_asks_for_what_is_new_or_for_one_server(time: Time) -> None:
    world = world_of(time, server(1), server(2))
    for number in (1, 2, 1):
        world.reboot(CALLER, [name_of(number)])
    assert [entry["number"] for entry in world.ledger.read(since=1)] == [2, 3]
    assert [entry["number"] for entry in world.ledger.read(instance=name_of(1))] == [1, 3]
    assert [moved["number"] for moved in world.ledger.times(since=2)] == [3]
    assert [moved["number"] for moved in world.ledger.times(instance=name_of(2))] == [2]


def test_a_reader_asks_for_one_mark(time: Time) -> None:
    world = world_of(time, server(1))
    for mark in ("7", "8", "7"):
        world.reboot(replace(CALLER, mark=mark), ONE)
    assert [entry["number"] for entry in world.ledger.read(call="7")] == [1, 3]


def test_tens_of_thousands_of_entries_are_read_in_pages_without_a_gap(time: Time) -> None:
    world = world_of(time, server(1))
    for _ in range(30_000):
        world.note(CALLER.asks("StartInstances", time(), ids=ONE))
    seen: list[int] = []
    while page := world.ledger.read(since=seen[-1] if seen else 0, limit=7_000):
        seen += [entry["number"] for entry in page]
    assert seen == list(range(1, 30_001))


def test_pages_go_on_where_old_entries_have_been_dropped(time: Time) -> None:
    world = world_of(time, server(1))
    world.ledger.entries = deque(maxlen=10)
    for _ in range(25):
        world.start(CALLER, ONE)
    assert [entry["number"] for entry in world.ledger.read(since=3, limit=4)] == [16, 17, 18, 19]
    assert [entry["number"] for entry in world.ledger.read(since=19)] == [20, 21, 22, 23, 24, 25]
    assert world.ledger.read(since=25) == []
