"""Whether an account can be used, and what to do next when it cannot: said once for all its servers. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

STATES = ("ok", "denied", "unusable", "throttled", "unreachable", "unreadable", "unchecked")
PERMISSION = re.compile(r"not authorized to perform:? ([\w-]+:\w+)")
BY_ORGANISATION = "service control policy"
PERMISSIONS = {"start": "ec2:StartInstances", "stop": "ec2:StopInstances", "reboot": "ec2:RebootInstances"}
TEXTS = {
    "unusable": (
        "The stored credential cannot be used. Enter it again under Accounts, "
        "or check the role's trust policy and its ExternalId."
    ),
    "throttled": (
        "AWS refuses this account's requests as too many, and looks are spaced out until it stops. "
        "Look for other tools that poll EC2 in this account, or ask AWS to raise its limits."
    ),
    "unreachable": (
        "AWS cannot be reached from here. Check this host's network, name service and proxy; "
        "it is tried again by itself."
    ),
    "unreadable": "EC2's answers cannot be read, and it is tried again by itself. {why}",
    "unchecked": "Nobody has tested this account yet. Test it under Accounts.",
}


@dataclass(frozen=True, slots=True)
class DeniedAction:
    """An action AWS last refused for want of a permission, with its words."""

    action: str
    code: str
    message: str
    region: str
    since: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class RegionFacts:
    """A region that is switched on: why it cannot be looked at (empty: it can), and when it last could."""

    name: str
    error: str
    code: str
    looked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an account. `status` is its last test's word, `trouble` that of the looks."""

    status: str
    status_error: str
    tested_at: datetime | None
    trouble: str
    trouble_since: datetime | None
    denied: Sequence[DeniedAction]
    regions: Sequence[RegionFacts]


@dataclass(frozen=True, slots=True)
class Health:
    state: str
    since: datetime | None
    detail: str | None
    denied_actions: Sequence[DeniedAction]
    regions_unreadable: Sequence[str]


def health(facts: Facts) -> Health:
    """The account as a whole. What keeps us from looking counts before what keeps us from acting."""
    unreadable = sorted(region.name for region in facts.regions if region.error)
    state, since = judged(facts)
    detail = None if state == "ok" else next_step(state, facts)
    return Health(state, since, detail, sorted(facts.denied, key=lambda each: each.action), unreadable)


def judged(facts: Facts) -> tuple[str, datetime | None]:
    if facts.trouble:
        return facts.trouble, facts.trouble_since
    failing = next((region for region in facts.regions if region.error), None)
    if failing:
        return failing.code or "unreadable", None
    if facts.status != "ok" and not looked_since(facts):
        return facts.status, facts.tested_at
    if facts.denied:
        return "denied", min(each.since for each in facts.denied)
    return "ok", None


def looked_since(facts: Facts) -> bool:
    """Whether a look succeeded after the last test: it knows better."""
    looks = [region.looked_at for region in facts.regions if region.looked_at]
    return bool(looks) and (facts.tested_at is None or max(looks) > facts.tested_at)


def next_step(state: str, facts: Facts) -> str:
    if state == "denied":
        return denied(facts)
    return TEXTS.get(state, "{why}").format(why=words(facts)).strip()


def words(facts: Facts) -> str:
    """AWS's or our own words about it, the looks' before the test's."""
    return next((region.error for region in facts.regions if region.error), facts.status_error)


def denied(facts: Facts) -> str:
    """Which permission is missing, in AWS's words or by the action it refused."""
    told = [words(facts), *(each.message for each in facts.denied)]
    named = [found[1] for text in told if (found := PERMISSION.search(text))]
    asked = [PERMISSIONS[each.action] for each in facts.denied if each.action in PERMISSIONS]
    wanted = ", ".join(dict.fromkeys(named or asked))
    if any(BY_ORGANISATION in text for text in told):
        what = f" {wanted}" if wanted else ""
        return (
            f"A service control policy of your AWS organisation forbids{what}. Ask who runs it to allow it."
        )
    if wanted:
        return f"AWS refuses for want of a permission. Allow {wanted} for this account's role or user in IAM."
    return (
        "AWS refuses this account's role or keys. Check them, and compare their policy with ours. "
        + words(facts)
    )


def read_denied(stored: Mapping[str, Mapping[str, str]]) -> list[DeniedAction]:
    """The account's column as facts."""
    return [
        DeniedAction(
            action=action,
            code=row["code"],
            message=row["message"],
            region=row["region"],
            since=datetime.fromisoformat(row["since"]),
            last=datetime.fromisoformat(row["last"]),
        )
        for action, row in stored.items()
    ]
