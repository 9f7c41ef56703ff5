"""Start, stop, reboot and the rest: the timeline each action writes. Who may do what: `refusals`.

Sources: the EC2 user guide's instance lifecycle, the API reference, EC2's own messages as users quote them.
Must not know callers, buckets or the ledger.
"""

from dataclasses import replace
from random import Random
from time import gmtime, strftime

from simulator.instances import Instance, Reason, View
from simulator.ledger import Change
from simulator.reasons import (
    INSIDE_SHUTDOWN,
    LAUNCH_ERROR,
    PENDING,
    SPOT_SHUTDOWN,
    SPOT_TERMINATION,
    USER_HIBERNATE,
    USER_SHUTDOWN,
)
from simulator.settings import Settings, Span

_FORCED_SECONDS = 3.0


class Power:
    """Writes timelines. `random` draws every length of time, so a seed repeats a run."""

    def __init__(self, settings: Settings, random: Random) -> None:
        self.settings = settings
        self._random = random

    def start(
        self, instance: Instance, now: float, *, fails_as: Reason | None = None, stuck: bool = False
    ) -> Change:
        """`fails_as` is the StateReason with which the start falls back to stopped; a stuck one never ends.

        Without a grant on the key of its encrypted volume a server falls back each time, and no call says so
        (AWS knowledge center, "EC2 instance doesn't start: KMS").
        """
        before = instance.view(now)
        if before.state != "stopped":
            return _unmoved(instance, before, now)
        if fails_as is None and instance.kms_denied:
            fails_as = LAUNCH_ERROR
        ends = now + self._length(instance.start_seconds, self.settings.start)
        steps = [(now, View("pending", now, PENDING, public_ip=None, checks="initializing"))]
        if stuck:
            instance.begin(now, steps)
            return Change(instance.instance_id, before.state, "pending")
        if fails_as:
            steps.append((ends, View("stopped", now, fails_as, note=_note("Client error", ends))))
        else:
            steps += self._up(instance, now, ends)
        instance.begin(now, steps)
        end = "stopped" if fails_as else "running"
        return Change(instance.instance_id, before.state, "pending", ends, end)

    def _up(self, instance: Instance, now: float, ends: float) -> list[tuple[float, View]]:
        address = instance.elastic_ip or self._address()
        running = View("running", now, public_ip=address, checks="initializing")
        return [(ends, running), (ends + self._draw(self.settings.checks), replace(running, checks="ok"))]

    def stop(
        self, instance: Instance, now: float, *, reason: Reason = USER_SHUTDOWN, force: bool = False,
        stuck: bool = False,
    ) -> Change:  # fmt: skip
        """A stuck stop never ends; `force` ends even that one.

        Where hibernation fails, a normal shutdown occurs instead (API reference, StopInstances): only the
        reason of the end tells.
        """
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
            why = USER_SHUTDOWN if reason is USER_HIBERNATE and instance.hibernation_fails else reason
            steps.append(
                (ends, replace(stopping, state="stopped", reason=why, public_ip=instance.elastic_ip))
            )
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
        """What another tool, the OS (`shutdown`) or the Spot market (`interrupt`) does, unbound by the API.

        An interruption stops a server of a persistent request and terminates that of a one-time one.
        """
        if action == "start":
            return self.start(instance, now, fails_as=reason)
        if action == "reboot":
            return self.reboot(instance, now)
        if action == "interrupt" and instance.spot_persistent:
            return self.stop(instance, now, reason=reason or SPOT_SHUTDOWN)
        if action == "interrupt":
            return self.terminate(instance, now, reason=reason or SPOT_TERMINATION)
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
