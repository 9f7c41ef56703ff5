"""What becomes of a due occurrence: it runs, or there is a reason why not.

Pure: `now` and facts in, verdicts out. It knows no table, no clock and no AWS.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

PRECEDENCE = {"start": 0, "stop": 1, "reboot": 2}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Run it (`reason` empty) or not, and why; `words` fill the reason's sentence."""

    reason: str = ""
    words: Mapping[str, object] = field(default_factory=dict)


RUN = Verdict()
TOO_LATE = Verdict("too_late")


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One due moment of a rule on one server, with every fact that may speak against running it.

    `unfit`: the instance can never be asked for this action, and why. `kept_on`: the name of another schedule
    whose hours want the server on now, however late this is judged. `schedule`: the name of its own.
    """

    rule: int
    server: int
    action: str
    due_at: datetime
    grace_until: datetime
    protected: bool = False
    gone: bool = False
    region_enabled: bool = True
    skipped: bool = False
    observe: bool = False
    hold: Mapping[str, str] | None = None
    unfit: Verdict = RUN
    kept_on: str = ""
    schedule: str = ""


@dataclass
class Rivals:
    """The occurrences of one server against which nothing speaks, and the starts and stops that are only too
    late."""

    timely: list[Occurrence] = field(default_factory=list)
    missed: list[Occurrence] = field(default_factory=list)

    @cached_property
    def last_missed(self) -> list[Occurrence]:
        """The latest start and the latest stop of those that are too late."""
        latest: dict[str, Occurrence] = {}
        for each in sorted(self.missed, key=rank):
            latest.setdefault(each.action, each)
        return list(latest.values())

    @cached_property
    def first(self) -> Occurrence:
        """The one that is to run; for somebody whom nothing revokes."""
        return min((each for each in self.timely if self.revoker(each) is None), key=rank)

    def revoker(self, each: Occurrence) -> Occurrence | None:
        """What is too late itself and yet has the last word over this one."""
        return next((other for other in self.last_missed if revokes(other, each)), None)


def verdicts(occurrences: Iterable[Occurrence], *, now: datetime) -> list[tuple[Occurrence, Verdict]]:
    """A verdict for each occurrence; at most one per server is to run.

    After an outage only the latest start or stop of a server counts; at one instant start wins over stop over
    reboot; whatever is past its grace is left, and what came before it and says otherwise is left with it.
    """
    judged = [(each, against(each, now=now)) for each in occurrences]
    rivals: dict[int, Rivals] = defaultdict(Rivals)
    for each, verdict in judged:
        if verdict is RUN:
            rivals[each.server].timely.append(each)
        elif verdict is TOO_LATE and decides(each):
            rivals[each.server].missed.append(each)
    return [
        (each, loses(each, rivals[each.server]) if verdict is RUN else verdict) for each, verdict in judged
    ]


def decides(each: Occurrence) -> bool:
    """Whether it says what the server should be; a stop that other hours outrank does not, nor a reboot."""
    return each.action in ("start", "stop") and not each.kept_on


def against(each: Occurrence, *, now: datetime) -> Verdict:
    """What speaks against this occurrence on its own; the first objection counts."""
    objections = (
        (each.gone, Verdict("server_gone")),
        (each.protected, Verdict("protected")),
        (not each.region_enabled, Verdict("account_disabled")),
        (each.unfit is not RUN, each.unfit),
        (each.skipped, Verdict("skipped_once")),
        (each.hold is not None, Verdict("held", each.hold or {})),
        (each.observe, Verdict("observe_only")),
        (now > each.grace_until, TOO_LATE),
        (bool(each.kept_on), Verdict("kept_on", {"schedule": each.kept_on})),
    )
    return next((verdict for objects, verdict in objections if objects), RUN)


def loses(each: Occurrence, rivals: Rivals) -> Verdict:
    """Whether another occurrence of the same server goes first, or what it says was revoked since, if only by
    one that is too late itself."""
    winner = rivals.revoker(each) or rivals.first
    if each is winner:
        return RUN
    if winner.due_at != each.due_at:
        return Verdict("superseded")
    if winner.action == each.action:
        return Verdict("duplicate", {"action": each.action, "schedule": winner.schedule})
    words = {"winner": winner.action, "schedule": winner.schedule, "action": each.action}
    return Verdict("conflict", words)


def revokes(other: Occurrence, each: Occurrence) -> bool:
    """Whether it says something else, at a later moment or with precedence at the same."""
    return other.action != each.action and order(other) < order(each)


def rank(each: Occurrence) -> tuple[bool, float, int, int]:
    """Lowest goes first: reboots last, then the latest moment, then start over stop, then the older rule."""
    return each.action == "reboot", *order(each), each.rule


def order(each: Occurrence) -> tuple[float, int]:
    return -each.due_at.timestamp(), PRECEDENCE[each.action]
