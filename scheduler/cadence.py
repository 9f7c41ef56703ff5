"""How long from one look to the next, counted between their questions. Pure.

Dense where ends are expected, sparse in the tail. EC2's ends come after some 12 to 80 s. Of a thousand
servers that change together 99 of 100 are seen within two seconds, for at most 60 pages. Should EC2 keep one
of a hundred for minutes, that one is seen later: sixty questions cannot cover those minutes too. A reader of
that server has it looked at within three seconds all the same.
"""

from datetime import datetime, timedelta
from itertools import pairwise
from random import uniform

IDLE = timedelta(seconds=60)
DISCOVERY = timedelta(minutes=5)
# An idle region whose list is about to be read anew is not looked at as well; this is how long that may take.
SPARE = timedelta(seconds=8)
NO_TRANSITION = timedelta(seconds=2)
STUCK = timedelta(seconds=15)
CROWD = 100
STEPS = {
    False: ((0, 1.0), (120, 2.0), (300, 5.0)),
    True: ((0, 5.0), (10, 1.5), (78, 12.0), (120, 40.0)),
}
# The least between a look's end and the next question, when a look takes longer than the pause.
BREATH = timedelta(seconds=0.1)
LEAST, LEAST_THROTTLED, MOST = 2.0, 8.0, 60.0


def pause_at(age: timedelta, *, crowd: bool = False) -> timedelta:
    """The pause when the youngest transition is that old; `crowd`: it is one of many that began together."""
    steps = STEPS[crowd]
    for (_, seconds), (until, _) in pairwise(steps):
        if age.total_seconds() < until:
            return timedelta(seconds=seconds)
    return timedelta(seconds=steps[-1][1])


def next_at(asked_at: datetime, pause: timedelta, *, now: datetime) -> datetime:
    """When to ask next: so long after the last question, however long its answer took."""
    return max(asked_at + pause, now + BREATH)


def idle_until(asked_at: datetime, *, discovered_at: datetime | None) -> datetime:
    """When an idle region is looked at next. The full list tells the states too and takes a look's place."""
    moment = asked_at + IDLE
    if discovered_at is None:
        return moment
    due = discovered_at + DISCOVERY
    return max(moment, due + SPARE) if asked_at < due <= moment + SPARE else moment


def after_trouble(failures: int, *, throttled: bool) -> timedelta:
    """The pause after so many failures in a row: doubling up to a minute, with jitter."""
    least = LEAST_THROTTLED if throttled else LEAST
    cap = min(MOST, least * 2 ** min(max(failures - 1, 0), 10))
    return timedelta(seconds=min(MOST, cap * uniform(0.75, 1.25)))
