"""What a server's status is, computed from what EC2 said and what we asked for. Pure.

The stored columns are never one "status"; that is how a stale poll would overwrite a fresh fact.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

GONE_AFTER = timedelta(minutes=10)
UNKNOWN_AFTER = timedelta(minutes=15)
SHOWN = {
    "pending": "starting",
    "running": "running",
    "stopping": "stopping",
    "stopped": "stopped",
    "shutting-down": "terminated",
    "terminated": "terminated",
    "unknown": "unknown",
}
TRANSITIONS = {"start": "starting", "stop": "stopping", "reboot": "rebooting"}
CHANGING = frozenset({"starting", "stopping", "rebooting"})


@dataclass(frozen=True, slots=True)
class Known:
    """What we know of a server: EC2's word, what we asked for, when it was seen, since when it is missing.

    `looked_at` is when its region was last read in full.
    """

    observed_state: str
    transition: str
    seen_at: datetime | None
    missing_since: datetime | None
    looked_at: datetime | None = None


def shown(known: Known, *, now: datetime) -> str:
    """The word for people; `unknown` when nothing was heard for 15 minutes, however sure we were."""
    if known.observed_state in ("terminated", "shutting-down"):
        return "terminated"
    if is_missing(missing_since=known.missing_since, looked_at=known.looked_at or now):
        return "missing"
    if known.seen_at is None or now - known.seen_at >= UNKNOWN_AFTER:
        return "unknown"
    return known.transition or SHOWN[known.observed_state]


def is_missing(*, missing_since: datetime | None, looked_at: datetime | None) -> bool:
    """Absent from the first of EC2's answers to the last, which are ten minutes apart at least. A region that
    cannot be read makes nothing missing."""
    if missing_since is None or looked_at is None:
        return False
    return looked_at - missing_since >= GONE_AFTER


def seen_at(*, observed_at: datetime | None, looked_at: datetime | None, missing: bool) -> datetime | None:
    """How old our knowledge is: the server's own look, or the region's last full one when it was in it."""
    if missing or looked_at is None or observed_at is None:
        return observed_at
    return max(observed_at, looked_at)
