"""How long to wait between two looks at a region in which something moves. Pure: numbers in, a pause out.

Every look costs a request, or one page for a thousand servers, and every second of pause is a second in which
the database may say less than EC2 knows. The pauses are from the beginning of a look to that of the next.
"""

from dataclasses import dataclass
from datetime import timedelta

# Up to this many are asked for by their ids, in one small request.
FEW = 100
QUICK = timedelta(seconds=1)
# A crowd's look is a walk through pages, which takes longer to read than an answer for a few; both pauses are
# such that of a hundred ends the slowest is known within 2 s.
STEADY = timedelta(seconds=1.6)
STEADY_FEW = timedelta(seconds=1.8)
CALM = timedelta(seconds=3)
SPARSE = (timedelta(seconds=2), timedelta(seconds=30))
LATE = timedelta(minutes=5)
LATE_PAUSE = timedelta(seconds=5)
# Before most of the quickest way there has passed, a crowd has nothing to show.
EARLY_SHARE = 0.7
# The last in a hundred of a crowd may take several times as long as the others.
LAST_SHARE = 100
TAIL_SHARE = 6


@dataclass(frozen=True, slots=True)
class Wave:
    """What moves in a region: `most` at once since it was last quiet, `moving` now.

    `age` is how long the youngest has been on its way; `quickest` the shortest way seen here before, if any.
    """

    moving: int
    most: int
    age: timedelta
    quickest: timedelta | None = None


def pause(wave: Wave) -> timedelta:
    """From the beginning of this look to that of the next."""
    if wave.most <= FEW:
        return QUICK if wave.age < LATE else LATE_PAUSE
    if wave.quickest is not None and wave.age < wave.quickest * EARLY_SHARE:
        return CALM
    if wave.moving * LAST_SHARE < wave.most:
        return min(max(wave.age / TAIL_SHARE, SPARSE[0]), SPARSE[1])
    if wave.age >= LATE:
        return LATE_PAUSE
    return STEADY if wave.moving > FEW else STEADY_FEW
