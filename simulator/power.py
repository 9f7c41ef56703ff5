"""Start, stop, reboot and the rest: which state allows what, and the timeline each action writes.

Sources: the EC2 user guide's instance lifecycle, the API reference, EC2's own messages as users quote them.
Must not know callers, buckets or the ledger.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from random import Random
from time import gmtime, strftime

from simulator import errors
from simulator.errors import AwsError
from simulator.instances import Instance, Reason, View
from simulator.ledger import Change
from simulator.settings import Settings, Span

USER_SHUTDOWN = Reason(
    "Client.UserInitiatedShutdown", "Client.UserInitiatedShutdown: User initiated shutdown"
)
USER_HIBERNATE = Reason(
    "Client.UserInitiatedHibernate", "Client.UserInitiatedHibernate: User initiated hibernate"
)
INSIDE_SHUTDOWN = Reason(
    "Client.InstanceInitiatedShutdown", "Client.InstanceInitiatedShutdown: Instance initiated shutdown"
)
LAUNCH_ERROR = Reason("Client.InternalError", "Client.InternalError: Client error on launch")
PENDING = Reason("pending", "pending")
_FORCED_SECONDS = 3.0

Found = Sequence[tuple[Instance, View]]
Rule = tuple[Callable[[Instance, View], bool], Callable[[list[str]], AwsError]]


def refuse_start(found: Found) -> None:
    """Raises what StartInstances says to these servers, every offender named."""
    _refuse(found, [(lambda _, v: v.state not in ("stopped", "pending", "running"), _wrong("started"))])


def refuse_stop(found: Found, *, hibernate: bool, pending_ok: bool) -> None:
    """Raises what StopInstances says to these servers, every offender named."""
    states = {"running", "stopping", "stopped"} | ({"pending"} if pending_ok else set())
    rules: list[Rule] = [
        (lambda _, v: v.state not in states, _wrong("stopped")),
        (lambda i, _: i.root_device != "ebs", errors.instance_store),
        (lambda i, _: i.lifecycle == "spot" and not i.spot_persistent, errors.one_time_spot),
        (lambda i, v: i.stop_protected and v.state != "stopped", errors.stop_protected),
    ]
    if hibernate:
        rules.append((lambda i, _: not i.hibernation, errors.not_hibernatable))
    _refuse(found, rules)


def refuse_reboot(found: Found) -> None:
    """A terminated server is passed over in silence (API reference); any other must be running."""
    _refuse(found, [(lambda _, v: v.state not in ("running", "terminated"), _wrong("rebooted"))])


def _refuse(found: Found, rules: Iterable[Rule]) -> None:
    for broken, error in rules:
        if offenders := [instance.instance_id for instance, view in found if broken(instance, view)]:
            raise error(offenders)


def _wrong(verb: str) -> Callable[[list[str]], AwsError]:
    return lambda ids: errors.wrong_state(ids, verb=verb)


class Power:
    """Writes timelines. `random` draws every length of time, so a seed repeats a run."""

    def __init__(self, settings: Settings, random: Random) -> None:
        self.settings = settings
        self._random = random

    def start(self, instance: Instance, now: float, *, fails_as: Reason | None = None) -> Change:
        """`fails_as` is the StateReason with which the start falls back to stopped."""
        before = instance.view(now)
        if before.state != "stopped":
            return _unmoved(instance, before, now)
        ends = now + self._length(instance.start_seconds, self.settings.start)
        pending = View("pending", now, PENDING, public_ip=None, checks="initializing")
        address = instance.elastic_ip or self._address()
        running = View("running", now, public_ip=address, checks="initializing")
        steps = [(now, pending)]
        if fails_as:
            steps.append((ends, View("stopped", now, fails_as, note=_note("Client error", ends))))
        else:
            steps += [
                (ends, running),
                (ends + self._draw(self.settings.checks), replace(running, checks="ok")),
            ]
        instance.begin(now, steps)
        return Change(
            instance.instance_id, before.state, "pending", ends, "stopped" if fails_as else "running"
        )

    def stop(
        self, instance: Instance, now: float, *, reason: Reason = USER_SHUTDOWN, force: bool = False,
        stuck: bool = False,
    ) -> Change:  # fmt: skip
        """A stuck stop never ends; `force` ends even that one."""
        before = instance.view(now)
        if before.state not in ("running", "pending", "stopping") or (
            before.state == "stopping" and not force
        ):
            return _unmoved(instance, before, now)
        length = self._length(instance.stop_seconds, self.settings.stop)
        ends = now + (min(length, _FORCED_SECONDS) if force else length)
        note = _note("User initiated" if reason is USER_SHUTDOWN else "", now)
        stopping = View("stopping", before.launched_at, reason, note, before.checks, before.public_ip)
        steps = [(now, stopping)]
        if not stuck:
            steps.append((ends, replace(stopping, state="stopped", public_ip=instance.elastic_ip)))
        instance.begin(now, steps)
        end = None if stuck else ends
        return Change(instance.instance_id, before.state, "stopping", end, None if stuck else "stopped")

    def terminate(self, instance: Instance, now: float, *, reason: Reason = USER_SHUTDOWN) -> Change:
        before = instance.view(now)
        if before.state in ("terminated", "shutting-down"):
            return _unmoved(instance, before, now)
        ends = now + self._draw(self.settings.terminate)
        going = View("shutting-down", before.launched_at, reason, _note("User initiated", now))
        instance.begin(now, [(now, going), (ends, replace(going, state="terminated"))])
        return Change(instance.instance_id, before.state, "shutting-down", ends, "terminated")

    def reboot(self, instance: Instance, now: float) -> Change:
        """Stays running; the status checks dip a little later, unless the reboot is a quick one."""
        before = instance.view(now)
        if before.state != "running":
            return _unmoved(instance, before, now)
        dips = now + self._draw(self.settings.reboot_lag)
        back = dips + self._draw(self.settings.reboot_dip)
        if self._random.random() < self.settings.quick_reboot:
            return Change(instance.instance_id, "running", "running", dips, "running")
        low, ok = replace(before, checks="initializing"), replace(before, checks="ok")
        instance.begin(now, [(dips, low), (back, ok)])
        return Change(instance.instance_id, "running", "running", back, "running")

    def from_outside(self, instance: Instance, action: str, now: float, *, reason: Reason | None) -> Change:
        """What another tool or, for `shutdown`, the OS does; the API's state rules do not bind them."""
        if action == "start":
            return self.start(instance, now, fails_as=reason)
        if action == "reboot":
            return self.reboot(instance, now)
        inside = action == "shutdown"
        why = reason or (INSIDE_SHUTDOWN if inside else USER_SHUTDOWN)
        if action == "terminate" or (inside and instance.shutdown_behavior == "terminate"):
            return self.terminate(instance, now, reason=why)
        return self.stop(instance, now, reason=why)

    def _length(self, own: float | None, span: Span) -> float:
        return own if own is not None else self._draw(span)

    def _draw(self, span: Span) -> float:
        return span.draw(self._random)

    def _address(self) -> str:
        return f"203.0.113.{self._random.randrange(1, 255)}"


def _unmoved(instance: Instance, view: View, now: float) -> Change:
    """A call that changes nothing still tells when the transition it found under way will end."""
    ahead = next(
        ((at, v.state) for at, v in instance.timeline if at > now and v.state != view.state), (None, None)
    )
    return Change(instance.instance_id, view.state, view.state, ahead[0], ahead[1])


def _note(text: str, at: float) -> str:
    return f"{text} ({strftime('%Y-%m-%d %H:%M:%S', gmtime(at))} GMT)" if text else ""
