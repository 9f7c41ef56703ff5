"""The future that people are shown before they save is the one that the clock will make."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as some

from api.schedules.effects import Effect, Future, Line, Span, standing, wanted
from shared.operations.verdicts import RUN, Occurrence, verdicts
from shared.schedules.recurrence import Timing, moments
from shared.schedules.windows import DAYS, WindowText

NOW = datetime(2026, 10, 23, 12, tzinfo=UTC)
SPAN = Span(NOW, NOW + timedelta(days=4))
ZONES = some.sampled_from(["UTC", "Europe/Berlin", "America/New_York"])
CLOCKS = some.sampled_from(["00:00", "01:30", "02:30", "06:00", "18:00", "20:00", "22:15"])
TEXTS = some.builds(
    WindowText, some.lists(some.sampled_from(DAYS), min_size=1, max_size=4, unique=True), CLOCKS, CLOCKS
)
CRONS = some.sampled_from(["0 18 * * *", "0 20 * * 1-5", "30 2 * * *", "0 6 * * *", "15 22 * * 0"])


@some.composite
def hours(draw: some.DrawFn) -> list[tuple[str, Timing, bool]]:
    zone, windows = draw(ZONES), tuple(draw(some.lists(TEXTS, min_size=1, max_size=3)))
    return [(edge, Timing(zone, windows=windows, edge=edge), True) for edge in ("start", "stop")]


@some.composite
def actions(draw: some.DrawFn) -> list[tuple[str, Timing, bool]]:
    zone, kinds = draw(ZONES), some.sampled_from(["start", "stop", "reboot"])
    rules = draw(some.lists(some.tuples(kinds, CRONS), min_size=1, max_size=3, unique=True))
    return [(action, Timing(zone, cron), False) for action, cron in rules]


SCHEDULES = some.lists(hours() | actions(), min_size=1, max_size=4)


def lines(schedules: list[list[tuple[str, Timing, bool]]]) -> list[Line]:
    return [
        Line(number, action, timing, is_hours)
        for number, rules in enumerate(schedules)
        for action, timing, is_hours in rules
    ]


def as_the_clock_does(every: list[Line]) -> list[tuple[datetime, str]]:
    """Each instant on its own, with the clock's verdicts, and hours asked for at that very instant."""
    dues = due_in_span(every)
    found = []
    for at in sorted({at for at, _, _ in dues}):
        due = [occurrence(at, place, line, every) for when, place, line in dues if when == at]
        found += [(at, each.action) for each, verdict in verdicts(due, now=at) if verdict is RUN]
    return found


def due_in_span(every: list[Line]) -> list[tuple[datetime, int, Line]]:
    found = []
    for place, line in enumerate(every):
        for moment in moments(line.timing, after=SPAN.start):
            if moment.at > SPAN.end:
                break
            found.append((moment.at, place, line))
    return found


def occurrence(at: datetime, place: int, line: Line, every: list[Line]) -> Occurrence:
    keepers = [
        number
        for number in {other.schedule for other in every if other.hours} - {line.schedule}
        if standing([other for other in every if other.schedule == number], at=at) == "on"
    ]
    kept = "another" if line.action == "stop" and keepers else ""
    return Occurrence(place, 1, line.action, at, at + timedelta(minutes=15), kept_on=kept)


@settings(max_examples=120, deadline=None)
@given(SCHEDULES)
def test_the_future_is_what_the_clock_will_do(schedules: list[list[tuple[str, Timing, bool]]]) -> None:
    every = lines(schedules)
    told = [(effect.at, effect.action) for effect in Future(every, SPAN).effects]
    assert told == as_the_clock_does(every)


def test_hours_on_count_from_where_the_server_stands() -> None:
    day = Timing("UTC", windows=(WindowText(DAYS, "08:00", "20:00"),), edge="start")
    night = Timing("UTC", windows=day.windows, edge="stop")
    future = Future([Line(1, "start", day, True), Line(1, "stop", night, True)], SPAN)
    assert [effect.action for effect in future.effects] == ["stop", "start"] * 4
    assert future.hours_on(was_on=True) == 8 + 3 * 12 + 4
    assert future.hours_on(was_on=False) == 3 * 12 + 4
    assert wanted(future.lines, at=NOW) == "on"
    assert wanted([], at=NOW) == ""


def test_hours_outrank_a_newer_stop_and_not_one_that_ends_them() -> None:
    office = (WindowText(DAYS, "08:00", "20:00"),)
    both = [
        Line(1, "start", Timing("UTC", windows=office, edge="start"), True),
        Line(1, "stop", Timing("UTC", windows=office, edge="stop"), True),
        Line(2, "stop", Timing("UTC", "0 18 * * *")),
    ]
    evening = [(effect.at.hour, effect.action) for effect in Future(both, SPAN).effects[:1]]
    assert evening == [(20, "stop")]
    assert wanted(both, at=NOW + timedelta(hours=7)) == "on"
    assert wanted(both, at=NOW + timedelta(hours=9)) == "off"
    assert Future(both, SPAN).effects[0] == Effect(NOW + timedelta(hours=8), "stop", "UTC")
