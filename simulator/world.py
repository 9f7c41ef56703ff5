"""The world: accounts' servers, their limits, their faults and the ledger, as one object without a network.

Every public method is one AWS call. The clock is a callable, so a test may own the time; nothing here waits.
Must not know HTTP, XML or credentials: a caller comes already identified.
"""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from simulator import byitself, errors, refusals
from simulator.buckets import Buckets
from simulator.byitself import Agenda
from simulator.calls import Call, Caller
from simulator.errors import AwsError
from simulator.faults import ERRORS, Faults
from simulator.instances import Instance, Reason
from simulator.ledger import Change, Entry, Ledger
from simulator.population import Population
from simulator.power import Power
from simulator.reasons import USER_HIBERNATE, USER_SHUTDOWN
from simulator.refusals import Found, Refusal
from simulator.scripted import Scripted, denied
from simulator.settings import Settings, dice

_ID = re.compile(r"i-(?:[0-9a-f]{8}|[0-9a-f]{17})")


@dataclass(frozen=True, slots=True)
class _Act:
    """One of the three actions: whether it may be, and what it does to one server."""

    refusal: Callable[[Found, Call], Refusal | None]
    do: Callable[[Instance, Call], Change]


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
        # Drawn apart, so that it does not shift the transition times of a seed.
        self.order = dice(seed)
        self.ledger = Ledger(monotonic_of)
        self.faults = Faults(self.random)
        self.scripted = Scripted(self.faults)
        self.power = Power(self.settings, self.random)
        self.buckets = Buckets(self.settings.limits)
        self.agenda = Agenda()
        self._servers = Population(instances)

    def settle(self, settings: Settings) -> None:
        """Takes new settings; transitions under way keep the end they were given."""
        self.settings = settings
        self.power = Power(settings, self.random)
        if settings.limits != self.buckets.limits:
            self.buckets = Buckets(settings.limits)

    def add(self, instance: Instance) -> None:
        self._servers.add(instance)

    def remove(self, instance: Instance) -> None:
        self._servers.remove(instance)

    def everything(self) -> list[Instance]:
        self.agenda.catch_up(self.clock())
        return list(self._servers)

    def instance(self, instance_id: str) -> Instance | None:
        """A server wherever it is; for tests and the control endpoints."""
        self.agenda.catch_up(self.clock())
        return self._servers.named(instance_id)

    def start(self, caller: Caller, ids: Sequence[str], *, dry_run: bool = False) -> list[Change]:
        """StartInstances. One bad id fails all of it, and nothing has changed then."""
        call = caller.asks("StartInstances", self.clock(), ids=ids, options={"dry_run": dry_run})
        return self._mutate(call, caller, _Act(self._start_refusal, self._start))

    def _start_refusal(self, found: Found, call: Call) -> Refusal | None:
        refusal = refusals.of_start(found, settings=self.settings, at=call.at)
        shortage = self.scripted.shortage(found, call) if refusal is None else None
        return Refusal(shortage, frozenset(call.ids)) if shortage else refusal

    def _start(self, instance: Instance, call: Call) -> Change:
        stuck = self.scripted.strikes("stuck_start", instance, call)
        fails_as = self.scripted.failed_start(instance, call)
        return self.power.start(instance, call.at, fails_as=fails_as, stuck=stuck)

    def stop(
        self,
        caller: Caller,
        ids: Sequence[str],
        *,
        dry_run: bool = False,
        force: bool = False,
        hibernate: bool = False,
    ) -> list[Change]:
        """StopInstances. One bad id fails all of it, and nothing has changed then (see `batch_partial`)."""
        reason = USER_HIBERNATE if hibernate else USER_SHUTDOWN

        def do(instance: Instance, call: Call) -> Change:
            stuck = not force and self.scripted.strikes("stuck", instance, call)
            return self.power.stop(instance, call.at, reason=reason, force=force, stuck=stuck)

        def refusal(found: Found, call: Call) -> Refusal | None:
            return refusals.of_stop(found, settings=self.settings, at=call.at, hibernate=hibernate)

        options = {"dry_run": dry_run, "force": force, "hibernate": hibernate}
        call = caller.asks("StopInstances", self.clock(), ids=ids, options=options)
        return self._mutate(call, caller, _Act(refusal, do))

    def reboot(self, caller: Caller, ids: Sequence[str], *, dry_run: bool = False) -> list[Change]:
        """RebootInstances. The servers stay running; only their status checks tell."""
        call = caller.asks("RebootInstances", self.clock(), ids=ids, options={"dry_run": dry_run})
        act = _Act(
            lambda found, _: refusals.of_reboot(found),
            lambda instance, call: self.power.reboot(instance, call.at),
        )
        return self._mutate(call, caller, act)

    def outside(self, instance: Instance, action: str, *, reason: Reason | None = None) -> Change:
        """Somebody else acts: another tool, the OS itself (shutdown) or the Spot market (interrupt)."""
        now = self.clock()
        self.agenda.catch_up(now)
        return self._moved(
            instance, self.power.from_outside(instance, action, now, reason=reason), action, at=now
        )

    def plan(self, instance: Instance, code: str, *, after: float) -> dict[str, str]:
        """AWS announces an event for `after` seconds from now, and then carries it out."""
        at = self.clock() + after
        event = byitself.announce(instance, code, number=len(instance.events) + 1, at=at)
        self.agenda.add(at, partial(self._carry_out, instance, event))
        return event

    def _carry_out(self, instance: Instance, event: dict[str, str], at: float) -> None:
        change = byitself.carry_out(self.power, instance, event, at)
        if change is not None:
            self._moved(instance, change, event["code"], at=at, by="aws")
        self.agenda.add(byitself.forgotten_at(at), lambda _: byitself.forget(instance, event))

    def _moved(
        self, instance: Instance, change: Change, action: str, *, at: float, by: str = "outside"
    ) -> Change:
        if change.moved:
            call = Call(at, action, instance.account, instance.region, (instance.instance_id,))
            self.ledger.moved(change, call, by=by)
            if by != "group":
                self._notice(instance, change, at=at)
        return change

    def _notice(self, instance: Instance, change: Change, *, at: float) -> None:
        """An Auto Scaling group takes a member that is not running for unhealthy, and replaces it."""
        if byitself.GROUP_TAG in instance.tags and change.after in ("stopping", "shutting-down"):
            later = at + self.settings.replace.draw(self.random)
            self.agenda.add(later, partial(self._replace, instance))

    def _replace(self, instance: Instance, at: float) -> None:
        state = instance.view(at).state
        if state in ("pending", "running"):
            return
        self._moved(instance, self.power.terminate(instance, at), "terminate", at=at, by="group")
        new = byitself.successor(instance, self.random, at=at)
        self.add(new)
        self._moved(new, self.power.start(new, at), "launch", at=at, by="group")

    def admit(self, call: Call, caller: Caller, *, bucket: str = "") -> None:
        """Counts the call and raises what the scripted faults, the token buckets or the permissions say."""
        self.agenda.catch_up(call.at)
        self.ledger.calls[call.key] += 1
        fault = self.faults.take(ERRORS, self._servers.placed(call)) if self.faults.exist else None
        if fault is not None:
            self.ledger.throttled[call.key] += fault.kind == "throttle"
            raise self.scripted.error(fault, call, caller, resource=self._arn(call))
        if not self.buckets.take(call, bucket=bucket):
            self.ledger.throttled[call.key] += 1
            raise errors.throttled()
        if call.action in caller.denied:
            raise denied(call, caller, resource=self._arn(call))

    def placed(self, call: Call) -> Call:
        """The call with the types and zones of the servers it names, which faults may ask for."""
        return self._servers.placed(call)

    def _arn(self, call: Call) -> str:
        """The resource a refusal names: the first server of a call that wants to change it."""
        if call.action.startswith("Describe") or not call.ids:
            return ""
        return f"arn:aws:ec2:{call.region}:{call.account}:instance/{call.ids[0]}"

    def find(self, call: Call, *, foreign_is_absent: bool = False) -> list[Instance]:
        """The servers a call names, each once. AwsError names every malformed or unknown id.

        `foreign_is_absent`: an id of another account is left out (API reference, DescribeInstances).
        """
        group = self._servers.of(call)
        wanted = list(dict.fromkeys(call.ids))
        if foreign_is_absent and self.settings.foreign_ids == "absent":
            wanted = [it for it in wanted if it in group or not self._servers.foreign(it, call)]
        if missing := [it for it in wanted if it not in group or not self._shows(group[it], call)]:
            bad = [it for it in missing if not _ID.fullmatch(it)]
            raise errors.malformed(bad) if bad else self._not_found(missing)
        return [group[it] for it in wanted]

    def _not_found(self, missing: list[str]) -> AwsError:
        return errors.not_found(missing[:1] if self.settings.not_found_names == "first" else missing)

    def visible(self, call: Call) -> list[Instance]:
        """The servers a call may see: none that is long terminated, none that a fault hides."""
        return [it for it in self._servers.of(call).values() if self._shows(it, call)]

    def _shows(self, instance: Instance, call: Call) -> bool:
        at, view = instance.timeline[-1]
        if view.state == "terminated" and at <= call.at - self.settings.terminated_visible:
            return False
        return not self.scripted.hides(instance, call)

    def seen_at(self, instance: Instance, call: Call) -> float:
        return self.scripted.seen_at(instance, call)

    def meets(self, kind: str, call: Call) -> bool:
        """Whether a fault of this kind strikes the call as a whole; it is then used."""
        return self.faults.any(kind) and self.faults.take((kind,), self._servers.placed(call)) is not None

    def told_as(self, instance: Instance, call: Call) -> Instance | None:
        """The server an answer names in the place of this one; None where it is left out."""
        return self.scripted.told_as(instance, call, self._servers.beside(instance))

    def stats(self) -> dict[str, Any]:
        return {
            "calls": self.ledger.counted(),
            "buckets": self.buckets.levels(),
            "servers": len(self.everything()),
        }

    def note(self, call: Call) -> Entry:
        """Writes a call down, with the states it met, before its outcome is known."""
        return self.ledger.open(call, before=self._servers.states(call))

    def _mutate(self, call: Call, caller: Caller, act: _Act) -> list[Change]:
        """The changes as the caller is told of them; the ledger gets the true ones."""
        self.agenda.catch_up(call.at)
        entry = self.note(call)
        try:
            changes = self._apply(call, caller, act, entry)
        except AwsError as error:
            entry.error = error.code
            raise
        entry.accepted = True
        return self._told(changes, call) if self.faults.exist else changes

    def _apply(self, call: Call, caller: Caller, act: _Act, entry: Entry) -> list[Change]:
        self.admit(call, caller)
        if not call.ids:
            raise errors.missing_parameter("InstanceId")
        found = [(it, it.view(call.at)) for it in self.find(call)]
        if barred := next((it for it, _ in found if not caller.may_change(it.tags)), None):
            raise errors.unauthorized(caller.arn, action=call.action, resource=barred.arn)
        if call.options.get("dry_run"):
            raise errors.dry_run()
        refusal = act.refusal(found, call)
        if refusal is not None:
            found = list(refusals.spared(found, refusal, how=self.settings.batch_partial))
        changes = [self._done(it, act.do(it, call), call) for it, _ in found]
        entry.note(changes)
        if refusal is not None:
            raise refusal.error
        return changes

    def _done(self, instance: Instance, change: Change, call: Call) -> Change:
        if change.moved:
            self.ledger.moved(change, call, by="api")
            self._notice(instance, change, at=call.at)
        return change

    def _told(self, changes: Sequence[Change], call: Call) -> list[Change]:
        group = self._servers.of(call)
        told = ((self.told_as(group[one.instance_id], call), one) for one in changes)
        return [replace(one, instance_id=other.instance_id) for other, one in told if other is not None]
