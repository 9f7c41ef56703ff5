"""The sentence about a server: why it is as it is, and what comes next. Pure: a case in, words out."""

from collections.abc import Iterable
from datetime import datetime

from api.servers.cases import WANTED, Case, Cause, Held, Moment, Own, Party, Pause, Step, Word
from api.servers.clocks import Clock
from shared.operations.states import OPEN
from shared.schedules.words import day_words

DONE = {"start": "started", "stop": "stopped"}
DOES = {"start": "starts", "stop": "stops"}
ITSELF = {"on": "starts", "off": "stops"}
SENT = ("sending", "accepted")
# Who did it, where EC2 has a better word than somebody.
OUTSIDE = {
    "inside": "somebody shut it down from inside",
    "aws": "AWS {did} it",
    "spot": "EC2 took its Spot capacity back",
}
LEFT = "respected until {next}"
REACTIONS = {
    "alerted": "it stays so until somebody acknowledges that, or until {next}",
    "put_back": "it is put back",
    "spared": "it cannot be put back this way, so it stays so until {next}",
    "given_up": "it happened too often to be put back, so it stays so until {next}",
}
MOST_NAMED = 2


def sentence(case: Case) -> str:
    """Why, and what next; times on the wall clock of the schedule that decides, or acts next."""
    clock = Clock(zone(case), case.now)
    return clock.finished(told(case, clock))


def zone(case: Case) -> str:
    step = first(case.steps)
    return case.winner.timezone if case.winner else step.timezone if step else case.home


def told(case: Case, clock: Clock) -> str:
    if case.bar is not None:
        return f"{state(case)}{case.bar.detail}"
    if case.present is None:
        return elsewhen(case, clock)
    if case.held is not None:
        return held(case, case.held, clock)
    if case.winner is not None and case.winner.word is not None:
        return scheduled(case, case.winner, case.winner.word, clock)
    return unsaid(case, clock)


def state(case: Case) -> str:
    """ "Running. ", or nothing where nobody knows."""
    return f"{case.present.status.capitalize()}. " if case.present and case.present.is_ else ""


def scheduled(case: Case, party: Party, word: Word, clock: Clock) -> str:
    """A schedule decides, and the server is there or is not."""
    present = case.present
    if present is None or present.is_ is None:
        return (
            f"Its state is not known now; {party.name} wants it {word.want}{ends(case, party, word, clock)}"
        )
    if present.is_ != word.want:
        return contrary(case, party, word, clock)
    if word.hours:
        lead = f"{present.status.capitalize()} because {party.name} says on"
        return f"{lead}{ends(case, party, word, clock)}{left_out(case, party, word.want, clock)}"
    since = f" since {clock.say(present.since)}" if present.since else ""
    return f"{present.status.capitalize()}{since}: {how(case, party, word, clock)}"


def ends(case: Case, party: Party, word: Word, clock: Clock) -> str:
    """How long it stays so: " until 20:00", or who ends it."""
    turn = turning(case.steps, word.want)
    if turn is None:
        return ""
    if turn.schedule == party.schedule:
        return f" until {clock.say(turn.at)}"
    return f"; {turn.schedule.name} {DOES[turn.action]} it {clock.when(turn.at)}"


def turning(steps: Iterable[Step], want: str) -> Step | None:
    """The first step that will really change what is wanted."""
    return next((each for each in steps if each.want not in (None, want)), None)


def left_out(case: Case, party: Party, want: str, clock: Clock) -> str:
    """What somebody set to be skipped, and would have ended this."""
    turn = turning(case.steps, want)
    ahead = (each for each in case.steps if each.skip and (turn is None or each.at < turn.at))
    skipped = [
        *([party.left_out] if party.left_out else ()),
        *(Moment(each.action, each.at) for each in ahead),
    ]
    missed = next((each for each in skipped if WANTED.get(each.action) not in (None, want)), None)
    return f"; the {missed.action} {clock.when(missed.at)} is skipped" if missed else ""


def how(case: Case, party: Party, word: Word, clock: Clock) -> str:
    """Who brought the server where it is wanted, and who will bring it away."""
    cause, turn = case.present.cause if case.present else None, turning(case.steps, word.want)
    done = by(cause, clock) if cause else f"{party.name} wants it {word.want} since {clock.say(word.since)}"
    if turn is None:
        return done
    then = f"{DOES[turn.action]} it {clock.when(turn.at)}"
    again = cause is not None and cause.kind == "rule" and cause.who == turn.schedule.name
    return f"{done} and {then}" if again else f"{done}; {turn.schedule.name} {then}"


def by(cause: Cause, clock: Clock) -> str:
    """ "Sam stopped it at 14:02"."""
    did, when = DONE[cause.action], clock.when(cause.at)
    if cause.kind == "outside":
        return f"{OUTSIDE.get(cause.actor, 'somebody {did} it').format(did=did)} {when}"
    if cause.kind == "enforce":
        return f"{cause.who} put it back {when}"
    return f"{cause.who} {did} it {when}"


def contrary(case: Case, party: Party, word: Word, clock: Clock) -> str:
    """The server is not as it is wanted: because somebody decided otherwise, or because something failed."""
    present, wants = case.present, f"{party.name} wants it {word.want}"
    cause = present.cause if present else None
    if cause is not None and cause.at >= word.since:
        if cause.kind == "rule" and cause.who == party.name:
            did = f"{DONE[cause.action]} it {clock.when(cause.at)} as it was then"
            return f"{wants} as it is now, but {did}; {LEFT.format(next=coming(case, clock))}"
        answer = REACTIONS.get(cause.reaction, LEFT) if cause.kind == "outside" else LEFT
        return f"{wants}, but {by(cause, clock)}; {answer.format(next=coming(case, clock))}"
    wants = f"{wants} since {clock.say(word.since)}"
    own = present.own if present else None
    if own is None or own.state == "succeeded":
        action = "start" if word.want == "on" else "stop"
        missing = f"nothing has {DONE[action]} it since then" if own is None else "it is not so any more"
        step = first(case.steps)
        then = f"the next action is {clock.when(step.at)}" if step else "no action is planned"
        return f"{wants}, but {missing}; {then}"
    return f"{wants}, {failed(own)}"


def failed(own: Own) -> str:
    """What became of the action that should have brought it there."""
    if own.state in OPEN:
        return f"and its {own.action} {'is under way' if own.state in SENT else 'waits to be sent'}"
    fate = {"failed": "its {0} failed", "unknown": "nobody saw the end of its {0}"}
    return f"but {fate.get(own.state, 'its {0} did not run').format(own.action)}: {own.detail}"


def coming(case: Case, clock: Clock) -> str:
    step = first(case.steps)
    return f"the next action {clock.when(step.at)}" if step else "somebody acts"


def first(steps: Iterable[Step]) -> Step | None:
    """The first start or stop that will really run."""
    return next((each for each in steps if each.want), None)


def held(case: Case, hold: Held, clock: Clock) -> str:
    """A hold decides: with the hours that go on anyway, or against what schedules want."""
    present, keeps = case.present, keeping(hold, clock)
    is_ = present.is_ if present else None
    if present is None or is_ is None:
        return f"Its state is not known now; {keeps}{after(case, hold, clock)}"
    if is_ != hold.want:
        cause = present.cause
        why = f": {by(cause, clock)}" if cause and cause.at >= hold.since else ""
        return f"{present.status.capitalize()}, although {keeps}{why}{after(case, hold, clock)}"
    return f"{present.status.capitalize()} because {alongside(case, hold, keeps, clock)}"


def alongside(case: Case, hold: Held, keeps: str, clock: Clock) -> str:
    """The hold beside what schedules say."""
    party = case.winner
    word = party.word if party else None
    if party is None or word is None:
        return f"{keeps}{after(case, hold, clock)}"
    if word.want != hold.want:
        return f"{keeps}, although {party.name} wants it {word.want}{after(case, hold, clock)}"
    close = closing(case, party, word)
    if close is None:
        return f"{keeps}{after(case, hold, clock)}"
    says = f"{party.name} says on until {clock.say(close)}; {keeps}"
    end = at_end(case, hold)
    if end is not None and end.want not in (None, hold.want):
        return f"{says}, so it {ITSELF[end.want or '']} {clock.when(hold.until)}"
    return f"{says}{after(case, hold, clock)}"


def closing(case: Case, party: Party, word: Word) -> datetime | None:
    """The first end of these hours that nobody has set to be skipped, as far as it is known."""
    stops = [each for each in case.steps if each.schedule == party.schedule and each.action == "stop"]
    skipped = {each.at for each in stops if each.skip}
    ends = {word.until, *(each.at for each in stops)} if word.hours else set()
    return min((at for at in ends if at and at > case.now and at not in skipped), default=None)


def keeping(hold: Held, clock: Clock) -> str:
    """ "Sam keeps it on until 21:00 (release night)"."""
    reason = f" ({hold.reason})" if hold.reason else ""
    return f"{hold.who} keeps it {hold.want} until {clock.say(hold.until)}{reason}"


def after(case: Case, hold: Held, clock: Clock) -> str:
    """What becomes of the server at the end of the hold."""
    end = at_end(case, hold)
    if end is None or end.want is None:
        return "; then no schedule says anything, so it stays so" if case.winner is None else ""
    if end.want == hold.want:
        turn = turning((each for each in case.steps if each.at > hold.until), hold.want)
        until = f" until {clock.say(turn.at)}" if turn else ""
        return f"; {end.schedule.name} wants it {end.want} then too{until}"
    return f"; then it {ITSELF[end.want]}"


def at_end(case: Case, hold: Held) -> Step | None:
    """What is applied at the end of the hold, or is due by itself at that very moment."""
    return next((each for each in case.steps if each.at == hold.until and each.want), None)


def unsaid(case: Case, clock: Clock) -> str:
    """No schedule says anything: there is none, or each has its reason."""
    step = first(case.steps)
    lead = "No schedule says anything about this server"
    if not case.parties:
        return lead
    named = [f"{party.name} {silence(party, clock)}" for party in case.parties[:MOST_NAMED]]
    more = len(case.parties) - MOST_NAMED
    rest = f", and {more} more" if more > 0 else ""
    then = f"; {step.schedule.name} {DOES[step.action]} it {clock.when(step.at)}" if step else ""
    return f"{lead} now: {', '.join(named)}{rest}{then}"


def silence(party: Party, clock: Clock) -> str:
    """Why a schedule says nothing, behind its name."""
    if party.is_off:
        return "is switched off"
    if party.pause is not None:
        return f"is {paused(party.pause, clock)}"
    if party.is_lost:
        return f"is in a time zone that is gone ({party.timezone})"
    if party.observes:
        return "only observes"
    if party.begins is not None:
        return f"counts from {day_words(party.begins, clock.today)} on"
    return "only reboots" if party.only_reboots else "has not acted yet"


def paused(pause: Pause, clock: Clock) -> str:
    """ "paused until Tue 08:00: holidays"."""
    until = f"until {clock.say(pause.until)}" if pause.until else "until somebody resumes it"
    return f"paused {until}{f': {pause.reason}' if pause.reason else ''}"


def elsewhen(case: Case, clock: Clock) -> str:
    """Another instant than now: the timetables as they are, which may not be what they were."""
    past, when = case.at < case.now, f"On {clock.dated(case.at)}"
    caution = ". They may have been different then" if past else ""
    if case.held is not None:
        verb = "kept" if past else "keeps"
        return f"{when} {case.held.who} {verb} it {case.held.want}, until {clock.dated(case.held.until)}"
    party = case.winner
    if party is None or party.word is None:
        verb = "said" if past else "says"
        return f"{when} no schedule {verb} anything about this server, as the schedules are now{caution}"
    if past:
        wants = f"wanted it {party.word.want}, since {clock.dated(party.word.since)}"
    else:
        wants = f"will want it {party.word.want}{ends(case, party, party.word, clock)}"
    return f"{when} {party.name} {wants}, as the schedules are now{caution}"
