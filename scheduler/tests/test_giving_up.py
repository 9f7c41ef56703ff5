"""A schedule that only fails is paused after five runs, with its reason; nothing that may pass counts."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError
from psycopg.errors import LockNotAvailable

from api.schedules import saving
from scheduler import giving_up, sweep
from scheduler.giving_up import PERMANENT, failed_runs
from scheduler.tests.conftest import Time
from shared.fleet.models import Server
from shared.operations.models import Operation
from shared.operations.reasons import SENTENCES
from shared.schedules.models import Rule, Schedule

New = Callable[..., Schedule]
DENIED = ("failed", "denied")
DONE = ("succeeded", "end_seen")
AWS = "UnauthorizedOperation: You are not authorized to perform this operation."
TOLD = f"AWS refused: {AWS} Check the permissions of this account's role or keys."


def runs(*told: list[tuple[str, str]]) -> list[tuple[datetime, str, str]]:
    """The ends of runs, the latest first, an hour apart."""
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    return [(noon - timedelta(hours=place), *end) for place, ends in enumerate(told) for end in ends]


@pytest.mark.parametrize(
    ("told", "count"),
    [
        ([[DENIED]] * 4, 4),
        ([[DENIED]] * 5, 5),
        ([[DENIED]] * 9, 5),
        ([[DENIED] * 3, [DENIED]], 2),
        ([[DENIED, DONE], [DENIED]], 0),
        ([[DENIED], [DONE], [DENIED]], 1),
        ([[DENIED], [("unknown", "not_seen")], [DENIED]], 1),
        ([[DENIED], [("skipped", "already_in_state")], [DENIED]], 1),
        ([[DENIED], [("skipped", "held")], [("cancelled", "schedule_changed")], [DENIED]], 2),
        ([[DENIED, ("skipped", "protected")], [DENIED]], 2),
        ([[DENIED], [("failed", "throttled")], [DENIED]], 1),
        ([[DENIED], [("accepted", "")], [DENIED]], 1),
        ([[("requested", "")], [DENIED]], 0),
        ([[("failed", reason)] for reason in sorted(PERMANENT)][:5], 5),
        ([], 0),
    ],
)
def test_runs_count_as_failed_when_every_end_of_them_failed_for_good(
    told: list[list[tuple[str, str]]], count: int
) -> None:
    assert failed_runs(runs(*told)) == count


@pytest.mark.parametrize(
    "reason", ["throttled", "insufficient_capacity", "unreachable", "quota_used_up", "confirm_timeout"]
)
def test_what_passes_never_counts(reason: str) -> None:
    assert failed_runs(runs(*[[("failed", reason)]] * 9)) == 0


def test_every_reason_that_counts_is_one_there_is() -> None:
    assert SENTENCES.keys() >= PERMANENT


@pytest.fixture
def nightly(new_schedule: New, server: Server) -> Schedule:
    return new_schedule("stop", server, cron="0 * * * *", name="Nightly")


def ended(schedule: Schedule, time: Time, *ends: tuple[str, str], detail: str = TOLD) -> None:
    """A run an hour after the last one, that ended so on one server after the other."""
    moment, rule = time.forward(3600), schedule.rules.get()
    for place, (state, reason) in enumerate(ends):
        server = schedule.targets.order_by("id")[place].server
        Operation.objects.create(
            workspace=schedule.workspace,
            server=server,
            action="stop",
            origin="rule",
            schedule=schedule,
            rule=rule,
            revision=schedule.revision,
            nominal=f"{moment:%Y-%m-%dT%H:%M:%S}",
            due_at=moment,
            grace_until=moment,
            not_before=moment,
            requested_at=moment,
            state=state,
            reason=reason,
            detail=detail,
        )
    Rule.objects.filter(id=rule.id).update(next_run_at=moment + timedelta(hours=1))


def is_paused(schedule: Schedule) -> bool:
    sweep.sweep()
    schedule.refresh_from_db()
    return schedule.paused_at is not None


def test_the_fifth_failed_run_pauses_it_with_a_reason_that_says_what_to_do(
    time: Time, nightly: Schedule, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(4):
        ended(nightly, time, DENIED)
        assert not is_paused(nightly)
    ended(nightly, time, DENIED)
    with caplog.at_level("WARNING", logger="cloudevy"):
        assert is_paused(nightly)
        assert is_paused(nightly)
    assert nightly.paused_until is None
    assert nightly.pause_reason.startswith("Paused by Cloudevy: its last 5 runs failed: AWS refused: Unauth")
    assert nightly.pause_reason.endswith("… Mend that, then resume.")
    assert nightly.rules.get().next_run_at is None
    told = [record.getMessage() for record in caplog.records if "Paused by Cloudevy" in record.getMessage()]
    assert told == [f'⏸️  Schedule "Nightly" (ID: {nightly.id}): {nightly.pause_reason}']


def test_what_waits_is_withdrawn(time: Time, nightly: Schedule) -> None:
    ended(nightly, time, ("requested", ""))
    Operation.objects.update(grace_until=time.moment + timedelta(days=1))
    for _ in range(5):
        ended(nightly, time, DENIED)
    assert is_paused(nightly)
    first = Operation.objects.earliest("due_at")
    assert (first.state, first.reason) == ("cancelled", "schedule_changed")


def test_one_server_that_does_as_it_is_told_keeps_it_going(
    time: Time, nightly: Schedule, new_server: Callable[..., Server]
) -> None:
    nightly.targets.create(workspace=nightly.workspace, server=new_server("test2"))
    for _ in range(9):
        ended(nightly, time, DENIED, DONE)
    assert not is_paused(nightly)


def test_after_it_was_resumed_it_has_five_runs_again(time: Time, nightly: Schedule) -> None:
    for _ in range(5):
        ended(nightly, time, DENIED)
    assert is_paused(nightly)
    saving.resume(nightly, now=time.moment)
    for _ in range(4):
        ended(nightly, time, DENIED)
        assert not is_paused(nightly)
    ended(nightly, time, DENIED)
    assert is_paused(nightly)


@pytest.mark.parametrize("change", [{"enabled": False}, {"paused_at": datetime(2026, 11, 23, tzinfo=UTC)}])
def test_one_that_is_off_or_paused_by_a_person_is_left_as_it_is(
    time: Time, nightly: Schedule, change: dict[str, object]
) -> None:
    for _ in range(5):
        ended(nightly, time, DENIED)
    Schedule.objects.update(**change)
    sweep.sweep()
    nightly.refresh_from_db()
    assert nightly.pause_reason == ""


def test_somebody_who_was_quicker_is_not_overruled(
    time: Time, nightly: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        ended(nightly, time, DENIED)
    stale = Schedule.objects.get()
    saving.pause(nightly, reason="moving house", until=None, now=time.moment)
    giving_up.consider(stale)
    nightly.refresh_from_db()
    assert nightly.pause_reason == "moving house"


def test_one_that_somebody_holds_is_left_to_the_next_sweep(
    time: Time, nightly: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        ended(nightly, time, DENIED)

    def held(_: Schedule, *, now: datetime) -> None:
        raise OperationalError("lock timeout") from LockNotAvailable()

    with monkeypatch.context() as busy:
        busy.setattr(giving_up, "opened", held)
        assert not is_paused(nightly)
    assert is_paused(nightly)


def test_a_short_reason_is_told_whole() -> None:
    text = giving_up.words("EC2 does not know this instance.")
    assert text == (
        "Paused by Cloudevy: its last 5 runs failed: EC2 does not know this instance. Mend that, then resume."
    )
    assert len(giving_up.words("word " * 100)) <= giving_up.LONGEST_REASON
