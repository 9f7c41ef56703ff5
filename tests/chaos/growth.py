"""What grows while a house lives through trouble. Pure: samples in, findings out."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from tests.chaos import figures
from tests.chaos.invariants import Finding

GROWTH = 10.0
# Seconds until every thread has its connection and every module that is imported late is there.
WARM_UP = 300.0
HOUR = 3600.0
LONGEST_QUEUE = 1000


@dataclass(frozen=True)
class Sample:
    """One look at what must not grow. `at`: seconds on the monotonic clock; memory in KiB per process."""

    at: float
    memory: tuple[int, ...]
    connections: int
    queue: int


def grown(taken: Sequence[Sample]) -> list[Finding]:
    """The end against the beginning, after a warm-up; memory as it would grow in an hour.

    A run that is not much longer than the warm-up only shows that growth would be seen: its bound is for the
    whole run, not for the hour.
    """
    samples = warm(taken)
    part = max(1, len(samples) // 4)
    early, later = samples[:part], samples[-part:]
    before = median(sum(each.memory) for each in early)
    after = median(sum(each.memory) for each in later)
    hours = (median(each.at for each in later) - median(each.at for each in early)) / HOUR
    growth = (after / before - 1) * 100
    is_long = samples[-1].at - samples[0].at >= WARM_UP
    more = median(each.connections for each in later) - median(each.connections for each in early)
    longest = max(each.queue for each in samples)
    text = f"% more {'an hour' if is_long else 'at the end'} than {before / 1024:.0f} MiB of workers and beat"
    return [
        figures.bounded("memory", text, round(growth / hours if is_long else growth, 1), most=GROWTH),
        figures.bounded("connections", f"more to Postgres than {early[0].connections}", more, most=2),
        figures.bounded("queue", "messages waiting, the most", longest, most=LONGEST_QUEUE),
    ]


def warm(samples: Sequence[Sample]) -> Sequence[Sample]:
    """Those after the warm-up; of a run that is too short for that, all but the first quarter."""
    later = [each for each in samples if each.at >= samples[0].at + WARM_UP]
    return later if len(later) > len(samples) // 2 else samples[len(samples) // 4 :]
