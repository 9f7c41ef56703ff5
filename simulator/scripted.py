"""What the scripted faults do to calls and to single servers.

Must not know the network; what strikes the connection is acted out elsewhere.
"""

from collections.abc import Callable, Collection
from dataclasses import replace

from simulator import errors
from simulator.calls import Call, Caller
from simulator.errors import AwsError
from simulator.faults import Fault, Faults
from simulator.instances import Instance, Reason
from simulator.reasons import LAUNCH_ERROR, stated
from simulator.refusals import Found

# Every other action is EC2's.
_SERVICES = {"AssumeRole": "sts", "GetCallerIdentity": "sts", "GetMetricData": "cloudwatch"}
_SKEW = 1000.0


class Scripted:
    """Asks the faults, in the words of the world."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    def error(self, fault: Fault, call: Call, caller: Caller, *, resource: str) -> AwsError:
        """The refusal of an error fault; the fault's own code, message and status go first."""
        usual = _USUAL[fault.kind](fault, call, caller, resource)
        if fault.code is None and fault.message is None and fault.status is None:
            return usual
        code, message = fault.code or usual.code, fault.message or usual.message
        return AwsError(code, message, status=fault.status or usual.status)

    def hides(self, instance: Instance, call: Call) -> bool:
        return self.strikes("not_found", instance, call)

    def seen_at(self, instance: Instance, call: Call) -> float:
        """The moment a describe shows: now, or an older one while a `stale` fault strikes."""
        fault = self._take("stale", instance, call)
        if fault is None:
            return call.at
        return fault.made_at if fault.seconds is None else call.at - fault.seconds

    def failed_start(self, instance: Instance, call: Call) -> Reason | None:
        """The StateReason with which this start falls back to stopped."""
        fault = self._take("failed_start", instance, call)
        if fault is None:
            return None
        return stated(fault.code, fault.message) if fault.code else LAUNCH_ERROR

    def shortage(self, found: Found, call: Call) -> AwsError | None:
        """The refusal of a start for which EC2 has no room; only stopped servers need any."""
        wanted = (it for it, view in found if view.state == "stopped")
        return next(
            (errors.no_capacity(it.kind, zone=it.zone) for it in wanted
             if self.strikes("insufficient_capacity", it, call)), None,
        )  # fmt: skip

    def told_as(self, instance: Instance, call: Call, others: Collection[Instance]) -> Instance | None:
        """The server that an answer names in its place: itself, another one, or none at all."""
        if self.strikes("omit", instance, call):
            return None
        if self.strikes("wrong_instance", instance, call):
            return _another(instance, others)
        return instance

    def strikes(self, kind: str, instance: Instance, call: Call) -> bool:
        return self._take(kind, instance, call) is not None

    def _take(self, kind: str, instance: Instance, call: Call) -> Fault | None:
        if not self._faults.any(kind):
            return None
        one = replace(
            call,
            ids=(instance.instance_id,),
            kinds=frozenset((instance.kind,)),
            zones=frozenset((instance.zone,)),
        )
        return self._faults.take((kind,), one)


def _another(instance: Instance, others: Collection[Instance]) -> Instance:
    """One that is there, or, where it is alone, one that is not."""
    found = next((it for it in others if it is not instance), None)
    if found is not None:
        return found
    last = "0" if instance.instance_id[-1] != "0" else "1"
    return replace(instance, instance_id=instance.instance_id[:-1] + last, rendered={})


def denied(call: Call, caller: Caller, *, resource: str) -> AwsError:
    """What the service a call belongs to says to a caller without the permission."""
    service = _SERVICES.get(call.action)
    if service is None:
        return errors.unauthorized(caller.arn, action=call.action, resource=resource)
    return errors.access_denied(caller.arn, action=f"{service}:{call.action}")


def _expired(_: Fault, call: Call, __: Caller, ___: str) -> AwsError:
    return errors.expired_token() if call.action in _SERVICES else errors.request_expired()


def _skewed(fault: Fault, call: Call, _: Caller, __: str) -> AwsError:
    """EC2's error list has RequestExpired for a time stamp 15 minutes off; the others speak of signatures."""
    skew = _SKEW if fault.seconds is None else fault.seconds
    service = _SERVICES.get(call.action)
    if service == "sts":
        return errors.signature_expired(call.at, skew=skew, code="SignatureDoesNotMatch", status=403)
    if service == "cloudwatch":
        return errors.signature_expired(call.at, skew=skew, code="InvalidSignatureException", status=400)
    return errors.request_expired()


_USUAL: dict[str, Callable[[Fault, Call, Caller, str], AwsError]] = {
    "throttle": lambda *_: errors.throttled(),
    "error": lambda fault, *_: AwsError(fault.code or "InternalError", "An error has occurred"),
    "error_500": lambda *_: errors.internal(),
    "error_503": lambda *_: errors.unavailable(),
    "zone_down": lambda *_: errors.unavailable(),
    "denied": lambda _, call, caller, resource: denied(call, caller, resource=resource),
    "expired": _expired,
    "skewed": _skewed,
}
