"""The log's sentences about what is seen: changes from outside, stuck servers, schedules that only
fail, accounts that cannot be read.

Facts in, one write out, as in `story`, which tells what is done. It decides nothing and asks nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shared.logs import event, warning

DOES = {"start": "starting", "stop": "stopping"}
STUCK = {
    "stopping": (
        "has been stopping for 20 minutes. It is EC2's host that hangs then. Wait, or force the stop from the"
        " server's page: that cuts its power, and what was not written to disk is lost. Nobody but a person"
        " does that."
    ),
    "pending": (
        "has been starting for 10 minutes. Look at its state and system log in the EC2 console; nothing is"
        " sent again while EC2 says pending."
    ),
}


@dataclass(frozen=True, slots=True)
class Drifted:
    """A server that somebody else brought to `after`, against a schedule."""

    server: int
    name: str
    after: str
    schedule: str

    def __str__(self) -> str:
        return f'{named(self.server, self.name)} is {self.after} against schedule "{self.schedule}"'

    @property
    def fields(self) -> dict[str, Any]:
        return {"server": self.server, "after": self.after}


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An account whose servers cannot be looked at: what to do, and whose words are behind it."""

    account: int
    name: str
    code: str
    what: str
    quoted: str

    def __str__(self) -> str:
        return f"{self.what} Showing the last known states. {self.quoted}".strip()


@dataclass(frozen=True, slots=True)
class Membership:
    """A server and a schedule with a tag query."""

    server: int
    name: str
    schedule: int
    title: str
    query: str

    def __str__(self) -> str:
        return f"schedule {self.title} (ID: {self.schedule})"

    @property
    def who(self) -> str:
        return f"{self.name} (ID: {self.server})"

    @property
    def fields(self) -> dict[str, Any]:
        return {"server": self.server, "schedule": self.schedule}


def changed(*, server: int, name: str, before: str, after: str, outside: bool) -> None:
    """EC2 says something else than last time. Changes from outside are told; ours end in `finished`."""
    text = f"👀 {named(server, name)}: {before} → {after}, not asked by us"
    event("server.changed", text=text, quiet=not outside, server=server, before=before, after=after)


def stuck(*, server: int, name: str, state: str) -> None:
    text = f"⚠️  {named(server, name)} {STUCK[state]}"
    warning("server.stuck", text=text, server=server, before=state)


def unstuck(*, server: int, name: str, before: str, after: str) -> None:
    text = f"{named(server, name)} is no longer stuck: {before} → {after}"
    event("server.unstuck", text=text, quiet=True, server=server, before=before, after=after)


def respected(drifted: Drifted, *, reaction: str) -> None:
    text = f"{drifted}, and stays so until its next action ({reaction})"
    event("drift.respected", text=text, quiet=True, reaction=reaction, **drifted.fields)


def put_back(drifted: Drifted, *, action: str, operation: int) -> None:
    text = f"↩️  {drifted}, which enforces: {DOES[action]} it again (operation {operation})"
    event("drift.put_back", text=text, action=action, operation=operation, **drifted.fields)


def alerted(drifted: Drifted) -> None:
    text = (
        f"🔔 {drifted}. Acknowledge it on the server's page if that was meant;"
        " the schedule's next action comes as planned."
    )
    warning("drift.alerted", text=text, **drifted.fields)


def given_up(drifted: Drifted) -> None:
    text = (
        f"🔔 {drifted} again, after it was put back three times within the hour. It is left alone now:"
        " find out what keeps changing it, then acknowledge it on the server's page."
    )
    warning("drift.given_up", text=text, **drifted.fields)


def paused(*, schedule: int, name: str, reason: str) -> None:
    text = f'⏸️  Schedule "{name}" (ID: {schedule}): {reason}'
    warning("schedule.paused", text=text, schedule=schedule)


def account_unreadable(trouble: Unreadable) -> None:
    text = f"⚠️  Cloud account {quoted(trouble.account, trouble.name)} cannot be read: {trouble}"
    warning("account.unreadable", text=text, account=trouble.account, code=trouble.code)


def account_readable(*, account: int, name: str) -> None:
    text = f"✅ Cloud account {quoted(account, name)} can be read again."
    event("account.readable", text=text, account=account)


def regions_unreadable(trouble: Unreadable, *, regions: Sequence[str]) -> None:
    """Some of an account's regions; the others answer."""
    where = f"{', '.join(regions)} of cloud account {quoted(trouble.account, trouble.name)}"
    text = f"⚠️  {'Regions' if len(regions) > 1 else 'Region'} {where} cannot be read: {trouble}"
    warning("region.unreadable", text=text, account=trouble.account, code=trouble.code)


def region_readable(*, account: int, name: str, region: int, named: str) -> None:
    text = f"✅ Region {named} of cloud account {quoted(account, name)} can be read again."
    event("region.readable", text=text, region=region, account=account)


def joined(membership: Membership, *, quiet: bool = False) -> None:
    text = f"➕ {membership.who} joined {membership}: its tags match {membership.query}"
    event("schedule.joined", text=text, quiet=quiet, **membership.fields)


def left(membership: Membership, *, gone: bool, quiet: bool = False) -> None:
    """Because of its tags, or because it is `gone` from our list itself."""
    why = "EC2 no longer shows it" if gone else f"its tags no longer match {membership.query}"
    text = f"➖ {membership.who} left {membership}: {why}"
    event("schedule.left", text=text, quiet=quiet, **membership.fields)


def many_joined(membership: Membership, *, count: int) -> None:
    """One line for servers that joined a schedule together."""
    text = f"➕ {count} servers joined {membership}: their tags match {membership.query}"
    event("schedule.many_joined", text=text, schedule=membership.schedule, servers=count)


def many_left(membership: Membership, *, count: int) -> None:
    text = f"➖ {count} servers left {membership}: they no longer match {membership.query}"
    event("schedule.many_left", text=text, schedule=membership.schedule, servers=count)


def named(server: int, name: str) -> str:
    return f'Server "{name}" (ID: {server})'


def quoted(account: int, name: str) -> str:
    return f'"{name}" (ID: {account})'
