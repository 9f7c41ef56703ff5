"""Nobody works for twenty minutes, nine hours, three days: every moment has its row and its reason, each
server is asked for at most one thing, and the schedules' last word stands if it is in time.

Times are UTC. Monday is 23 November 2026.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from scheduler.tests.promises.conftest import Stage
from shared.fleet.models import Server

OFFICE = ("Office", "mon-fri 08:00-20:00")
LATE_SHIFT = ("Late", "mon-fri 18:00-23:00")
NIGHTLY = ("Nightly", "stop 0 20 * * *")
DAILY = ("Daily", "start 0 7 * * *; stop 0 19 * * *")
PATIENT = {"grace_seconds": 86400}
HASTY = {"grace_seconds": 60}
BERLIN = {"timezone": "Europe/Berlin"}


@dataclass(frozen=True)
class Outage:
    """From a moment to another nobody works. `rows` are what is left, `calls` how often EC2 was asked, and
    `end` is the server's state afterwards. What is `there` was asked for where nobody has looked for long."""

    begin: str
    end_at: str
    schedules: Sequence[tuple[Any, ...]]
    rows: Sequence[str]
    calls: int
    end: str
    before: str = "running"


OUTAGES = {
    "20 minutes, a stop in time": Outage(
        "2026-11-23 19:50", "2026-11-23 20:10", [OFFICE], ["Office stop Mon 20:00 done"], 1, "stopped"
    ),
    "20 minutes, a stop too late": Outage(
        "2026-11-23 19:56", "2026-11-23 20:16", [OFFICE], ["Office stop Mon 20:00 too_late"], 0, "running"
    ),
    "20 minutes, a start": Outage(
        "2026-11-24 07:50",
        "2026-11-24 08:10",
        [OFFICE],
        ["Office start Tue 08:00 done"],
        1,
        "running",
        before="stopped",
    ),
    "20 minutes, both ends of short hours": Outage(
        "2026-11-24 03:55",
        "2026-11-24 04:15",
        [("Backup", "tue 04:00-04:10")],
        ["Backup start Tue 04:00 too_late", "Backup stop Tue 04:10 there"],
        1,
        "stopped",
        before="stopped",
    ),
    "20 minutes, a stop and a start again": Outage(
        "2026-11-24 11:55",
        "2026-11-24 12:15",
        [("Two shifts", "tue 08:00-12:00; tue 12:10-20:00")],
        ["Two shifts stop Tue 12:00 superseded", "Two shifts start Tue 12:10 there"],
        1,
        "running",
    ),
    "9 hours, hours that opened three hours ago": Outage(
        "2026-11-24 02:00",
        "2026-11-24 11:00",
        [OFFICE],
        ["Office start Tue 08:00 done"],
        1,
        "running",
        before="stopped",
    ),
    "9 hours, hours that opened too long ago": Outage(
        "2026-11-24 04:00",
        "2026-11-24 13:00",
        [OFFICE],
        ["Office start Tue 08:00 too_late"],
        0,
        "stopped",
        before="stopped",
    ),
    "9 hours, hours with a grace of their own": Outage(
        "2026-11-24 04:00",
        "2026-11-24 13:00",
        [(*OFFICE, PATIENT)],
        ["Office start Tue 08:00 done"],
        1,
        "running",
        before="stopped",
    ),
    "9 hours over midnight, a stop that may be late": Outage(
        "2026-11-23 18:00",
        "2026-11-24 03:00",
        [(*OFFICE, PATIENT)],
        ["Office stop Mon 20:00 done"],
        1,
        "stopped",
    ),
    "9 hours over midnight, hours over midnight": Outage(
        "2026-11-23 20:00",
        "2026-11-24 05:00",
        [("Nights", "mon,tue 22:00-06:00")],
        ["Nights start Mon 22:00 too_late"],
        0,
        "stopped",
        before="stopped",
    ),
    "9 hours, single actions": Outage(
        "2026-11-23 10:05",
        "2026-11-23 19:05",
        [DAILY, ("Noon", "start 0 12 * * *")],
        ["Noon start Mon 12:00 too_late", "Daily stop Mon 19:00 done"],
        1,
        "stopped",
    ),
    "3 days, the last start just in time": Outage(
        "2026-11-23 12:00",
        "2026-11-26 12:00",
        [OFFICE],
        [
            "Office stop Mon 20:00 too_late",
            "Office start Tue 08:00 too_late",
            "Office stop Tue 20:00 too_late",
            "Office start Wed 08:00 too_late",
            "Office stop Wed 20:00 too_late",
            "Office start Thu 08:00 there",
        ],
        1,
        "running",
    ),
    "3 days, over a clock change in spring": Outage(
        "2027-03-26 12:00",
        "2027-03-29 07:00",
        [("Office", "mon-sun 08:00-20:00", BERLIN)],
        [
            "Office stop Fri 19:00 too_late",
            "Office start Sat 07:00 too_late",
            "Office stop Sat 19:00 too_late",
            "Office start Sun 06:00 too_late",
            "Office stop Sun 18:00 too_late",
            "Office start Mon 06:00 done",
        ],
        1,
        "running",
        before="stopped",
    ),
    "9 hours over a clock change in spring, hours that begin in the gap": Outage(
        "2027-03-27 19:00",
        "2027-03-28 04:00",
        [("Gap", "sun 02:30-09:00", BERLIN)],
        ["Gap start Sun 01:00 done"],
        1,
        "running",
        before="stopped",
    ),
    "20 minutes over a clock change in spring, three moments in one": Outage(
        "2027-03-28 00:50",
        "2027-03-28 01:10",
        [("Gap", "stop 10 2 * * *; start 30 2 * * *", BERLIN), ("Three", "stop 0 3 * * *", BERLIN)],
        [
            "Gap start Sun 01:00 there",
            "Gap stop Sun 01:00 conflict",
            "Three stop Sun 01:00 conflict",
        ],
        1,
        "running",
    ),
    "9 hours over a clock change in autumn, the hour that comes twice": Outage(
        "2027-10-30 17:00",
        "2027-10-31 02:05",
        [("Twice", "sun 02:30-03:00", BERLIN), ("Late", "stop 0 3 * * *", BERLIN)],
        ["Twice start Sun 00:30 too_late", "Twice stop Sun 02:00 done", "Late stop Sun 02:00 duplicate"],
        1,
        "stopped",
    ),
    "3 days over a clock change in autumn": Outage(
        "2027-10-29 12:00",
        "2027-11-01 19:10",
        [(*NIGHTLY, BERLIN)],
        [
            "Nightly stop Fri 18:00 too_late",
            "Nightly stop Sat 18:00 too_late",
            "Nightly stop Sun 19:00 too_late",
            "Nightly stop Mon 19:00 done",
        ],
        1,
        "stopped",
    ),
    "two schedules, a stop within the other's hours": Outage(
        "2026-11-23 19:55",
        "2026-11-23 20:10",
        [OFFICE, LATE_SHIFT],
        ["Office stop Mon 20:00 kept_on"],
        0,
        "running",
    ),
    "two schedules, both ends missed and the hours that kept it on too": Outage(
        "2026-11-23 19:55",
        "2026-11-23 23:10",
        [(*OFFICE, PATIENT), LATE_SHIFT],
        ["Office stop Mon 20:00 superseded", "Late stop Mon 23:00 done"],
        1,
        "stopped",
    ),
    "two schedules, what kept it on is over and its own stop too late": Outage(
        "2026-11-23 19:55",
        "2026-11-23 23:30",
        [(*OFFICE, PATIENT), LATE_SHIFT],
        ["Office stop Mon 20:00 done", "Late stop Mon 23:00 too_late"],
        1,
        "stopped",
    ),
    "two schedules, a late stop within hours that began since and whose start is too late": Outage(
        "2026-11-23 17:55",
        "2026-11-23 18:10",
        [("Early", "mon-fri 06:00-17:57", PATIENT), (*LATE_SHIFT, HASTY)],
        ["Early stop Mon 17:57 kept_on", "Late start Mon 18:00 too_late"],
        0,
        "running",
    ),
    "two schedules, the last word too late": Outage(
        "2026-11-23 17:55",
        "2026-11-23 21:00",
        [("Early", "stop 0 18 * * *", PATIENT), ("Evening", "start 0 19 * * *", HASTY)],
        ["Early stop Mon 18:00 superseded", "Evening start Mon 19:00 too_late"],
        0,
        "running",
    ),
    "two schedules, a stop that is outranked revokes no start": Outage(
        "2026-11-23 17:55",
        "2026-11-23 20:30",
        [LATE_SHIFT, NIGHTLY],
        ["Late start Mon 18:00 done", "Nightly stop Mon 20:00 too_late"],
        1,
        "running",
        before="stopped",
    ),
    "two schedules at one instant": Outage(
        "2026-11-23 19:55",
        "2026-11-23 20:05",
        [NIGHTLY, ("Other", "stop 0 20 * * *"), ("Reboots", "reboot 0 20 * * *")],
        [
            "Reboots reboot Mon 20:00 conflict",
            "Nightly stop Mon 20:00 done",
            "Other stop Mon 20:00 duplicate",
        ],
        1,
        "stopped",
    ),
    "a reboot in time": Outage(
        "2026-11-24 02:58",
        "2026-11-24 03:03",
        [("Reboots", "reboot 0 3 * * *")],
        ["Reboots reboot Tue 03:00 done"],
        1,
        "running",
    ),
    "reboots, of which one is late and one goes behind a start": Outage(
        "2026-11-24 02:58",
        "2026-11-24 08:02",
        [OFFICE, ("Reboots", "reboot 0 3,8 * * *")],
        [
            "Reboots reboot Tue 03:00 too_late",
            "Reboots reboot Tue 08:00 conflict",
            "Office start Tue 08:00 done",
        ],
        1,
        "running",
        before="stopped",
    ),
}


@pytest.mark.parametrize("batch", [500, 1], ids=["together", "apart"])
@pytest.mark.parametrize("outage", OUTAGES.values(), ids=OUTAGES.keys())
def test_after_an_outage(
    stage: Stage,
    new_server: Callable[..., Server],
    apart: Callable[[int], None],
    outage: Outage,
    batch: int,
) -> None:
    stage.at(outage.begin)
    server = new_server("test1", outage.before)
    for name, text, *fields in outage.schedules:
        stage.plan(name, text, server, **(fields[0] if fields else {}))
    apart(batch)
    stage.at(outage.end_at)
    stage.settle()
    assert stage.rows() == outage.rows
    assert (stage.calls(server), stage.truth(server)) == (outage.calls, outage.end)
