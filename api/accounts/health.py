"""Whether an account can be used, and what to do next when it cannot: said once for all its servers. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

# The gravest first, as the scheduler ranks them: what a person has to see to before what passes by itself.
GRAVEST = ("unusable", "denied", "throttled", "unreachable", "unreadable")
STATES = ("ok", "denied", "unusable", "throttled", "unreachable", "unreadable", "unchecked")
PERMISSION = re.compile(r"not authorized to perform:? ([\w-]+:\w+)")
BY_ORGANISATION = "service control policy"
PERMISSIONS = {"start": "ec2:StartInstances", "stop": "ec2:StopInstances", "reboot": "ec2:RebootInstances"}
# What only a person can mend is said at once.
FOR_PEOPLE = frozenset({"denied", "unusable"})
LASTING = 3
# For when nobody has said anything more precise.
TEXTS = {
    "denied": "AWS refuses this account's role or keys. Check them, and compare their policy with ours.",
    "unusable": "The stored credential cannot be used. Enter it again under Accounts.",
    "throttled": "AWS refuses this account's requests as too many. We go on asking, more slowly.",
    "unreachable": "AWS cannot be reached. Check the network of Cloudevy's host; we go on asking.",
    "unreadable": "What AWS answers makes no sense. We go on asking; look for a proxy in between.",
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
class Slowed:
    """An action that AWS refused as too many, so that we ask at `share` (0 to 1) of our speed."""

    region: str
    action: str
    since: datetime
    share: float


@dataclass(frozen=True, slots=True)
class RegionFacts:
    """A region that is switched on: why it cannot be looked at (empty: it can), for how many tries in a row,
    and when it last could."""

    name: str
    error: str
    code: str
    failures: int
    looked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an account. `status` is its last test's word, `trouble` that of the looks.

    `barred`: the test found that the credentials must not be used, and no look knows better.
    """

    status: str
    status_error: str
    tested_at: datetime | None
    trouble: str
    trouble_since: datetime | None
    denied: Sequence[DeniedAction]
    regions: Sequence[RegionFacts]
    barred: bool = False
    slowed: Sequence[Slowed] = ()


@dataclass(frozen=True, slots=True)
class Health:
    state: str
    since: datetime | None
    detail: str | None
    denied_actions: Sequence[DeniedAction]
    regions_unreadable: Sequence[str]
    slowed: Sequence[Slowed]


def health(facts: Facts) -> Health:
    """The account as a whole. What keeps us from looking counts before what keeps us from acting."""
    names = sorted(each.name for each in failing(facts))
    state, since = judged(facts)
    detail = None if state == "ok" else next_step(state, facts)
    actions = sorted(facts.denied, key=lambda each: each.action)
    return Health(state, since, detail, actions, names, facts.slowed)


def judged(facts: Facts) -> tuple[str, datetime | None]:
    if facts.barred:
        return "unusable", facts.tested_at
    region = worst(facts)
    if facts.trouble:
        return word(region) if region else facts.trouble, facts.trouble_since
    if region:
        return word(region), region.looked_at
    if facts.status != "ok" and not looked_since(facts):
        return facts.status, facts.tested_at
    if facts.denied:
        return "denied", min(each.since for each in facts.denied)
    return "ok", None


def looked_since(facts: Facts) -> bool:
    """Whether a look succeeded after the last test: it knows better."""
    looks = [region.looked_at for region in facts.regions if region.looked_at]
    return bool(looks) and (facts.tested_at is None or max(looks) > facts.tested_at)


def unreadable(region: RegionFacts, *, trouble: str) -> bool:
    """What passes by itself mostly does so at once, so it counts from the third failure on."""
    lasting = bool(trouble) or region.code in FOR_PEOPLE or region.failures >= LASTING
    return bool(region.error) and lasting


def failing(facts: Facts) -> list[RegionFacts]:
    return [region for region in facts.regions if unreadable(region, trouble=facts.trouble)]


def worst(facts: Facts) -> RegionFacts | None:
    """The region that stands for all that fail: the word and the sentence are both of this one."""
    return min(failing(facts), key=lambda region: GRAVEST.index(word(region)), default=None)


def word(region: RegionFacts) -> str:
    return region.code or "unreadable"


def next_step(state: str, facts: Facts) -> str:
    """What the looks or the last test said of it; they name the next step themselves."""
    if facts.barred:
        return facts.status_error
    region = worst(facts)
    if region:
        return region.error
    if state == "denied" and facts.denied and (facts.status == "ok" or looked_since(facts)):
        return denied(facts.denied)
    return facts.status_error or TEXTS[state]


def denied(actions: Sequence[DeniedAction]) -> str:
    """Which permission is missing, in AWS's words or by the action it refused."""
    named = [found[1] if (found := PERMISSION.search(each.message)) else "" for each in actions]
    wanted = [name or PERMISSIONS[each.action] for name, each in zip(named, actions, strict=True)]
    missing = ", ".join(dict.fromkeys(wanted))
    if any(BY_ORGANISATION in each.message for each in actions):
        return (
            f"A policy of your AWS organisation forbids {missing}. Ask who runs the organisation to allow it."
        )
    return f"AWS refuses for want of a permission. Allow {missing} for this account's role or user in IAM."


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
