"""A fleet file (JSON) into servers, credentials and roles.

Must not know the world they go into, except the shape of a server.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from simulator.identity import REGIONS, Credential, Role
from simulator.instances import Instance, View
from simulator.reasons import USER_SHUTDOWN

DEMO = Path(__file__).parent / "fleets" / "demo.json"
_STEADY = ("running", "stopped", "terminated")
_DIGITS = 12
_SHIFT = 8 * 3600.0
_OWN = {"id", "state", "name", "minutes"}
_FIELDS = {field.name for field in fields(Instance)} - {
    "instance_id",
    "account",
    "index",
    "timeline",
    "rendered",
}


class BadFleetError(ValueError):
    """A fleet that cannot be used; the message says why."""

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(f"The fleet cannot be used: {where} {problem}.")


@dataclass(frozen=True, slots=True)
class Fleet:
    instances: list[Instance]
    credentials: list[Credential]
    roles: list[Role]


def load(path: Path) -> dict[str, Any]:
    """The file's JSON. BadFleetError when it cannot be read."""
    try:
        content: dict[str, Any] = json.loads(path.read_text())
    except (OSError, json.JSONDecodeError) as error:
        raise BadFleetError(str(path), f"cannot be read as JSON: {error}") from error
    return content


def read(data: Mapping[str, Any], *, now: float) -> Fleet:
    """Servers in a steady state as of `now`, and their accounts' keys and roles. BadFleetError at a fault."""
    try:
        return _read(data, now)
    except KeyError as error:
        raise BadFleetError(str(error), "is missing") from error


def _read(data: Mapping[str, Any], now: float) -> Fleet:
    fleet = Fleet([], [], [])
    for account in data.get("accounts", ()):
        number = str(account.get("id", ""))
        if not (number.isdigit() and len(number) == _DIGITS):
            raise BadFleetError("account id", f"has 12 digits, not {number!r}")
        fleet.credentials.extend(_credential(number, key) for key in account.get("keys", ()))
        fleet.roles.extend(_role(number, role) for role in account.get("roles", ()))
        fleet.instances.extend(instance(number, spec, now=now) for spec in account.get("instances", ()))
        for nth, group in enumerate(account.get("generate", ())):
            fleet.instances.extend(_generated(number, nth, group, now))
    return fleet


def instance(account: str, spec: Mapping[str, Any], *, now: float) -> Instance:
    """One server from its JSON. `minutes` is how long its state has lasted."""
    _check_fields(spec)
    if spec.get("region") not in REGIONS:
        raise BadFleetError("region", f"{spec.get('region')!r} is none of {', '.join(REGIONS)}")
    if spec.get("state", "running") not in _STEADY:
        raise BadFleetError("state", f"{spec['state']!r} is none of {', '.join(_STEADY)}")
    own = {name: value for name, value in spec.items() if name in _FIELDS}
    own["tags"] = {**({"Name": spec["name"]} if "name" in spec else {}), **spec.get("tags", {})}
    own.setdefault("zone", f"{spec['region']}a")
    made = Instance(instance_id=spec["id"], account=account, **own)
    since = now - 60 * float(spec.get("minutes", 60))
    made.timeline = _history(made, spec.get("state", "running"), since)
    return made


def change(made: Instance, spec: Mapping[str, Any]) -> None:
    """Other properties for a server that is there; its id, place and state stay."""
    _check_fields(spec)
    for name in set(spec) & _FIELDS - {"region", "zone"}:
        setattr(made, name, spec[name])
    if "name" in spec:
        made.tags = {**made.tags, "Name": spec["name"]}
    made.rendered.clear()


def _check_fields(spec: Mapping[str, Any]) -> None:
    if unknown := sorted(set(spec) - _FIELDS - _OWN):
        raise BadFleetError(
            unknown[0], f"is no property of a server; known: {', '.join(sorted(_FIELDS | _OWN))}"
        )


def _history(made: Instance, state: str, since: float) -> list[tuple[float, View]]:
    """A past in which it ran in turns, so that figures of the last hours look lived in."""
    last = int(made.instance_id[-4:], 16) % 254 + 1
    off = View("stopped", since - _SHIFT, USER_SHUTDOWN, "User initiated", public_ip=made.elastic_ip)
    address = made.elastic_ip or f"198.51.100.{last}"
    if state == "running":
        return [(0.0, off), (since, View("running", since, public_ip=address))]
    on = View("running", since - _SHIFT, public_ip=address)
    return [(0.0, off), (since - _SHIFT, on), (since, replace(off, state=state))]


def _generated(account: str, nth: int, group: Mapping[str, Any], now: float) -> list[Instance]:
    spec = {name: value for name, value in group.items() if name != "count"}
    pattern = spec.pop("name", "load-{n}")
    made = []
    for n in range(int(group["count"])):
        own = {"id": f"i-{int(account) % 16**7:07x}{nth:02x}{n:08x}", "name": pattern.format(n=n),
               "private_ip": f"10.{nth}.{n // 250 % 250}.{n % 250 + 4}"}  # fmt: skip
        made.append(instance(account, {**spec, **own}, now=now))
    return made


def _credential(account: str, spec: Mapping[str, Any]) -> Credential:
    user = spec.get("user", "cloudevy")
    return Credential(
        spec["access_key_id"],
        spec["secret_access_key"],
        account,
        f"arn:aws:iam::{account}:user/{user}",
        "AIDA" + spec["access_key_id"][4:],
        frozenset(spec.get("denied", ())),
        only_tagged=tuple(spec.get("only_tagged", {}).items()),
    )


def _role(account: str, spec: Mapping[str, Any]) -> Role:
    return Role(
        f"arn:aws:iam::{account}:role/{spec['name']}",
        account,
        frozenset(spec.get("trusts", ())),
        spec.get("external_id"),
        frozenset(spec.get("denied", ())),
        only_tagged=tuple(spec.get("only_tagged", {}).items()),
    )
