"""The world: accounts' servers, their limits, their faults and the ledger, as one object without a network.

Every public method is one AWS call. The clock is a callable, so a test may own the time; nothing here waits.
Must not know HTTP, XML or credentials: a caller comes already identified.
"""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from simulator import errors, power
from simulator.buckets import Buckets
from simulator.errors import AwsError
from simulator.faults import ERRORS, Fault, Faults
from simulator.instances import Instance, Reason, View
from simulator.ledger import Change, Entry, Ledger
from simulator.power import Power
from simulator.settings import Settings

_ID = re.compile(r"i-(?:[0-9a-f]{8}|[0-9a-f]{17})")
_FAULT_ERRORS = {
    "error_500": AwsError("InternalError", "An internal error has occurred", status=500),
    "error_503": AwsError("Unavailable", "The service is unavailable. Please try again shortly.", status=503),
    "insufficient_capacity": AwsError(
        "InsufficientInstanceCapacity",
        "We currently do not have sufficient capacity in the Availability Zone you requested.",
        status=500,
    ),
    "expired": errors.request_expired(),
}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, in which AWS region. `call` is the id from the User-Agent, `denied` the actions it may not use."""

    account: str
    region: str
    arn: str = "arn:aws:iam::000000000000:user/someone"
    denied: frozenset[str] = frozenset()
    call: str | None = None
    request_id: str | None = None


class World:
    """`clock` answers UTC epoch seconds; `monotonic_of` maps such a moment onto CLOCK_MONOTONIC."""

    def __init__(
        self, instances: Sequence[Instance] = (), *, settings: Settings | None = None, seed: int = 0,
        clock: Callable[[], float] = time.time, monotonic_of: Callable[[float], float] = lambda at: at,
    ) -> None:  # fmt: skip
        random = Random(seed)
        self.clock = clock
        self.ledger = Ledger(monotonic_of)
        self.faults = Faults(random)
        self.random = random
        self._instances: dict[tuple[str, str], dict[str, Instance]] = {}
        self._added = 0
        self.settle(settings or Settings())
        for instance in instances:
            self.add(instance)

    def settle(self, settings: Settings) -> None:
        """Takes new settings; transitions under way keep the end they were given."""
        self.settings = settings
        self.power = Power(settings, self.random)
        self.buckets = Buckets(settings.limits)

    def add(self, instance: Instance) -> None:
        self._added += 1
        instance.index = self._added
        self._instances.setdefault((instance.account, instance.region), {})[instance.instance_id] = instance

    def remove(self, instance: Instance) -> None:
        del self._instances[(instance.account, instance.region)][instance.instance_id]

    def everything(self) -> list[Instance]:
        return [instance for group in self._instances.values() for instance in group.values()]

    def instance(self, instance_id: str) -> Instance | None:
        """A server wherever it is; for tests and the control endpoints."""
        return next((group[instance_id] for group in self._instances.values() if instance_id in group), None)

    def start(self, caller: Caller, ids: Sequence[str], *, dry_run: bool = False) -> list[Change]:
        """StartInstances. One bad id fails all of it, and nothing has changed then."""

        def act(found: power.Found, now: float) -> list[Change]:
            power.refuse_start(found)
            return [self.power.start(i, now, fails_as=self._start_fault(i, now)) for i, _ in found]

        return self._mutate(caller, "StartInstances", ids, {"dry_run": dry_run}, act)

    def stop(
        self, caller: Caller, ids: Sequence[str], *, dry_run: bool = False, force: bool = False,
        hibernate: bool = False,
    ) -> list[Change]:  # fmt: skip
        """StopInstances. One bad id fails all of it, and nothing has changed then."""
        reason = power.USER_HIBERNATE if hibernate else power.USER_SHUTDOWN

        def act(found: power.Found, now: float) -> list[Change]:
            power.refuse_stop(
                found, hibernate=hibernate, pending_ok=self.settings.stop_while_pending == "accept"
            )
            return [
                self.power.stop(i, now, reason=reason, force=force, stuck=self._strikes("stuck", i, now))
                for i, _ in found
            ]

        options = {"dry_run": dry_run, "force": force, "hibernate": hibernate}
        return self._mutate(caller, "StopInstances", ids, options, act)

    def reboot(self, caller: Caller, ids: Sequence[str], *, dry_run: bool = False) -> list[Change]:
        """RebootInstances. The servers stay running; only their status checks tell."""

        def act(found: power.Found, now: float) -> list[Change]:
            power.refuse_reboot(found)
            return [self.power.reboot(i, now) for i, _ in found]

        return self._mutate(caller, "RebootInstances", ids, {"dry_run": dry_run}, act)

    def find(self, caller: Caller, ids: Sequence[str], *, now: float, action: str) -> list[Instance]:
        """The caller's servers of these ids, each once. AwsError names every malformed or unknown id."""
        if bad := [i for i in ids if not _ID.fullmatch(i)]:
            raise errors.malformed(bad)
        group = self.region(caller, now=now, action=action)
        wanted = list(dict.fromkeys(ids))
        if missing := [i for i in wanted if i not in group]:
            raise errors.not_found(missing)
        return [group[i] for i in wanted]

    def region(self, caller: Caller, *, now: float, action: str) -> dict[str, Instance]:
        """The caller's visible servers: none that is long terminated, none that a fault hides."""
        group = self._instances.get((caller.account, caller.region), {})
        expired = now - self.settings.terminated_visible
        shown = {i: it for i, it in group.items() if it.view(expired).state != "terminated"}
        if self.faults.any("not_found"):
            shown = {i: it for i, it in shown.items() if not self._strikes("not_found", it, now, action)}
        return shown

    def admit(
        self, caller: Caller, action: str, *, now: float, ids: Sequence[str] = (), bucket: str = ""
    ) -> None:
        """Counts the call and raises what the scripted faults, the token buckets or the permissions say."""
        key = (caller.account, caller.region, action)
        self.ledger.calls[key] += 1
        fault = self.faults.take(
            ERRORS, at=now, account=caller.account, region=caller.region, action=action, ids=ids
        )
        if fault is not None and fault.kind in _FAULT_ERRORS:
            raise _FAULT_ERRORS[fault.kind]
        scripted = fault is not None and fault.kind == "throttle"
        if scripted or not self.buckets.take(
            caller.account, caller.region, action=bucket or action, servers=len(ids), now=now
        ):
            self.ledger.throttled[key] += 1
            raise errors.throttled()
        if fault is not None or action in caller.denied:
            raise errors.unauthorized(caller.arn, action=action)

    def outside(self, instance: Instance, action: str, *, reason: Reason | None = None) -> Change:
        """Somebody else acts: another tool (start, stop, terminate, reboot) or the OS itself (shutdown)."""
        now = self.clock()
        change = self._act_outside(instance, action, now, reason)
        self._record(change, instance, at=now, action=action, by="outside", call=None)
        return change

    def _act_outside(self, instance: Instance, action: str, now: float, reason: Reason | None) -> Change:
        if action == "start":
            return self.power.start(instance, now, fails_as=reason)
        if action == "reboot":
            return self.power.reboot(instance, now)
        inside = action == "shutdown"
        why = reason or (power.INSIDE_SHUTDOWN if inside else power.USER_SHUTDOWN)
        if action == "terminate" or (inside and instance.shutdown_behavior == "terminate"):
            return self.power.terminate(instance, now, reason=why)
        return self.power.stop(instance, now, reason=why)

    def _mutate(
        self, caller: Caller, action: str, ids: Sequence[str], options: dict[str, bool],
        act: Callable[[list[tuple[Instance, View]], float], list[Change]],
    ) -> list[Change]:  # fmt: skip
        now = self.clock()
        entry = self.ledger.open(
            at=now, action=action, account=caller.account, region=caller.region, ids=ids, call=caller.call,
            request_id=caller.request_id, options=options,
        )  # fmt: skip
        try:
            changes = self._apply(caller, entry, now, act)
        except AwsError as error:
            entry.error = error.code
            raise
        self.ledger.accept(entry, changes)
        return changes

    def _apply(
        self, caller: Caller, entry: Entry, now: float,
        act: Callable[[list[tuple[Instance, View]], float], list[Change]],
    ) -> list[Change]:  # fmt: skip
        self.admit(caller, entry.action, now=now, ids=entry.ids)
        if not entry.ids:
            raise errors.missing_parameter("InstanceId")
        found = [(i, i.view(now)) for i in self.find(caller, entry.ids, now=now, action=entry.action)]
        if entry.options.get("dry_run"):
            raise errors.dry_run()
        changes = act(found, now)
        for change, (instance, _) in zip(changes, found, strict=True):
            if change.before != change.after or entry.action == "RebootInstances":
                self._record(change, instance, at=now, action=entry.action, by="api", call=caller.call)
        return changes

    def _record(
        self, change: Change, instance: Instance, *, at: float, action: str, by: str, call: str | None
    ) -> None:
        self.ledger.moved(
            change, at=at, account=instance.account, region=instance.region, action=action, by=by, call=call
        )

    def _start_fault(self, instance: Instance, now: float) -> Reason | None:
        fault = self._take("failed_start", instance, now, "StartInstances")
        if fault is None:
            return None
        code = fault.code or power.LAUNCH_ERROR.code
        return Reason(code, fault.message or (power.LAUNCH_ERROR.message if not fault.code else code))

    def _strikes(self, kind: str, instance: Instance, now: float, action: str = "StopInstances") -> bool:
        return self._take(kind, instance, now, action) is not None

    def _take(self, kind: str, instance: Instance, now: float, action: str) -> Fault | None:
        return self.faults.take(
            (kind,), at=now, account=instance.account, region=instance.region, action=action,
            ids=(instance.instance_id,),
        )  # fmt: skip

    def seen_at(self, instance: Instance, *, now: float, action: str) -> float:
        """The moment a describe shows: now, or an older one while a `stale` fault strikes."""
        fault = self._take("stale", instance, now, action) if self.faults.any("stale") else None
        if fault is None:
            return now
        return fault.made_at if fault.seconds is None else now - fault.seconds

    def stats(self) -> dict[str, Any]:
        return {
            "calls": self.ledger.counted(),
            "buckets": self.buckets.levels(),
            "servers": len(self.everything()),
        }
