"""What really goes over the line: how many requests, signed as whom, and when none at all."""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config

from scheduler.ec2 import gateway, session
from scheduler.ec2.boto import Boto, Credentials
from scheduler.ec2.session import Clients, Place
from scheduler.ec2.tests.conftest import KEYS, NewWire
from scheduler.ec2.tests.wire import Wire, error, http
from shared.errors import CredentialUnusable
from simulator.tests.support import KEY, REGION, SECRET

STOPPED = http(
    "200 OK",
    "<StopInstancesResponse><requestId>req-1</requestId><instancesSet><item><instanceId>i-1</instanceId>"
    "<currentState><name>stopping</name></currentState></item></instancesSet></StopInstancesResponse>",
)


def at(url: str, credentials: Credentials = KEYS) -> Boto:
    return Boto(Place(credentials, REGION, url))


def stop(ec2: Boto, *, call: int = 7) -> gateway.Answer:
    return ec2.act("stop", ["i-1"], call=call, options={}, guard=lambda: None)


@pytest.mark.parametrize(
    "answer",
    [
        error("500 Internal Server Error", "InternalError"),
        error("503 Service Unavailable", "RequestLimitExceeded"),
        error("503 Service Unavailable", "Unavailable"),
        error("403 Forbidden", "UnauthorizedOperation"),
        http("502 Bad Gateway", "<html>bad gateway</html>"),
        http("200 OK", "this is no XML"),
        http("200 OK", "<StopInstancesResponse><requestId>req-1</requestId></StopInstancesResponse>"),
        None,
    ],
    ids=["500", "throttled", "503", "403", "html", "garbage", "empty", "reset"],
)
def test_a_request_that_fails_is_sent_exactly_once(
    wire: NewWire, answer: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "5")
    monkeypatch.setenv("AWS_RETRY_MODE", "adaptive")
    server = wire(answer)
    with pytest.raises(gateway.CloudError):
        stop(at(server.url))
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [None, http("200 OK", "this is no XML"), http("200 OK", "<StopInstancesResponse/>")],
    ids=["reset", "garbage", "empty"],
)
def test_an_answer_that_says_nothing_leaves_open_what_happened(wire: NewWire, answer: bytes | None) -> None:
    with pytest.raises(gateway.Unanswered):
        stop(at(wire(answer).url))


@pytest.mark.parametrize("question", ["servers", "all_statuses"])
def test_an_answer_without_its_list_is_not_an_empty_region(wire: NewWire, question: str) -> None:
    ec2 = at(wire(http("200 OK", "<Response><requestId>req-1</requestId></Response>")).url)
    with pytest.raises(gateway.Unanswered):
        getattr(ec2, question)()


def test_a_server_that_keeps_silent_is_given_up_after_the_time_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "CONFIG", session.CONFIG.merge(Config(read_timeout=0.2)))
    server = Wire(STOPPED, silent=True)
    try:
        with pytest.raises(gateway.Unanswered) as caught:
            stop(at(server.url))
        assert caught.value.code == "ReadTimeoutError"
        assert len(server.requests) == 1
    finally:
        server.close()


def test_the_time_outs_fit_into_the_lease() -> None:
    config: Any = session.CONFIG
    assert (config.connect_timeout, config.read_timeout) == (2, 8)


def test_where_nobody_listens_nothing_was_sent(wire: NewWire) -> None:
    server = wire(None)
    server.close()
    with pytest.raises(gateway.Unreachable):
        stop(at(server.url))


def test_a_guard_that_objects_leaves_the_line_untouched(wire: NewWire) -> None:
    server = wire(STOPPED)

    def objects() -> None:
        raise gateway.NotSent("the lease has passed")

    with pytest.raises(gateway.NotSent, match="the lease has passed"):
        at(server.url).act("stop", ["i-1"], call=7, options={}, guard=objects)
    assert (server.connections, server.requests) == (0, [])


def test_the_guard_runs_after_everything_else_is_ready(wire: NewWire) -> None:
    server = wire(STOPPED)
    seen: list[int] = []
    ec2 = at(server.url)
    ec2.act("stop", ["i-1"], call=7, options={}, guard=lambda: seen.append(server.connections))
    assert seen == [0]
    assert server.connections == 1


def test_threads_share_a_client_and_each_request_carries_its_own_call(
    wire: NewWire, fresh_clients: Clients
) -> None:
    server = wire(STOPPED)
    together = threading.Barrier(8)

    def guard() -> None:
        together.wait(10)

    def send(call: int) -> None:
        at(server.url).act("stop", [f"i-{call}"], call=call, options={}, guard=guard)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(send, range(100, 108)))
    pairs = {(call_of(request), id_of(request)) for request in server.requests}
    assert pairs == {(str(call), f"i-{call}") for call in range(100, 108)}
    assert len(fresh_clients.kept) == 1


def call_of(request: bytes) -> str:
    return request.split(b"cloudevy-call/")[1].split(b"\r\n")[0].decode()


def id_of(request: bytes) -> str:
    return request.split(b"InstanceId.1=")[1].split(b"&")[0].decode()


def test_this_hosts_own_identity_and_settings_are_never_used(
    wire: NewWire, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    trap, server = wire(STOPPED), wire(STOPPED)
    (tmp_path / "credentials").write_text("[default]\naws_access_key_id=AKIAFILE\naws_secret_access_key=x\n")
    (tmp_path / "config").write_text("[default]\ncredential_process=/bin/false\nregion=us-west-2\n")
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIAENVIRONMENT",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_SESSION_TOKEN": "token",
        "AWS_PROFILE": "nowhere",
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_ENDPOINT_URL": trap.url,
        "AWS_ENDPOINT_URL_EC2": trap.url,
        "AWS_EC2_METADATA_SERVICE_ENDPOINT": trap.url,
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": trap.url,
        "AWS_DEFAULTS_MODE": "auto",
        "AWS_DEFAULT_REGION": "us-west-2",
        "HTTP_PROXY": trap.url,
        "http_proxy": trap.url,
    }.items():
        monkeypatch.setenv(name, value)
    session.isolated.cache_clear()
    stop(at(server.url))
    assert f"Credential={KEY}/".encode() in server.requests[0]
    assert f"/{REGION}/ec2/aws4_request".encode() in server.requests[0]
    assert b"x-amz-security-token" not in server.requests[0].lower()
    assert trap.connections == 0


@pytest.mark.parametrize(
    ("base", "role_arn", "external_id"),
    [
        (None, "", ""),
        (("", ""), "", ""),
        ((KEY, ""), "", ""),
        (("", SECRET), "", ""),
        ((KEY, "  "), "", ""),
        ((KEY, SECRET), "arn:aws:iam::111122223333:role/x", ""),
        (None, "arn:aws:iam::111122223333:role/x", ""),
        (("", ""), "arn:aws:iam::111122223333:role/x", "right"),
    ],
)
def test_empty_credentials_are_no_credentials(
    monkeypatch: pytest.MonkeyPatch, base: tuple[str, str] | None, role_arn: str, external_id: str
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAENVIRONMENT")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    with pytest.raises(CredentialUnusable):
        Credentials(base, role_arn=role_arn, external_id=external_id)


def test_the_hosts_identity_signs_assume_role_and_nothing_else(
    wire: NewWire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAENVIRONMENT")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    server = wire(error("403 Forbidden", "AccessDenied"))
    credentials = Credentials(None, role_arn="arn:aws:iam::111122223333:role/x", external_id="right")
    with pytest.raises(gateway.Denied):
        stop(at(server.url, credentials))
    (request,) = server.requests
    assert b"Action=AssumeRole" in request
    assert b"Credential=AKIAENVIRONMENT/" in request


def test_nothing_secret_is_shown_or_logged(
    wire: NewWire, fresh_clients: Clients, caplog: pytest.LogCaptureFixture
) -> None:
    given = (
        "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAGIVEN</AccessKeyId>"
        "<SecretAccessKey>a-given-secret</SecretAccessKey><SessionToken>a-given-token</SessionToken>"
        "<Expiration>2027-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
    )
    credentials = Credentials(
        (KEY, SECRET), role_arn="arn:aws:iam::1:role/x", external_id="an-external-id", session="s"
    )
    ec2 = at(wire(http("200 OK", given)).url, credentials)
    with caplog.at_level(logging.DEBUG), pytest.raises(gateway.Unanswered):
        ec2.servers()
    keys = fresh_clients.keys(ec2.place)
    shown = caplog.text + repr(ec2) + repr(keys) + repr(fresh_clients.kept)
    for secret in (SECRET, "an-external-id", "a-given-secret", "a-given-token"):
        assert secret not in shown
