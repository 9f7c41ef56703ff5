"""The sentence about a server, for everything that may have made it what it is."""

from dataclasses import replace
from datetime import date

import pytest

from api.servers.cases import (
    Bar,
    Case,
    Cause,
    Moment,
    Own,
    Pause,
    Present,
)
from api.servers.explaining import explain
from api.tests.cases import (
    HOLD,
    LATE,
    NIGHTLY,
    OFF,
    OFFICE,
    OPEN,
    START,
    STOP,
    STOPPED,
    STOPPED_BY_NIGHTLY,
    by_outside,
    case,
    office,
    party,
    step,
    wall,
    word,
)

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
        office(present=Present("stopped", wall(14, 3), Cause("rule", "stop", wall(14, 2), "Office hours"))),
        "Office hours wants it on as it is now, but stopped it at 14:02 as it was then; "
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
        office(held=HOLD, steps=[step("stop", wall(21), kind="hold")]),
        "Running because Office hours says on until 20:00; Sam keeps it on until 21:00, "
        "so it stops at 21:00 Berlin time.",
    ),
    (
        office(held=HOLD, steps=[step("stop", wall(21), NIGHTLY)]),
        "Running because Office hours says on until 20:00; Sam keeps it on until 21:00, "
        "so it stops at 21:00 Berlin time.",
    ),
    (
        office(held=replace(HOLD, until=wall(18)), steps=[step("start", wall(18), kind="hold"), STOP]),
        "Running because Office hours says on until 20:00; Sam keeps it on until 18:00; "
        "Office hours wants it on then too until 20:00 Berlin time.",
    ),
    (
        office(held=replace(HOLD, until=wall(18)), steps=[replace(STOP, reason="skipped_once", skip=9)]),
        "Running because Sam keeps it on until 18:00 Berlin time.",
    ),
    (
        office(
            held=HOLD,
            winner=party(OFFICE, word("on", wall(8, days=-1), hours=True, until=wall(20, days=-1))),
            steps=[replace(STOP, reason="held"), step("stop", wall(21), kind="hold")],
        ),
        "Running because Office hours says on until 20:00; Sam keeps it on until 21:00, "
        "so it stops at 21:00 Berlin time.",
    ),
    (
        case(winner=OFF, held=replace(HOLD, reason="release"), steps=[step("stop", wall(21), NIGHTLY)]),
        "Running because Sam keeps it on until 21:00 Berlin time (release), "
        "although Nightly wants it off; then it stops.",
    ),
    (
        case(held=replace(HOLD, author=None)),
        "Running because somebody keeps it on until 21:00 Berlin time; "
        "then no schedule says anything, so it stays so.",
    ),
    (
        case(winner=OFF, held=replace(HOLD, want="off"), present=STOPPED, steps=[step("start", wall(21))]),
        "Stopped because Sam keeps it off until 21:00 Berlin time; then it starts.",
    ),
    (
        office(held=HOLD, present=Present("stopped", None, Cause("outside", "stop", wall(15, 20)))),
        "Stopped, although Sam keeps it on until 21:00: somebody stopped it at 15:20 Berlin time.",
    ),
    (office(held=HOLD, present=STOPPED), "Stopped, although Sam keeps it on until 21:00 Berlin time."),
    (
        office(present=STOPPED, steps=[]),
        "Office hours wants it on since 08:00 Berlin time, but nothing has started it since then; "
        "no action is planned.",
    ),
    (
        office(held=HOLD, present=Present("unknown")),
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
        office(at=wall(20, 30), present=None, held=HOLD),
        "On 24 Nov 20:30 Sam keeps it on, until 24 Nov 21:00 Berlin time.",
    ),
    (
        office(at=wall(15, 10), present=None, held=HOLD),
        "On 24 Nov 15:10 Sam kept it on, until 24 Nov 21:00 Berlin time.",
    ),
]


@pytest.mark.parametrize(("asked", "told"), SENTENCES)
def test_the_sentence_says_why_and_what_comes_next(asked: Case, told: str) -> None:
    assert explain(asked).sentence == told
