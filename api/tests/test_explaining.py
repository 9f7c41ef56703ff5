"""Why a server is wanted on or off: every reason and every sentence, without a database."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from api.servers.cases import (
    Bar,
    Case,
    Cause,
    Kept,
    Moment,
    Own,
    Party,
    Pause,
    Person,
    Present,
    Step,
    Word,
)
from api.servers.explaining import explain
from api.servers.timeline import Named

# A Tuesday; Berlin is one hour ahead of UTC, and all times here are its wall clock's.
NOW = datetime(2026, 11, 24, 14, 30, tzinfo=UTC)
BERLIN = "Europe/Berlin"
OFFICE, NIGHTLY, LATE = Named(1, "Office hours"), Named(2, "Nightly"), Named(3, "Late shift")
SAM = Person("sam@example.com", "Sam")


def wall(hour: int, minute: int = 0, *, days: int = 0) -> datetime:
    """That time in Berlin, so many days from now."""
    return NOW.replace(hour=0, minute=0) + timedelta(days=days, hours=hour - 1, minutes=minute)


def word(want: str, since: datetime, *, hours: bool = False, until: datetime | None = None) -> Word:
    return Word(want, since, 7, hours, until)


def party(schedule: Named, said: Word | None = None, **facts: Any) -> Party:
    return Party(schedule, BERLIN, said, **facts)


def step(action: str, at: datetime, schedule: Named = OFFICE, **facts: Any) -> Step:
    return Step(at, BERLIN, action, schedule, rule=7, **facts)


ON = word("on", wall(8), hours=True, until=wall(20))
OPEN = party(OFFICE, ON)
STOP = step("stop", wall(20))
START = step("start", wall(8, days=1))
OFF = party(NIGHTLY, word("off", wall(18, 30, days=-1)))
RUNNING, STOPPED = Present("running", wall(8, 1)), Present("stopped", wall(18, 31, days=-1))
HOLD = Kept(4, "on", wall(15), wall(21), SAM)
STOPPED_BY_NIGHTLY = Cause("rule", "stop", wall(18, 30, days=-1), "Nightly")


def case(**facts: Any) -> Case:
    fresh: dict[str, Any] = {"at": NOW, "now": NOW, "home": BERLIN, "present": RUNNING}
    return Case(**fresh | facts)


def office(**facts: Any) -> Case:
    """Its hours are on, and the server runs."""
    return case(**{"parties": [OPEN], "winner": OPEN, "steps": [STOP, START]} | facts)


def by_outside(**facts: Any) -> Present:
    return Present("stopped", wall(14, 3), Cause("outside", "stop", wall(14, 2), **facts))


SENTENCES = [
    (case(), "No schedule says anything about this server."),
    (office(), "Running because Office hours says on until 20:00 Berlin time."),
    (office(steps=[]), "Running because Office hours says on."),
    (
        office(steps=[step("stop", wall(20), reason="kept_on"), step("stop", wall(22), LATE)]),
        "Running because Office hours says on; Late shift stops it at 22:00 Berlin time.",
    ),
    (
        office(steps=[replace(STOP, reason="skipped_once", skip=9), START, step("stop", wall(20, days=1))]),
        "Running because Office hours says on until Wed 20:00; the stop at 20:00 Berlin time is skipped.",
    ),
    (
        office(winner=replace(OPEN, left_out=Moment("stop", wall(14))), steps=[]),
        "Running because Office hours says on; the stop at 14:00 Berlin time is skipped.",
    ),
    (
        case(winner=OFF, present=replace(STOPPED, cause=STOPPED_BY_NIGHTLY), steps=[START]),
        "Stopped since Mon 18:31: Nightly stopped it Mon 18:30; "
        "Office hours starts it Wed 08:00 Berlin time.",
    ),
    (
        case(
            winner=OFF,
            present=replace(STOPPED, cause=STOPPED_BY_NIGHTLY),
            steps=[step("start", wall(8, days=30), NIGHTLY)],
        ),
        "Stopped since Mon 18:31: Nightly stopped it Mon 18:30 and starts it on 24 Dec 08:00 Berlin time.",
    ),
    (
        case(winner=OFF, present=replace(STOPPED, since=None)),
        "Stopped: Nightly wants it off since Mon 18:30 Berlin time.",
    ),
    (
        case(winner=OFF, present=replace(STOPPED, cause=Cause("person", "stop", wall(14, 2), "Sam"))),
        "Stopped since Mon 18:31: Sam stopped it at 14:02 Berlin time.",
    ),
    (
        case(winner=OFF, present=replace(STOPPED, cause=Cause("enforce", "stop", wall(14, 2), "Nightly"))),
        "Stopped since Mon 18:31: Nightly put it back at 14:02 Berlin time.",
    ),
    (
        office(present=by_outside()),
        "Office hours wants it on, but somebody stopped it at 14:02; "
        "respected until the next action at 20:00 Berlin time.",
    ),
    (
        office(present=by_outside(actor="inside", reaction="respected"), steps=[]),
        "Office hours wants it on, but somebody shut it down from inside at 14:02 Berlin time; "
        "respected until somebody acts.",
    ),
    (
        office(present=by_outside(actor="aws", reaction="alerted")),
        "Office hours wants it on, but AWS stopped it at 14:02; "
        "it stays so until somebody acknowledges that, or until the next action at 20:00 Berlin time.",
    ),
    (
        office(present=by_outside(actor="spot", reaction="put_back")),
        "Office hours wants it on, but EC2 took its Spot capacity back at 14:02 Berlin time; it is put back.",
    ),
    (
        office(present=by_outside(reaction="spared")),
        "Office hours wants it on, but somebody stopped it at 14:02; "
        "it cannot be put back this way, so it stays so until the next action at 20:00 Berlin time.",
    ),
    (
        office(present=by_outside(reaction="given_up")),
        "Office hours wants it on, but somebody stopped it at 14:02; "
        "it happened too often to be put back, so it stays so until the next action at 20:00 Berlin time.",
    ),
    (
        office(present=Present("stopped", wall(14, 3), Cause("person", "stop", wall(14, 2), "Sam"))),
        "Office hours wants it on, but Sam stopped it at 14:02; "
        "respected until the next action at 20:00 Berlin time.",
    ),
    (
        office(present=Present("stopped", None, None, Own("start", "failed", "EC2 has no room."))),
        "Office hours wants it on since 08:00 Berlin time, but its start failed: EC2 has no room.",
    ),
    (
        office(present=Present("stopped", None, None, Own("start", "unknown", "EC2 never answered."))),
        "Office hours wants it on since 08:00 Berlin time, "
        "but nobody saw the end of its start: EC2 never answered.",
    ),
    (
        office(present=Present("stopped", None, None, Own("start", "skipped", "Too late."))),
        "Office hours wants it on since 08:00 Berlin time, but its start did not run: Too late.",
    ),
    (
        office(present=Present("stopped", None, None, Own("start", "requested"))),
        "Office hours wants it on since 08:00 Berlin time, and its start waits to be sent.",
    ),
    (
        office(present=Present("stopped", None, None, Own("start", "accepted"))),
        "Office hours wants it on since 08:00 Berlin time, and its start is under way.",
    ),
    (
        office(present=Present("stopped", None, None, Own("start", "succeeded"))),
        "Office hours wants it on since 08:00, but it is not so any more; "
        "the next action is at 20:00 Berlin time.",
    ),
    (
        office(present=STOPPED),
        "Office hours wants it on since 08:00, but nothing has started it since then; "
        "the next action is at 20:00 Berlin time.",
    ),
    (
        office(present=Present("unknown")),
        "Its state is not known now; Office hours wants it on until 20:00 Berlin time.",
    ),
    (office(present=Present("rebooting")), "Rebooting because Office hours says on until 20:00 Berlin time."),
    (
        office(kept=HOLD, steps=[step("stop", wall(21), kind="hold")]),
        "Running because Office hours says on until 20:00; Sam keeps it on until 21:00, "
        "so it stops at 21:00 Berlin time.",
    ),
    (
        office(kept=HOLD, steps=[step("stop", wall(21), NIGHTLY)]),
        "Running because Office hours says on until 20:00; Sam keeps it on until 21:00, "
        "so it stops at 21:00 Berlin time.",
    ),
    (
        office(kept=replace(HOLD, until=wall(18)), steps=[step("start", wall(18), kind="hold"), STOP]),
        "Running because Office hours says on until 20:00; Sam keeps it on until 18:00; "
        "Office hours wants it on then too until 20:00 Berlin time.",
    ),
    (
        case(winner=OFF, kept=replace(HOLD, reason="release"), steps=[step("stop", wall(21), NIGHTLY)]),
        "Running because Sam keeps it on until 21:00 Berlin time (release), "
        "although Nightly wants it off; then it stops.",
    ),
    (
        case(kept=replace(HOLD, author=None)),
        "Running because somebody keeps it on until 21:00 Berlin time; "
        "then no schedule says anything, so it stays so.",
    ),
    (
        case(winner=OFF, kept=replace(HOLD, want="off"), present=STOPPED, steps=[step("start", wall(21))]),
        "Stopped because Sam keeps it off until 21:00 Berlin time; then it starts.",
    ),
    (
        office(kept=HOLD, present=Present("stopped", None, Cause("outside", "stop", wall(15, 20)))),
        "Stopped, although Sam keeps it on until 21:00: somebody stopped it at 15:20 Berlin time.",
    ),
    (office(kept=HOLD, present=STOPPED), "Stopped, although Sam keeps it on until 21:00 Berlin time."),
    (
        office(present=STOPPED, steps=[]),
        "Office hours wants it on since 08:00 Berlin time, but nothing has started it since then; "
        "no action is planned.",
    ),
    (
        office(kept=HOLD, present=Present("unknown")),
        "Its state is not known now; Sam keeps it on until 21:00 Berlin time.",
    ),
    (
        case(parties=[party(OFFICE, is_off=True), party(NIGHTLY, pause=Pause(wall(8, days=6), "holiday"))]),
        "No schedule says anything about this server now: Office hours is switched off, "
        "Nightly is paused until Mon 08:00 Berlin time: holiday.",
    ),
    (
        case(
            parties=[
                party(OFFICE, begins=date(2026, 12, 1)),
                party(NIGHTLY, observes=True),
                party(LATE, only_reboots=True),
            ],
            steps=[step("start", wall(8, days=7))],
        ),
        "No schedule says anything about this server now: Office hours counts from 1 Dec on, "
        "Nightly only observes, and 1 more; Office hours starts it on 1 Dec 08:00 Berlin time.",
    ),
    (
        case(parties=[party(LATE, only_reboots=True), party(OFFICE)]),
        "No schedule says anything about this server now: Late shift only reboots, "
        "Office hours has not acted yet.",
    ),
    (
        case(parties=[party(NIGHTLY, pause=Pause(None))]),
        "No schedule says anything about this server now: Nightly is paused until somebody resumes it.",
    ),
    (
        office(bar=Bar("protected", "The server is protected, so schedules leave it alone.")),
        "Running. The server is protected, so schedules leave it alone.",
    ),
    (
        office(bar=Bar("server_gone", "The server was terminated."), present=Present("terminated")),
        "The server was terminated.",
    ),
    (
        office(at=wall(9, days=-1), present=None),
        "On 23 Nov 09:00 Office hours wanted it on, since 24 Nov 08:00 Berlin time, "
        "as the schedules are now. They may have been different then.",
    ),
    (
        office(at=wall(9, days=1), present=None, steps=[step("stop", wall(20, days=1))]),
        "On 25 Nov 09:00 Office hours will want it on until Wed 20:00 Berlin time, as the schedules are now.",
    ),
    (
        case(at=wall(9, days=-1), present=None),
        "On 23 Nov 09:00 Berlin time no schedule said anything about this server, "
        "as the schedules are now. They may have been different then.",
    ),
    (
        case(at=wall(9, days=400), present=None),
        "On 29 Dec 2027 09:00 Berlin time no schedule says anything about this server, "
        "as the schedules are now.",
    ),
    (
        office(at=wall(20, 30), present=None, kept=HOLD),
        "On 24 Nov 20:30 Sam keeps it on, until 24 Nov 21:00 Berlin time.",
    ),
    (
        office(at=wall(15, 10), present=None, kept=HOLD),
        "On 24 Nov 15:10 Sam kept it on, until 24 Nov 21:00 Berlin time.",
    ),
]


@pytest.mark.parametrize(("asked", "told"), SENTENCES)
def test_the_sentence_says_why_and_what_comes_next(asked: Case, told: str) -> None:
    assert explain(asked).sentence == told


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
    (OFF, {"kept": HOLD}, "held", "Kept on until 21:00 Berlin time by Sam."),
    (party(NIGHTLY), {"kept": HOLD}, "no_say", ""),
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
    held = office(parties=[OPEN, OFF], kept=replace(HOLD, want="off"))
    answer = explain(held)
    assert (answer.want, answer.decided.kind, answer.decided.party) == ("off", "hold", None)
    assert [each.reason for each in answer.others] == ["held", "held"]
    barred = explain(replace(held, bar=Bar("protected", "It is protected.")))
    assert (barred.want, barred.decided.kind, barred.decided.kept) == (None, "none", None)
    assert {each.reason for each in barred.others} == {"protected"}


def test_ten_steps_are_shown() -> None:
    many = [step("reboot", wall(16, minute)) for minute in range(12)]
    answer = explain(office(steps=[*many, STOP]))
    assert len(answer.next) == 10
    assert "until 20:00" in answer.sentence


def test_a_step_stands_on_the_wall_clock_of_its_schedule() -> None:
    assert STOP.local == "2026-11-24T20:00:00+01:00"
    assert (STOP.state, replace(STOP, reason="held").state) == ("planned", "skipped")
