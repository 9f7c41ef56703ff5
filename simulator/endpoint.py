"""From a request to an answer: recognises the caller, asks the right service, acts out connection faults.

Must not know sockets. It says what the connection shall do (wait, cut), it does not do it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count

from simulator import cloudwatch, control, ec2, errors, query, signature, spoiling, sts, xml
from simulator.calls import Call, Caller
from simulator.errors import AwsError
from simulator.faults import AFTER, BEFORE, Fault
from simulator.identity import REGIONS, Credential
from simulator.messages import AWS_JSON, JSON, Answer, Request
from simulator.settings import dice
from simulator.signature import Signed
from simulator.simulation import Simulation

MUTATIONS = frozenset({"StartInstances", "StopInstances", "RebootInstances"})
_MARK = "cloudevy-call/"
_SERVER_ERROR = 500


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request understood: which service, which action, with which signature."""

    service: str
    action: str
    params: Mapping[str, str]
    signed: Signed | None
    mark: str | None = None


class Endpoint:
    """Answers requests for one simulation."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self._numbers = count(1)
        # Latency is drawn apart, so that it does not shift the transition times of a seed.
        self._random = dice(simulation.seed)

    def handle(self, request: Request) -> Answer:
        """The answer to any request; AWS-shaped whatever was sent."""
        if request.target.startswith("/_sim/"):
            status, value = control.answer(self.simulation, request)
            return Answer(status, json.dumps(value).encode(), JSON)
        asked, number = _understood(request), f"00000000-0000-4000-8000-{next(self._numbers):012x}"
        try:
            credential = self._recognised(request, asked)
        except AwsError as error:
            return self._unrecognised(asked, error, number)
        caller = _caller(credential, asked, request_id=number)
        disturbed = self.simulation.world.faults.exist
        answer = (self._disturbed if disturbed else self._late)(request, asked, caller)
        if (entry := self.simulation.world.ledger.last(number)) is not None:
            answer.lost = entry.lost
        return answer

    def _disturbed(self, request: Request, asked: _Asked, caller: Caller) -> Answer:
        """Served while there are faults, some of which may strike the connection."""
        world = self.simulation.world
        call = world.placed(caller.asks(asked.action, world.clock(), ids=_ids(asked)))
        if (fault := world.faults.take(BEFORE, call)) is not None:
            return self._cut_before(fault, call)
        answer = self._late(request, asked, caller)
        if (fault := world.faults.take(AFTER, call)) is not None:
            spoiling.after(answer, fault)
            if (entry := world.ledger.last(caller.request_id)) is not None:
                entry.answer = fault.kind
        return answer

    def _late(self, request: Request, asked: _Asked, caller: Caller) -> Answer:
        answer = self._served(request, asked, caller)
        answer.wait = self._latency(asked)
        return answer

    def _served(self, request: Request, asked: _Asked, caller: Caller) -> Answer:
        world, number = self.simulation.world, caller.request_id or ""
        try:
            if asked.service == "ec2":
                body = ec2.answer(world, caller, asked.params)
                return Answer(200, xml.ec2_answer(asked.action, body, request_id=number))
            if asked.service == "sts":
                world.admit(caller.asks(asked.action, world.clock()), caller)
                body = sts.answer(
                    self.simulation.identities, self._credential(asked), asked.params, now=world.clock()
                )
                return Answer(200, xml.sts_answer(asked.action, body, request_id=number))
            value = cloudwatch.answer(world, caller, asked.action, _json(request.body))
            return Answer(200, json.dumps(value).encode(), AWS_JSON, {"x-amzn-RequestId": number})
        except AwsError as error:
            return _refusal(asked, error, number)

    def _recognised(self, request: Request, asked: _Asked) -> Credential:
        """AwsError in the words of the service that was asked."""
        is_ec2, signed = asked.service == "ec2", asked.signed
        if signed is None:
            raise errors.auth_failure() if is_ec2 else errors.unsigned()
        credential = self.simulation.identities.credential(signed.key_id)
        if credential is None or credential.token != request.headers.get("x-amz-security-token"):
            raise errors.auth_failure() if is_ec2 else errors.invalid_token()
        if credential.expires_at is not None and credential.expires_at <= self.simulation.world.clock():
            raise errors.request_expired() if is_ec2 else errors.expired_token()
        if self.simulation.world.settings.verify_signatures and not signature.fits(
            signed, request, secret=credential.secret
        ):
            raise errors.auth_failure() if is_ec2 else errors.bad_signature()
        if signed.region not in REGIONS:
            raise errors.auth_failure() if is_ec2 else errors.invalid_token()
        return credential

    def _credential(self, asked: _Asked) -> Credential:
        credential = self.simulation.identities.credential(asked.signed.key_id) if asked.signed else None
        if credential is None:
            raise errors.unsigned()
        return credential

    def _cut_before(self, fault: Fault, call: Call) -> Answer:
        """No effect: a mutation is still written down, as one that never arrived."""
        if call.action in MUTATIONS:
            entry = self.simulation.world.note(call)
            entry.error = entry.answer = fault.kind
        return spoiling.before(fault)

    def _unrecognised(self, asked: _Asked, error: AwsError, number: str) -> Answer:
        """A mutation that was not let in is written down too; a key nobody knows has no account."""
        if asked.action in MUTATIONS:
            key, region = (asked.signed.key_id, asked.signed.region) if asked.signed else ("", "")
            known = self.simulation.identities.credential(key)
            account, at = known.account if known else "", self.simulation.world.clock()
            call = Call(at, asked.action, account, region, _ids(asked), asked.mark, number)
            self.simulation.world.note(call).error = error.code
        return _refusal(asked, error, number)

    def _latency(self, asked: _Asked) -> float:
        settings = self.simulation.world.settings
        span = settings.write_latency if asked.action in MUTATIONS else settings.read_latency
        return span.draw(self._random)


def _understood(request: Request) -> _Asked:
    signed = signature.read(request.headers.get("authorization"))
    mark = request.headers.get("user-agent", "").partition(_MARK)[2].partition(" ")[0] or None
    target = request.headers.get("x-amz-target")
    if target is not None:
        return _Asked("monitoring", target.rpartition(".")[2], {}, signed, mark)
    is_form = request.method == "POST"
    text = request.body.decode("utf-8", "replace") if is_form else request.target.partition("?")[2]
    params = query.parsed(text)
    is_sts = (signed is not None and signed.service == "sts") or params.get("Version") == "2011-06-15"
    return _Asked("sts" if is_sts else "ec2", params.get("Action", ""), params, signed, mark)


def _caller(credential: Credential, asked: _Asked, *, request_id: str) -> Caller:
    return Caller(
        account=credential.account,
        region=asked.signed.region if asked.signed else "",
        arn=credential.arn,
        denied=credential.denied,
        mark=asked.mark,
        request_id=request_id,
        only_tagged=credential.only_tagged,
    )


def _refusal(asked: _Asked, error: AwsError, number: str) -> Answer:
    if asked.service == "monitoring":
        body = json.dumps({"__type": f"com.amazonaws.cloudwatch#{error.code}", "message": error.message})
        headers = {"x-amzn-RequestId": number, "x-amzn-query-error": f"{error.code};Sender"}
        return Answer(error.status, body.encode(), AWS_JSON, headers)
    if asked.service == "sts":
        sender = error.status < _SERVER_ERROR
        return Answer(
            error.status, xml.sts_error(error.code, error.message, request_id=number, sender=sender)
        )
    return Answer(error.status, xml.ec2_error(error.code, error.message, request_id=number))


def _ids(asked: _Asked) -> list[str]:
    if asked.action == "DescribeInstanceAttribute":
        return [asked.params.get("InstanceId", "")]
    return query.members(asked.params, "InstanceId")


def _json(body: bytes) -> Mapping[str, object]:
    try:
        value = json.loads(body or b"{}")
    except ValueError as error:
        raise AwsError("SerializationException", f"The body is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise AwsError("SerializationException", "The body is not a JSON object.")
    return value
