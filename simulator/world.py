"""The world: accounts' servers, their limits, their faults and the ledger, as one object without a network.

Every public method is one AWS call. The clock is a callable, so a test may own the time; nothing here waits.
Must not know HTTP, XML or credentials: a caller comes already identified.
"""

import re
import time
from collections.abc import Callable, Sequence
from typing import Any

from simulator import errors, power
from simulator.buckets import Buckets
from simulator.calls import Call, Caller
from simulator.errors import AwsError
from simulator.faults import ERRORS, Fault, Faults
from simulator.instances import Instance, Reason, View
from simulator.ledger import Change, Ledger
from simulator.power import Power
from simulator.settings import Settings, dice

_ID = re.compile(r"i-(?:[0-9a-f]{8}|[0-9a-f]{17})")
_FAULT_ERRORS: dict[str | None, Callable[[], AwsError]] = {
    "error_500": errors.internal,
    "error_503": errors.unavailable,
    "insufficient_capacity": errors.no_capacity,
    "expired": errors.request_expired,
}
_Act = Callable[[list[tuple[Instance, View]], Call], list[Change]]


class World:
    """`clock` answers UTC epoch seconds; `monotonic_of` maps such a moment onto CLOCK_MONOTONIC."""

    def __init__(
        self,
        instances: Sequence[Instance] = (),
        *,
        settings: Settings | None = None,
        seed: int = 0,
        clock: Callable[[], float] = time.time,
        monotonic_of: Callable[[float], float] = float,
    ) -> None:
        self.clock = clock
        self.settings = settings or Settings()
        self.random = dice(seed)
        self.ledger = Ledger(monotonic_of)
        self.faults = Faults(self.random)
        self.power = Power(self.settings, self.random)
        self.buckets = Buckets(self.settings.limits)
        self._instances: dict[tuple[str, str], dict[str, Instance]] = {}
        self._added = 0
        for instance in instances:
            self.add(instance)

    def settle(self, settings: Settings) -> None:
        """Takes new settings; transitions under way keep the end they were given."""
        self.settings = settings
        self.power = Power(settings, self.random)
        if settings.limits != self.buckets.limits:
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

        def act(found: power.Found, call: Call) -> list[Change]:
            power.refuse_start(found)
            return [self.power.start(it, call.at, fails_as=self._failed_start(it, call)) for it, _ in found]

        return self._mutate(
            caller.asks("StartInstances", self.clock(), ids=ids, options={"dry_run": dry_run}), caller, act
        )

    def stop(
        self,
        caller: Caller,
        ids: Sequence[str],
        *,
        dry_run: bool = False,
        force: bool = False,
        hibernate: bool = False,
    ) -> list[Change]:
        """StopInstances. One bad id fails all of it, and nothing has changed then."""
        reason = power.USER_HIBERNATE if hibernate else power.USER_SHUTDOWN

        def act(found: power.Found, call: Call) -> list[Change]:
            pending_ok = self.settings.stop_while_pending == "accept"
            power.refuse_stop(found, hibernate=hibernate, pending_ok=pending_ok)
            changes = []
            for it, _ in found:
                stuck = not force and self._strikes("stuck", it, call)
                changes.append(self.power.stop(it, call.at, reason=reason, force=force, stuck=stuck))
            return changes

        options = {"dry_run": dry_run, "force": force, "hibernate": hibernate}
        return self._mutate(caller.asks("StopInstances", self.clock(), ids=ids, options=options), caller, act)

    def reboot(self, caller: Caller, ids: Sequence[str], *, dry_run: bool = False) -> list[Change]:
        """RebootInstances. The servers stay running; only their status checks tell."""

        def act(found: power.Found, call: Call) -> list[Change]:
            power.refuse_reboot(found)
            return [self.power.reboot(it, call.at) for it, _ in found]

        return self._mutate(
            caller.asks("RebootInstances", self.clock(), ids=ids, options={"dry_run": dry_run}), caller, act
        )

    def outside(self, instance: Instance, action: str, *, reason: Reason | None = None) -> Change:
        """Somebody else acts: another tool (start, stop, terminate, reboot) or the OS itself (shutdown)."""
        call = Call(self.clock(), action, instance.account, instance.region, (instance.instance_id,))
        change = self.power.from_outside(instance, action, call.at, reason=reason)
        if change.moved:
            self.ledger.moved(change, call, by="outside")
        return change

    def admit(self, call: Call, caller: Caller, *, bucket: str = "") -> None:
        """Counts the call and raises what the scripted faults, the token buckets or the permissions say."""
        self.ledger.calls[call.key] += 1
        fault = self.faults.take(ERRORS, call)
        kind = fault.kind if fault is not None else None
        if kind in _FAULT_ERRORS:
            error = _FAULT_ERRORS[kind]
            raise error()
        if kind == "throttle" or not self.buckets.take(call, bucket=bucket):
            self.ledger.throttled[call.key] += 1
            raise errors.throttled()
        if kind == "denied" or call.action in caller.denied:
            raise errors.unauthorized(caller.arn, action=call.action)

    def find(self, call: Call) -> list[Instance]:
        """The servers a call names, each once. AwsError names every malformed or unknown id."""
        group = self._instances.get((call.account, call.region), {})
        wanted = list(dict.fromkeys(call.ids))
        if missing := [it for it in wanted if it not in group or not self._shows(group[it], call)]:
            bad = [it for it in missing if not _ID.fullmatch(it)]
            raise errors.malformed(bad) if bad else errors.not_found(missing)
        return [group[it] for it in wanted]

    def visible(self, call: Call) -> list[Instance]:
        """The servers a call may see: none that is long terminated, none that a fault hides."""
        group = self._instances.get((call.account, call.region), {})
        return [it for it in group.values() if self._shows(it, call)]

    def _shows(self, instance: Instance, call: Call) -> bool:
        at, view = instance.timeline[-1]
        if view.state == "terminated" and at <= call.at - self.settings.terminated_visible:
            return False
        return not self._strikes("not_found", instance, call)

    def seen_at(self, instance: Instance, call: Call) -> float:
        """The moment a describe shows: now, or an older one while a `stale` fault strikes."""
        fault = self._take("stale", instance, call)
        if fault is None:
            return call.at
        return fault.made_at if fault.seconds is None else call.at - fault.seconds

    def stats(self) -> dict[str, Any]:
        return {
            "calls": self.ledger.counted(),
            "buckets": self.buckets.levels(),
            "servers": len(self.everything()),
        }

    def _mutate(self, call: Call, caller: Caller, act: _Act) -> list[Change]:
        entry = self.ledger.open(call)
        try:
            changes = self._apply(call, caller, act)
        except AwsError as error:
            entry.error = error.code
            raise
        self.ledger.accept(entry, changes)
        return changes

    def _apply(self, call: Call, caller: Caller, act: _Act) -> list[Change]:
        self.admit(call, caller)
        if not call.ids:
            raise errors.missing_parameter("InstanceId")
        found = [(it, it.view(call.at)) for it in self.find(call)]
        if call.options.get("dry_run"):
            raise errors.dry_run()
        changes = act(found, call)
        for change in changes:
            if change.moved:
                self.ledger.moved(change, call, by="api")
        return changes

    def _failed_start(self, instance: Instance, call: Call) -> Reason | None:
        fault = self._take("failed_start", instance, call)
        if fault is None:
            return None
        if fault.code is None:
            return power.LAUNCH_ERROR
        return Reason(fault.code, fault.message or fault.code)

    def _strikes(self, kind: str, instance: Instance, call: Call) -> bool:
        return self._take(kind, instance, call) is not None

    def _take(self, kind: str, instance: Instance, call: Call) -> Fault | None:
        if not self.faults.any(kind):
            return None
        one = Call(call.at, call.action, call.account, call.region, (instance.instance_id,))
        return self.faults.take((kind,), one)
