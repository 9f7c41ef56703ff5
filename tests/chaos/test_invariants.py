"""The checker sees what it is there to see: each broken promise in a record of a few rows."""

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from tests.chaos import figures
from tests.chaos.evidence import Evidence
from tests.chaos.invariants import check
from tests.chaos.record import Call, Entry, Move, Op, Record, Sight, Transition

DUE = 1_000_000.0
SERVER = "i-0c000000000000001"
EXPECTED: Any = SimpleNamespace(rule=5, server=1, action="stop", due=datetime.fromtimestamp(DUE, UTC))
DONE = Op(9, 1, 5, "stop", "rule", "succeeded", "end_seen", DUE, DUE + 900, DUE + 3)
MOVES = (
    Move(DUE, 9, 1, None, "requested", None),
    Move(DUE + 0.1, 9, 1, "requested", "sending", 70),
    Move(DUE + 0.3, 9, 1, "sending", "accepted", 70),
    Move(DUE + 3, 9, 1, "accepted", "succeeded", 70),
)
EFFECT = {SERVER: {"before": "running", "after": "stopping", "ends_at": DUE + 2.2, "ends_as": "stopped"}}
ENTRY = Entry(1, DUE + 0.2, "stop", "1111", "eu-central-1", (SERVER,), 70, True, None, "sent", EFFECT)
WAY = Transition(SERVER, "running", DUE + 0.2, DUE + 2.2, "stopped", "StopInstances")
GOOD = Record(
    expected=(EXPECTED,),
    servers={1: SERVER},
    ops=(DONE,),
    moves=MOVES,
    calls={70: Call(70, "host:1", DUE + 0.1, "accepted")},
    sights=(
        Sight(1, "running", "stopping", DUE - 5, DUE + 0.1),
        Sight(1, "stopping", "stopped", DUE + 0.1, DUE + 2.9),
    ),
    entries=(ENTRY,),
    transitions=(WAY,),
)
REBOOT = replace(DONE, action="reboot", reason="reboot_seen")
REBOOTED = replace(
    GOOD,
    expected=(SimpleNamespace(**{**vars(EXPECTED), "action": "reboot"}),),  # type: ignore[arg-type]
    ops=(REBOOT,),
    entries=(replace(ENTRY, action="reboot", effects={}),),
)


def broken(record: Record) -> set[str]:
    return {each.id for each in check(Evidence(record)) if not each.ok}


def test_a_stop_that_went_as_promised_breaks_nothing() -> None:
    assert broken(GOOD) == set()


def test_an_occurrence_without_a_row_is_lost() -> None:
    other = SimpleNamespace(**{**vars(EXPECTED), "rule": 6})
    assert broken(replace(GOOD, expected=(EXPECTED, other))) == {"lost"}  # type: ignore[arg-type]


def test_an_occurrence_at_another_moment_is_both_lost_and_unasked() -> None:
    late = SimpleNamespace(**{**vars(EXPECTED), "due": datetime.fromtimestamp(DUE + 60, UTC)})
    assert broken(replace(GOOD, expected=(late,))) == {"lost", "unasked"}  # type: ignore[arg-type]


def test_an_occurrence_with_another_action_is_both_lost_and_unasked() -> None:
    other = SimpleNamespace(**{**vars(EXPECTED), "action": "reboot"})
    assert broken(replace(GOOD, expected=(other,))) == {"lost", "unasked"}  # type: ignore[arg-type]


def test_an_occurrence_with_two_rows_is_doubled() -> None:
    assert "doubled" in broken(replace(GOOD, ops=(DONE, replace(DONE, id=10, state="skipped"))))


def test_a_row_that_nobody_planned_is_seen() -> None:
    assert broken(replace(GOOD, expected=())) == {"unasked"}


def test_an_operation_that_has_not_ended_is_open() -> None:
    assert "open" in broken(replace(GOOD, ops=(replace(DONE, state="accepted"),)))


def test_an_end_that_is_left_again_is_seen() -> None:
    again = Move(DUE + 4, 9, 1, "succeeded", "requested", None)
    assert "reopened" in broken(replace(GOOD, moves=(*MOVES, again)))


def test_a_second_accepted_request_is_seen_though_its_call_was_overwritten() -> None:
    moves = (
        *MOVES[:2],
        Move(DUE + 1, 9, 1, "sending", "requested", None),
        Move(DUE + 1, 9, 1, "requested", "sending", 71),
        *MOVES[2:],
    )
    second = replace(ENTRY, number=2, at=DUE + 1.1, call=71)
    calls = {**GOOD.calls, 71: Call(71, "host:2", DUE + 1, "accepted")}
    assert broken(replace(GOOD, moves=moves, entries=(ENTRY, second), calls=calls)) == {"repeated"}


def test_a_request_that_no_operation_wanted_is_seen() -> None:
    assert broken(replace(GOOD, entries=(ENTRY, replace(ENTRY, number=2, call=None)))) == {"unowned"}


def test_one_intent_that_became_two_requests_is_seen() -> None:
    assert "resent by the SDK" in broken(
        replace(GOOD, entries=(ENTRY, replace(ENTRY, number=2, accepted=False)))
    )


def test_success_before_the_end_state_was_reached_is_untrue() -> None:
    early = (*MOVES[:3], replace(MOVES[3], at=DUE + 0.4))
    assert broken(replace(GOOD, moves=early)) == {"untrue"}


def test_something_done_for_a_skipped_operation_is_seen() -> None:
    assert "not to be sent" in broken(replace(GOOD, ops=(replace(DONE, state="skipped"),)))


def test_two_active_operations_of_a_server_are_seen() -> None:
    other = Move(DUE + 0.2, 10, 1, "requested", "sending", 71)
    assert "two at once" in broken(replace(GOOD, moves=(*MOVES[:2], other, *MOVES[2:])))


def test_a_request_before_its_moment_is_seen() -> None:
    assert "early" in broken(replace(GOOD, ops=(replace(DONE, due=DUE + 2),)))


def test_a_request_after_its_grace_is_seen() -> None:
    assert "late" in broken(replace(GOOD, ops=(replace(DONE, due=DUE - 900, grace_until=DUE - 10),)))


def test_a_request_long_after_its_intent_comes_from_a_process_that_slept() -> None:
    assert "stale sends" in broken(replace(GOOD, entries=(replace(ENTRY, at=DUE + 20),)))


def test_an_intent_is_as_old_as_the_last_mark_of_its_call() -> None:
    marks = [Move(DUE - 12 + nth * 6, 9 + nth, 1 + nth, "requested", "sending", 70) for nth in range(3)]
    moves = (MOVES[0], *marks, *MOVES[2:])
    assert "stale sends" not in broken(replace(GOOD, moves=moves))
    assert "stale sends" in broken(replace(GOOD, moves=(MOVES[0], *marks[:2], *MOVES[2:])))


def test_an_older_answer_that_replaces_a_newer_one_is_seen() -> None:
    back = Sight(1, "stopped", "running", DUE + 2.9, DUE + 1)
    assert broken(replace(GOOD, sights=(*GOOD.sights, back))) == {"stale sights"}


def test_a_wrong_status_at_the_end_is_seen() -> None:
    assert broken(replace(GOOD, shown_wrongly={SERVER: ("running", "stopped")})) == {"shown wrongly"}


def test_a_reboot_nobody_answered_must_end_unknown() -> None:
    moves = (*MOVES[:2], replace(MOVES[3], before="sending"))
    assert broken(replace(REBOOTED, moves=moves)) == {"claimed reboots"}
    unknown = replace(REBOOT, state="unknown", reason="call_unanswered")
    assert broken(replace(REBOOTED, ops=(unknown,), moves=moves)) == set()


def test_a_second_reboot_for_one_operation_is_seen() -> None:
    moves = (
        *MOVES[:2],
        Move(DUE + 1, 9, 1, "sending", "requested", None),
        Move(DUE + 1, 9, 1, "requested", "sending", 71),
        *MOVES[2:],
    )
    entries = (*REBOOTED.entries, replace(REBOOTED.entries[0], number=2, at=DUE + 1.1, call=71))
    calls = {**GOOD.calls, 71: Call(71, "host:2", DUE + 1, "accepted")}
    assert broken(replace(REBOOTED, moves=moves, entries=entries, calls=calls)) == {"rebooted twice"}


def test_a_proven_reboot_that_ec2_never_accepted_is_seen() -> None:
    refused = replace(REBOOTED.entries[0], accepted=False)
    assert broken(replace(REBOOTED, entries=(refused,))) == {"reboots of nobody"}


def test_what_was_done_and_rested_in_its_end_state_may_not_be_called_a_failure() -> None:
    late = replace(MOVES[3], at=DUE + 60, after="failed")
    failed = replace(DONE, state="failed", reason="confirm_timeout", finished=DUE + 60)
    assert broken(replace(GOOD, ops=(failed,), moves=(*MOVES[:3], late))) == {"denied"}


def test_a_start_that_fell_back_is_rightly_a_failure() -> None:
    effect = {SERVER: {"before": "stopped", "after": "pending", "ends_at": DUE + 2, "ends_as": "stopped"}}
    start = replace(DONE, action="start", state="failed", reason="failed_start")
    entry, way = replace(ENTRY, action="start", effects=effect), replace(WAY, before="stopped")
    expected: Any = SimpleNamespace(**{**vars(EXPECTED), "action": "start"})
    record = replace(GOOD, expected=(expected,), ops=(start,), entries=(entry,), transitions=(way,))
    assert (
        broken(replace(record, moves=(*MOVES[:3], replace(MOVES[3], at=DUE + 60, after="failed")))) == set()
    )


def test_unknown_reboots_are_those_whose_sender_died() -> None:
    unknown = replace(REBOOT, state="unknown", reason="call_unanswered")
    moves = (*MOVES[:2], replace(MOVES[3], before="sending", after="unknown"))
    unheard = replace(REBOOTED, ops=(unknown,), moves=moves)
    assert figures.uncertain_reboots(unheard, {1}).ok
    assert not figures.uncertain_reboots(unheard, set()).ok
    assert not figures.uncertain_reboots(replace(unheard, ops=(REBOOT,)), {1}).ok


def test_figures_of_nothing_are_not_good() -> None:
    nothing = replace(GOOD, ops=(), entries=())
    assert not figures.late(nothing, most=15.0).ok
    assert figures.late(GOOD, most=15.0).ok


def test_what_missed_its_time_is_infinitely_late_and_undone() -> None:
    missed = replace(DONE, id=10, state="skipped", reason="superseded")
    assert not figures.late(replace(GOOD, ops=(DONE, missed)), most=15.0).ok
    assert not figures.undone(replace(GOOD, ops=(DONE, missed))).ok
    assert figures.undone(replace(GOOD, ops=(DONE, missed)), but=("superseded",)).ok
    assert figures.undone(GOOD).ok


def test_more_requests_than_the_bucket_holds_are_seen() -> None:
    burst = tuple(
        replace(ENTRY, number=n, action="start", accepted=False, at=DUE + n / 100) for n in range(1, 9)
    )
    assert "over the rate" in broken(replace(GOOD, entries=burst))


def test_sampling_speaks_for_itself() -> None:
    assert broken(replace(GOOD, samples=10, doubled_samples=1)) == {"two at once, sampled"}
