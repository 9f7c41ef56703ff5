"""The product beside the oracle, timetable by timetable; a difference is told with all that repeats it."""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import cycle, islice, pairwise, takewhile, zip_longest

from shared.errors import InvalidRule
from shared.schedules import recurrence
from shared.schedules import windows as product
from shared.schedules.laid import Laid
from shared.schedules.recurrence import Moment, Timing
from shared.schedules.tests import oracle, timetables
from shared.schedules.tests.oracle import Clock, Cron, Dates, Opening, Window
from shared.schedules.tests.spans import Span
from shared.schedules.tests.timetables import Aim
from shared.schedules.windows import Hours, WindowText

# Nothing that began before this is still on.
LEAD = timedelta(days=3)
MINUTE = timedelta(minutes=1)


@dataclass
class Tally:
    """How much was compared."""

    cases: int = 0
    boundaries: int = 0
    weeks: int = 0
    zones: set[str] = field(default_factory=set)
    changes: set[tuple[str, datetime]] = field(default_factory=set)

    def __str__(self) -> str:
        return (
            f"{self.cases} timetables, {len(self.zones)} zones, {len(self.changes)} clock changes, "
            f"{self.weeks} weeks, {self.boundaries} boundaries compared, 0 differ"
        )


def compare(spans: Iterable[Span], *, cases: int, seed: int) -> Tally:
    """`cases` timetables over each span. AssertionError for the first that differs."""
    tally, kinds = Tally(), cycle(KINDS)
    for span in spans:
        chance = random.Random(f"{seed} {tally.cases} {span}")
        aim = Aim(span, oracle.watch(span.zone, begin=span.begin - LEAD, end=span.end + MINUTE), chance)
        for kind in islice(kinds, cases):
            compare_one(aim, kind, tally)
        tally.zones.add(span.zone)
        if span.change is None:
            tally.weeks += 1
        else:
            tally.changes.add((span.zone, span.change))
    return tally


def compare_one(aim: Aim, kind: Callable[[Aim], int], tally: Tally) -> None:
    tally.boundaries += kind(aim)
    tally.cases += 1


def same(found: Sequence[object], expected: Sequence[object], *case: object) -> None:
    """Equal, or the first place where they are not."""
    if found != expected:
        pairs = enumerate(zip_longest(found, expected))
        place = next(at for at, (one, other) in pairs if one != other)
        told = [str(each[place : place + 2]) for each in (found, expected)]
        raise AssertionError(f"{case}: at {place} found {told[0]}, expected {told[1]}")


def some_windows(aim: Aim) -> int:
    """Edges: one instant per boundary, starts and stops in turn, the union, backwards, and until when."""
    texts, dates = timetables.windows(aim), aim.dates()
    case = (aim.span, texts, dates)
    typed = [WindowText(*each) for each in texts]
    hours = Hours(aim.span.zone, typed, dates.skipped, dates.first, dates.last)
    if is_always_on(hours):
        return 0
    openings = list(oracle.openings(aim.clock, texts, dates))
    on = oracle.on_minutes(aim.clock, openings)
    since = aim.clock.index(aim.span.begin)
    expected = [(word, aim.clock.at(place)) for word, place in oracle.changes(on) if place > since]
    edges = list(product.between(hours, aim.span.begin, aim.span.end))
    same([(each.action, each.at) for each in edges], expected, *case)
    assert all(one.at < two.at and one.action != two.action for one, two in pairwise(edges)), case
    names = boundaries(aim.clock, openings)
    for edge in edges:
        assert (edge.action, edge.at, edge.nominal) in names, (edge, *case)
        same([edge.until], [end_of(edge, edges, hours, aim.span.end)], edge, *case)
    looking_back(hours, edges, aim, *case)
    later = aim.instant()
    after = list(product.between(hours, later, aim.span.end))
    same(after, [each for each in edges if each.at > later], "from", later, *case)
    as_rules(hours, edges, aim, later)
    return len(edges)


def looking_back(hours: Hours, edges: list[product.Edge], aim: Aim, *case: object) -> None:
    """Backwards from the end, and from anywhere for who asks again and again."""
    laid, begin = Laid(hours), aim.span.begin
    backwards = takewhile(lambda each: each.at > begin, product.past_edges(hours, at=aim.span.end))
    same(list(backwards)[::-1], edges, "backwards", *case)
    for at in (aim.instant(), aim.instant(), aim.span.end):
        found = list(takewhile(lambda each: each.at > begin, laid.back(at=at)))
        same(found[::-1], [each for each in edges if each.at <= at], "laid", at, *case)


def is_always_on(hours: Hours) -> bool:
    try:
        product.check(hours.windows)
    except InvalidRule:
        return True
    return False


def boundaries(clock: Clock, openings: Iterable[Opening]) -> set[tuple[str, datetime, datetime]]:
    """Every end of every window, and the time on the wall it stands for."""
    return {
        (word, clock.at(place), oracle.local(wall))
        for each in openings
        for word, place, wall in (("start", each.begin, each.opens), ("stop", each.end, each.closes))
    }


def end_of(edge: product.Edge, edges: list[product.Edge], hours: Hours, end: datetime) -> datetime | None:
    """The stop that follows a start; beyond the span the product's own next one."""
    if edge.action == "stop":
        return None
    following = [each.at for each in edges if each.at > edge.at]
    return following[0] if following else next(product.edges(hours, after=end)).at


def as_rules(hours: Hours, edges: list[product.Edge], aim: Aim, at: datetime) -> None:
    """The two rules of a timetable of windows say the same as its edges."""
    for word in ("start", "stop"):
        timing = Timing(
            hours.zone,
            skip_dates=hours.skip_dates,
            windows=tuple(hours.windows),
            edge=word,
            valid_from=hours.valid_from,
            valid_to=hours.valid_to,
        )
        mine = [moment(each) for each in edges if each.action == word]
        both_ways(timing, mine, aim, at)


def moment(edge: product.Edge) -> Moment:
    return Moment(edge.at, f"{edge.nominal:%Y-%m-%dT%H:%M:%S}", 0, edge.until)


def both_ways(timing: Timing, expected: list[Moment], aim: Aim, at: datetime) -> None:
    """These very moments lie in the span, whichever way and from wherever one looks."""
    begin, end = aim.span.begin, aim.span.end
    forward = until(recurrence.moments(timing, after=begin), end)
    same(forward, expected, "forward", timing)
    backward = takewhile(lambda each: each.at > begin, recurrence.before(timing, at=end))
    same(list(backward)[::-1], expected, "backward", timing)
    same(until(recurrence.moments(timing, after=at), end), [e for e in expected if e.at > at], at, timing)
    newest = next(recurrence.before(timing, at=at), None)
    known = [each for each in expected if each.at <= at]
    if known or (newest and newest.at > begin):
        same([newest], [known[-1] if known else None], "newest at", at, timing)


def until(moments: Iterator[Moment], end: datetime) -> list[Moment]:
    return list(takewhile(lambda each: each.at <= end, moments))


def fixed_cron(aim: Aim) -> int:
    """Cron that names its times: each once, or once together where a change throws several together."""
    cron, dates = timetables.fixed_cron(aim), aim.dates()
    found = oracle.fixed(aim.clock, Cron(cron), dates)
    since, end = aim.clock.index(aim.span.begin), aim.clock.index(aim.span.end)
    places = sorted(place for place in found if since < place <= end)
    expected = [
        Moment(aim.clock.at(place), f"{oracle.local(found[place][0]):%Y-%m-%dT%H:%M:%S}") for place in places
    ]
    return compare_cron(aim, cron, dates, expected)


def real_cron(aim: Aim) -> int:
    """Cron with stars: every real minute, in both copies of an hour that comes twice."""
    cron, dates = timetables.real_cron(aim), aim.dates()
    since, end = aim.clock.index(aim.span.begin), aim.clock.index(aim.span.end)
    expected = [
        Moment(aim.clock.at(place), f"{oracle.local(shown):%Y-%m-%dT%H:%M:%S}", fold)
        for place, shown, fold in oracle.real(aim.clock, Cron(cron), dates)
        if since < place <= end
    ]
    return compare_cron(aim, cron, dates, expected)


def compare_cron(aim: Aim, cron: str, dates: Dates, expected: list[Moment]) -> int:
    timing = Timing(
        aim.span.zone, cron, skip_dates=dates.skipped, valid_from=dates.first, valid_to=dates.last
    )
    both_ways(timing, expected, aim, aim.instant())
    return len(expected)


def single_moment(aim: Aim) -> int:
    """Once: where the wall clock first shows it, or right after a leap."""
    wanted, dates = aim.moment(), aim.dates()
    place, wall = aim.clock.place(wanted), oracle.local(wanted)
    inside = aim.clock.index(aim.span.begin) < place <= aim.clock.index(aim.span.end)
    expected = []
    if inside and dates.count(wall.date()):
        expected = [Moment(aim.clock.at(place), f"{wall:%Y-%m-%dT%H:%M:%S}")]
    timing = Timing(
        aim.span.zone,
        at=f"{wall:%Y-%m-%dT%H:%M}",
        skip_dates=dates.skipped,
        valid_from=dates.first,
        valid_to=dates.last,
    )
    both_ways(timing, expected, aim, aim.instant())
    return len(expected)


KINDS = (some_windows, fixed_cron, some_windows, real_cron, some_windows, single_moment)
__all__ = ["Tally", "Window", "compare"]
