"""The log's sentences about what is seen: changes from outside, stuck servers, accounts that cannot be read.

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


def named(server: int, name: str) -> str:
    return f'Server "{name}" (ID: {server})'


def quoted(account: int, name: str) -> str:
    return f'"{name}" (ID: {account})'
