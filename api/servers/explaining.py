"""Why a server is wanted on or off at an instant: who decides, who does not and why, and what comes next.

Pure: a case in, an answer out. `because` has the words of the sentence.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from api.servers import because
from api.servers.cases import Case, Held, Moment, Party, Step, Word
from api.servers.clocks import Clock
from api.servers.timeline import Named
from shared.operations.reasons import sentence
from shared.schedules.words import day_words

MOST_STEPS = 10
ACTIONS = {"on": "start", "off": "stop"}


@dataclass(frozen=True, slots=True)
class Decided:
    """Who decides: a hold, a schedule, or nobody."""

    kind: str = "none"
    party: Party | None = None
    hold: Held | None = None

    @property
    def word(self) -> Word | None:
        return self.party.word if self.party else None

    @property
    def schedule(self) -> Named | None:
        return self.party.schedule if self.party else None

    @property
    def rule(self) -> int | None:
        return self.word.rule if self.word else None

    @property
    def want(self) -> str | None:
        said = self.hold or self.word
        return said.want if said else None

    @property
    def since(self) -> datetime | None:
        said = self.hold or self.word
        return said.since if said else None


@dataclass(frozen=True, slots=True)
class Other:
    """A schedule that does not decide: a stable code, and why in words."""

    party: Party
    reason: str
    detail: str

    @property
    def schedule(self) -> Named:
        return self.party.schedule

    @property
    def want(self) -> str | None:
        return self.party.word.want if self.party.word else None

    @property
    def since(self) -> datetime | None:
        return self.party.word.since if self.party.word else None


@dataclass(frozen=True, slots=True)
class Answer:
    at: datetime
    sentence: str
    decided: Decided
    others: Sequence[Other]
    next: Sequence[Step]

    @property
    def want(self) -> str | None:
        """on, off, or None when nobody wants anything of it."""
        return self.decided.want


def explain(case: Case) -> Answer:
    """The whole answer."""
    chosen = decided(case)
    rest = [party for party in case.parties if party is not chosen.party]
    told = [Other(party, *why_not(party, case)) for party in rest]
    return Answer(case.at, because.sentence(case), chosen, told, case.steps[:MOST_STEPS])


def decided(case: Case) -> Decided:
    """Protection outranks a hold, and a hold outranks schedules."""
    if case.bar is not None:
        return Decided()
    if case.held is not None:
        return Decided("hold", hold=case.held)
    return Decided("schedule", case.winner) if case.winner else Decided()


def why_not(party: Party, case: Case) -> tuple[str, str]:
    """Why this schedule does not decide; the first reason counts."""
    clock = Clock(party.timezone, case.now)
    found = barred(case) or silent(party, clock) or held(case.held, clock) or outdone(party, case, clock)
    return found[0], clock.finished(found[1])


def barred(case: Case) -> tuple[str, str] | None:
    return (case.bar.code, case.bar.detail) if case.bar else None


def silent(party: Party, clock: Clock) -> tuple[str, str] | None:
    """Why it has no say, whatever it would say."""
    if party.is_off:
        return "disabled", "It is switched off."
    if party.pause is not None:
        return "paused", f"It is {because.paused(party.pause, clock)}."
    if party.is_lost:
        return "zone_gone", f"Its time zone {party.timezone} is gone from the time zone database."
    if party.observes:
        return "observe_only", f"It only observes{would(party.word, clock)}."
    return None if party.word else speechless(party, clock)


def would(word: Word | None, clock: Clock) -> str:
    return f"; it would want the server {word.want} since {clock.say(word.since)}" if word else ""


def speechless(party: Party, clock: Clock) -> tuple[str, str]:
    """Why it has not said anything."""
    if party.begins is not None:
        return "not_valid_yet", f"It counts from {day_words(party.begins, clock.today)} on."
    if party.ended is not None:
        return "over", ended(party, clock)
    if party.left_out is not None:
        return "skipped_once", skipped(party.left_out, clock)
    if party.only_reboots:
        return "no_say", "It only reboots."
    return "no_say", "It has not started or stopped anything yet."


def ended(party: Party, clock: Clock) -> str:
    day = day_words(party.ended, clock.today) if party.ended else ""
    return f"It ended on {day}."


def skipped(moment: Moment, clock: Clock) -> str:
    return f"Its {moment.action} {clock.when(moment.at)} is set to be skipped on this server."


def held(hold: Held | None, clock: Clock) -> tuple[str, str] | None:
    if hold is None:
        return None
    return "held", sentence("held", want=hold.want, until=clock.say(hold.until), author=hold.who)


def outdone(party: Party, case: Case, clock: Clock) -> tuple[str, str]:
    """It has a word, and another schedule has the last one."""
    mine, winner = party.word, case.winner
    if party.left_out is not None:
        return "skipped_once", skipped(party.left_out, clock)
    if mine is None or winner is None or winner.word is None:
        return speechless(party, clock)
    if mine.want == winner.word.want:
        return "agrees", f"It wants the same, since {clock.say(mine.since)}."
    if party.ended is not None:
        return "over", ended(party, clock)
    return outvoted(mine, winner, winner.word, clock)


def outvoted(mine: Word, winner: Party, best: Word, clock: Clock) -> tuple[str, str]:
    """It wants something else than the one that decides."""
    if best.hours:
        return "kept_on", sentence("kept_on", schedule=winner.name)
    if mine.since == best.since:
        words = {"schedule": winner.name, "winner": ACTIONS[best.want], "action": ACTIONS[mine.want]}
        return "superseded", sentence("conflict", **words)
    told = f"Its {ACTIONS[mine.want]} {clock.when(mine.since)} is older than the {ACTIONS[best.want]}"
    return "superseded", f"{told} by '{winner.name}' {clock.when(best.since)}."
