"""Who decides about a server, and of everybody else why not."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from api.servers.cases import (
    Bar,
    Moment,
    Party,
    Pause,
)
from api.servers.explaining import explain
from api.tests.cases import (
    HOLD,
    NIGHTLY,
    OFF,
    OFFICE,
    OPEN,
    STOP,
    office,
    party,
    step,
    wall,
    word,
)

OTHERS = [
    (party(NIGHTLY, is_off=True), {}, "disabled", "It is switched off."),
    (
        party(NIGHTLY, pause=Pause(wall(8, days=1), "moving")),
        {},
        "paused",
        "It is paused until Wed 08:00 Berlin time: moving.",
    ),
    (party(NIGHTLY, pause=Pause(None)), {}, "paused", "It is paused until somebody resumes it."),
    (
        replace(OFF, observes=True),
        {},
        "observe_only",
        "It only observes; it would want the server off since Mon 18:30 Berlin time.",
    ),
    (party(NIGHTLY, observes=True), {}, "observe_only", "It only observes."),
    (
        replace(party(NIGHTLY), timezone="Asia/Calcutta", is_lost=True),
        {},
        "zone_gone",
        "Its time zone Asia/Calcutta is gone from the time zone database.",
    ),
    (party(NIGHTLY, begins=date(2027, 1, 1)), {}, "not_valid_yet", "It counts from 1 Jan 2027 on."),
    (party(NIGHTLY, ended=date(2026, 11, 1)), {}, "over", "It ended on 1 Nov."),
    (replace(OFF, ended=date(2026, 11, 23)), {"winner": party(OFFICE, word("on", wall(8)))}, "over", ""),
    (
        party(NIGHTLY, left_out=Moment("stop", wall(14))),
        {},
        "skipped_once",
        "Its stop at 14:00 Berlin time is set to be skipped on this server.",
    ),
    (replace(OFF, left_out=Moment("start", wall(14))), {}, "skipped_once", ""),
    (party(NIGHTLY, only_reboots=True), {}, "no_say", "It only reboots."),
    (party(NIGHTLY), {}, "no_say", "It has not started or stopped anything yet."),
    (OFF, {"held": HOLD}, "held", "Kept on until 21:00 Berlin time by Sam."),
    (party(NIGHTLY), {"held": HOLD}, "no_say", ""),
    (OFF, {}, "kept_on", "Kept on by the hours of 'Office hours'."),
    (
        party(NIGHTLY, word("on", wall(7))),
        {},
        "agrees",
        "It wants the same, since 07:00 Berlin time.",
    ),
    (
        OFF,
        {"winner": party(OFFICE, word("on", wall(8)))},
        "superseded",
        "Its stop Mon 18:30 is older than the start by 'Office hours' at 08:00 Berlin time.",
    ),
    (
        party(NIGHTLY, word("off", wall(8))),
        {"winner": party(OFFICE, word("on", wall(8)))},
        "superseded",
        "At the same moment 'Office hours' asks for a start, and start wins over stop.",
    ),
    (OFF, {"bar": Bar("protected", "It is protected.")}, "protected", "It is protected."),
    (party(NIGHTLY, is_off=True), {"bar": Bar("server_gone", "It is gone.")}, "server_gone", "It is gone."),
]


@pytest.mark.parametrize(("loser", "facts", "reason", "detail"), OTHERS)
def test_who_does_not_decide_is_told_why(
    loser: Party, facts: dict[str, Any], reason: str, detail: str
) -> None:
    winner = facts.get("winner", OPEN)
    answer = explain(office(parties=[winner, loser], **{"winner": winner} | facts))
    [other] = [each for each in answer.others if each.party is loser]
    assert other.reason == reason
    assert other.detail == detail or not detail


def test_the_winner_is_not_among_the_others() -> None:
    answer = explain(office(parties=[OPEN, OFF]))
    assert [each.party.name for each in answer.others] == ["Nightly"]
    assert (answer.want, answer.decided.kind, answer.decided.since) == ("on", "schedule", wall(8))


def test_a_hold_decides_over_schedules_and_protection_over_a_hold() -> None:
    held = office(parties=[OPEN, OFF], held=replace(HOLD, want="off"))
    answer = explain(held)
    assert (answer.want, answer.decided.kind, answer.decided.party) == ("off", "hold", None)
    assert [each.reason for each in answer.others] == ["held", "held"]
    barred = explain(replace(held, bar=Bar("protected", "It is protected.")))
    assert (barred.want, barred.decided.kind, barred.decided.hold) == (None, "none", None)
    assert {each.reason for each in barred.others} == {"protected"}


def test_ten_steps_are_shown() -> None:
    many = [step("reboot", wall(16, minute)) for minute in range(12)]
    answer = explain(office(steps=[*many, STOP]))
    assert len(answer.next) == 10
    assert "until 20:00" in answer.sentence


def test_a_step_stands_on_the_wall_clock_of_its_schedule() -> None:
    assert STOP.local == "2026-11-24T20:00:00+01:00"
    assert (STOP.state, replace(STOP, reason="held").state) == ("planned", "skipped")
