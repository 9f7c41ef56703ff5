"""The edges of one schedule's hours, laid out once and asked about at many instants.

Pure. It says what `windows.past_edges` says and remembers what it has laid; it knows no rows and no server.
"""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import datetime, timedelta

from shared.schedules import windows
from shared.schedules.windows import Edge, Hours

# Hours mostly turned within the last days. Who asks a second time mostly asks about the days ahead.
BACK = timedelta(days=4)
AHEAD = timedelta(days=12)


class Laid:
    """The edges of some hours around the instants asked about so far."""

    def __init__(self, hours: Hours) -> None:
        self.hours = hours
        self.edges: list[Edge] = []
        self.instants: list[datetime] = []
        self.span: tuple[datetime, datetime] | None = None

    def back(self, *, at: datetime) -> Iterator[Edge]:
        """The edges not later than `at`, newest first."""
        lower = self.around(at)
        yield from reversed(self.edges[: bisect_right(self.instants, at)])
        yield from windows.past_edges(self.hours, at=lower)

    def around(self, at: datetime) -> datetime:
        """See to it that the edges around `at` are there; the instant after which they are."""
        span = self.span
        if span is None or not span[0] < at <= span[1]:
            span = self.span = (at - BACK, at if span is None else at + AHEAD)
            self.edges = list(windows.between(self.hours, *span))
            self.instants = [edge.at for edge in self.edges]
        return span[0]
