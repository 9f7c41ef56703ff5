"""From a request to an answer: recognises the caller, asks the right service, acts out connection faults.

Must not know sockets. It says what the connection shall do (wait, cut), it does not do it.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from random import Random

from simulator import cloudwatch, control, ec2, errors, query, signature, sts, xml
from simulator.errors import AwsError
from simulator.faults import AFTER, BEFORE, Fault
from simulator.identity import Credential
from simulator.signature import Signed
from simulator.simulation import Simulation
from simulator.world import Caller

_CALL = re.compile(r"\bcloudevy-call/(\S+)")
_XML, _JSON = "text/xml;charset=UTF-8", "application/x-amz-json-1.0"
_GARBAGE = b"<html><body><h1>502 Bad Gateway</h1></body></html>"


@dataclass(frozen=True, slots=True)
class Request:
    """A complete HTTP request; header names are lower case, `target` is path and query."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class Answer:
    """`wait` seconds, then send; `cut` is how to spoil it: reset, hang or truncate."""

    status: int
    body: bytes
    kind: str = _XML
    headers: dict[str, str] = field(default_factory=dict)
    wait: float = 0.0
    cut: str | None = None


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request understood: which service, which action, whose."""

    service: str
    action: str
    params: Mapping[str, str]
    signed: Signed | None


class Endpoint:
    """Answers requests for one simulation."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self._numbers = count(1)
        # Latency is drawn apart, so that it does not shift the transition times of a seed.
        self._random = Random(simulation.seed)

    def handle(self, request: Request) -> Answer:
        if request.target.startswith("/_sim/"):
            return self._controlled(request)
        asked = _understood(request)
        try:
            credential = self._recognised(request, asked)
        except AwsError as error:
            return self._refusal(asked, error, self._request_id())
        caller = _caller(request, credential, asked, request_id=self._request_id())
        if (fault := self._fault(BEFORE, caller, asked)) is not None:
            return self._cut_before(fault, caller, asked)
        answer = self._served(request, asked, credential, caller)
        answer.wait = self._latency(asked)
        if (fault := self._fault(AFTER, caller, asked)) is not None:
            self._spoil(answer, fault, asked)
        return answer

    def _controlled(self, request: Request) -> Answer:
        status, value = control.answer(
            self.simulation, request.method, request.target, request.headers, request.body
        )
        return Answer(status, json.dumps(value).encode(), "application/json")

    def _served(self, request: Request, asked: _Asked, credential: Credential, caller: Caller) -> Answer:
        world, number = self.simulation.world, caller.request_id or ""
        try:
            if asked.service == "ec2":
                body = ec2.answer(world, caller, asked.params)
                return Answer(200, xml.ec2_answer(asked.action, body, request_id=number))
            if asked.service == "sts":
                self.simulation.world.admit(caller, asked.action, now=world.clock())
                body = sts.answer(self.simulation.identities, credential, asked.params, now=world.clock())
                return Answer(200, xml.sts_answer(asked.action, body, request_id=number))
            value = cloudwatch.answer(
                world, caller, request.headers.get("x-amz-target", ""), _json(request.body)
            )
            return Answer(200, json.dumps(value).encode(), _JSON, {"x-amzn-RequestId": number})
        except AwsError as error:
            return self._refusal(asked, error, number)

    def _recognised(self, request: Request, asked: _Asked) -> Credential:
        """AwsError in the words of the service that was asked."""
        signed = asked.signed
        if signed is None:
            raise errors.auth_failure() if asked.service == "ec2" else _missing_authentication()
        credential = self.simulation.identities.credential(signed.key_id)
        token = request.headers.get("x-amz-security-token")
        if credential is None or (credential.token or None) != token:
            raise errors.auth_failure() if asked.service == "ec2" else errors.invalid_token()
        if credential.expires_at is not None and credential.expires_at <= self.simulation.world.clock():
            raise errors.request_expired() if asked.service == "ec2" else errors.expired_token()
        if self.simulation.world.settings.verify_signatures and not signature.fits(
            signed, secret=credential.secret, method=request.method, target=request.target,
            headers=request.headers, body=request.body,
        ):  # fmt: skip
            raise errors.auth_failure() if asked.service == "ec2" else errors.bad_signature()
        if signed.region not in ec2.REGIONS:
            raise errors.auth_failure() if asked.service == "ec2" else errors.invalid_token()
        return credential

    def _refusal(self, asked: _Asked, error: AwsError, number: str) -> Answer:
        if asked.service == "monitoring":
            body = json.dumps({"__type": f"com.amazonaws.cloudwatch#{error.code}", "message": error.message})
            headers = {"x-amzn-RequestId": number, "x-amzn-query-error": f"{error.code};Sender"}
            return Answer(error.status, body.encode(), _JSON, headers)
        if asked.service == "sts":
            body_xml = xml.sts_error(error.code, error.message, request_id=number, sender=error.status < 500)
            return Answer(error.status, body_xml)
        return Answer(error.status, xml.ec2_error(error.code, error.message, request_id=number))

    def _fault(self, kinds: frozenset[str], caller: Caller, asked: _Asked) -> Fault | None:
        if not self.simulation.world.faults.active:
            return None
        return self.simulation.world.faults.take(
            kinds, at=self.simulation.world.clock(), account=caller.account, region=caller.region,
            action=asked.action, ids=query.members(asked.params, "InstanceId"),
        )  # fmt: skip

    def _cut_before(self, fault: Fault, caller: Caller, asked: _Asked) -> Answer:
        """No effect: a mutation is still written down, as one that never arrived."""
        if asked.action in MUTATIONS:
            entry = self.simulation.world.ledger.open(
                at=self.simulation.world.clock(), action=asked.action, account=caller.account, region=caller.region,
                ids=query.members(asked.params, "InstanceId"), call=caller.call,
                request_id=None, options={},
            )  # fmt: skip
            entry.error = entry.answer = fault.kind
        if fault.kind == "hang":
            return Answer(0, b"", cut="hang", wait=300.0 if fault.seconds is None else fault.seconds)
        return Answer(0, b"", cut="reset")

    def _spoil(self, answer: Answer, fault: Fault, asked: _Asked) -> None:
        entries = self.simulation.world.ledger.entries
        if asked.action in MUTATIONS and entries:
            entries[-1].answer = fault.kind
        if fault.kind == "slow":
            answer.wait += 5.0 if fault.seconds is None else fault.seconds
        elif fault.kind == "garbage":
            answer.body, answer.kind = _GARBAGE, "text/html"
        elif fault.kind == "truncate":
            answer.cut = "truncate"
        elif fault.kind == "hang_after":
            answer.cut, answer.wait = "hang", 300.0 if fault.seconds is None else fault.seconds
        else:
            answer.cut = "reset"

    def _latency(self, asked: _Asked) -> float:
        settings = self.simulation.world.settings
        span = settings.write_latency if asked.action in MUTATIONS else settings.read_latency
        return span.draw(self._random)

    def _request_id(self) -> str:
        return f"00000000-0000-4000-8000-{next(self._numbers):012x}"


MUTATIONS = frozenset({"StartInstances", "StopInstances", "RebootInstances"})


def _understood(request: Request) -> _Asked:
    signed = signature.read(request.headers.get("authorization"))
    target = request.headers.get("x-amz-target")
    if target is not None:
        return _Asked("monitoring", target.rpartition(".")[2], {}, signed)
    text = (
        request.body.decode("utf-8", "replace")
        if request.method == "POST"
        else request.target.partition("?")[2]
    )
    params = query.parsed(text)
    known = signed.service if signed is not None else ""
    service = "sts" if known == "sts" or params.get("Version") == "2011-06-15" else "ec2"
    return _Asked(service, params.get("Action", ""), params, signed)


def _caller(request: Request, credential: Credential, asked: _Asked, *, request_id: str) -> Caller:
    call = _CALL.search(request.headers.get("user-agent", ""))
    region = asked.signed.region if asked.signed else ""
    number = call[1] if call else None
    return Caller(credential.account, region, credential.arn, credential.denied, number, request_id)


def _json(body: bytes) -> Mapping[str, object]:
    try:
        value = json.loads(body or b"{}")
    except ValueError as error:
        raise AwsError("SerializationException", f"The body is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise AwsError("SerializationException", "The body is not a JSON object.")
    return value


def _missing_authentication() -> AwsError:
    return AwsError("MissingAuthenticationToken", "Missing Authentication Token", status=403)
