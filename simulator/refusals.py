"""Which servers an action may not be asked of, and what EC2 says then.

Sources: the EC2 user guide's instance lifecycle, the API reference of the three actions, EC2's own messages
as users quote them. Must not know callers, buckets or the ledger.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from simulator import errors
from simulator.errors import AwsError
from simulator.instances import Instance, View
from simulator.settings import Settings

Found = Sequence[tuple[Instance, View]]
Rule = tuple[Callable[[Instance, View], bool], Callable[[list[str]], AwsError]]
_UNCHANGED = ("pending", "running")


@dataclass(frozen=True, slots=True)
class Refusal:
    """`offenders` are the servers that spoilt the call; `protection`: by stop protection."""

    error: AwsError
    offenders: frozenset[str]
    protection: bool = False


def of_start(found: Found, *, settings: Settings, at: float) -> Refusal | None:
    """What StartInstances says to these servers, every offender named."""
    return _first(
        found,
        [
            (lambda i, _: i.operator is not None, errors.managed),
            (lambda i, _: i.root_device != "ebs", _no_ebs("started")),
            (lambda _, v: v.state not in ("stopped", *_UNCHANGED), _wrong("started")),
            (lambda i, v: _spot_waits(i, v, settings=settings, at=at), errors.spot_request_not_ready),
            (_unlimited_on_host, errors.unlimited_on_host),
            (lambda i, v: i.capacity_block_ended and v.state == "stopped", errors.capacity_block_over),
        ],
    )


def of_stop(found: Found, *, settings: Settings, at: float, hibernate: bool) -> Refusal | None:
    """What StopInstances says to these servers, every offender named. Force changes none of it."""
    pending_ok = settings.stop_while_pending == "accept"
    states = {"running", "stopping", "stopped"} | ({"pending"} if pending_ok else set())
    rules: list[Rule] = [
        (lambda i, _: i.operator is not None, errors.managed),
        (lambda _, v: v.state not in states, _wrong("stopped")),
        (lambda i, _: i.root_device != "ebs", _no_ebs("stopped")),
        (lambda i, _: i.lifecycle == "spot" and not i.spot_persistent, errors.one_time_spot),
        (lambda i, _: i.lifecycle == "scheduled", errors.scheduled_lifecycle),
        (_protected, errors.stop_protected),
    ]
    if hibernate:
        lag = settings.hibernate_lag
        rules.append((lambda i, _: not i.hibernation, errors.not_hibernatable))
        rules.append((lambda _, v: at - v.launched_at < lag, errors.not_ready_to_hibernate))
    return _first(found, rules)


def of_reboot(found: Found) -> Refusal | None:
    """A terminated server is passed over in silence (API reference); any other must be running."""
    return _first(
        found,
        [
            (lambda i, _: i.operator is not None, errors.managed),
            (lambda i, _: i.lifecycle == "scheduled", errors.scheduled_lifecycle),
            (lambda _, v: v.state not in ("running", "terminated"), _wrong("rebooted")),
        ],
    )


def spared(found: Found, refusal: Refusal, *, how: str) -> Found:
    """The servers a refused call changes all the same: none, unless stop protection refused it.

    AWS documents this for TerminateInstances by zone and for StopInstances not at all, so `how` is a setting:
    `refuse` (none), `before` (those ahead of the first protected one), `other_zones` (those in zones that
    have none).
    """
    if not refusal.protection or how == "refuse":
        return []
    if how == "other_zones":
        closed = {it.zone for it, _ in found if it.instance_id in refusal.offenders}
        return [(it, view) for it, view in found if it.zone not in closed]
    first = next(n for n, (it, _) in enumerate(found) if it.instance_id in refusal.offenders)
    return found[:first]


def _first(found: Found, rules: Iterable[Rule]) -> Refusal | None:
    for broken, error in rules:
        if offenders := [instance.instance_id for instance, view in found if broken(instance, view)]:
            return Refusal(error(offenders), frozenset(offenders), protection=broken is _protected)
    return None


def _protected(instance: Instance, view: View) -> bool:
    return instance.stop_protected and view.state != "stopped"


def _spot_waits(instance: Instance, view: View, *, settings: Settings, at: float) -> bool:
    """After an interruption only EC2 restarts it; after a stop its request takes a while to be `disabled`."""
    if instance.lifecycle != "spot" or view.state != "stopped":
        return False
    interrupted = view.reason is not None and view.reason.code == "Server.SpotInstanceShutdown"
    return interrupted or at - instance.entry(at)[0] < settings.spot_lag


def _unlimited_on_host(instance: Instance, view: View) -> bool:
    on_host = instance.tenancy == "host" and instance.cpu_credits == "unlimited"
    return on_host and instance.kind.startswith("t3") and view.state == "stopped"


def _wrong(verb: str) -> Callable[[list[str]], AwsError]:
    return lambda ids: errors.wrong_state(ids, verb=verb)


def _no_ebs(verb: str) -> Callable[[list[str]], AwsError]:
    return lambda ids: errors.instance_store(ids, verb=verb)
