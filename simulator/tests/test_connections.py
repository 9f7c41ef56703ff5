"""Faults of the connection, as boto3 meets them: whether the effect stands, and what the ledger says."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from simulator.endpoint import Endpoint
from simulator.messages import Request
from simulator.tests.support import ACCOUNT, KEY, REGION, Running, name_of, server

ONE = [name_of(1)]
MET: list[tuple[str, type[Exception], bool]] = [
    ("down", ConnectionClosedError, False),
    ("reset_before", ConnectionClosedError, False),
    ("reset_after", ConnectionClosedError, True),
    ("hang", ConnectionClosedError, False),
    ("hang_after", ConnectionClosedError, True),
    ("truncate", ResponseParserError, True),
]


@pytest.fixture
def prepared(simulator: Running) -> Running:
    simulator.simulation.world.add(server(1, now=simulator.simulation.world.clock()))
    return simulator


def entries(simulator: Running) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = simulator.control("GET", "/_sim/ledger")[1]["entries"]
    return found


def until(holds: Callable[[], bool]) -> None:
    patience = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < patience
        time.sleep(0.01)


@contextmanager
def stopping(simulator: Running) -> Iterator[socket.socket]:
    """A line of its own on which a stop has been asked for."""
    simulator.control("POST", "/_sim/settings", {"verify_signatures": False})
    scope = f"{KEY}/20260101/{REGION}/ec2/aws4_request"
    signed = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature={'0' * 64}"
    body = f"Action=StopInstances&InstanceId.1={ONE[0]}"
    head = f"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {signed}\r\nContent-Length: {len(body)}"
    with socket.create_connection(("127.0.0.1", simulator.port), timeout=5) as line:
        line.sendall(f"{head}\r\n\r\n{body}".encode())
        yield line


@pytest.mark.parametrize(("kind", "raised", "effect"), MET)
def test_a_connection_fault_spoils_the_answer_and_not_the_truth(
    prepared: Running, kind: str, raised: type[Exception], effect: bool
) -> None:
    prepared.control("POST", "/_sim/faults", {"kind": kind, "count": 1, "seconds": 0.1})
    with pytest.raises(raised):
        prepared.client("ec2").stop_instances(InstanceIds=ONE)
    entry = prepared.control("GET", "/_sim/ledger")[1]["entries"][0]
    assert (entry["accepted"], entry["answer"], entry["call"]) == (effect, kind, "42")
    assert bool(entry["effects"]) is effect
    assert prepared.client("ec2").describe_instances()["Reservations"]


def test_a_hanging_call_runs_into_the_clients_own_limit(prepared: Running) -> None:
    prepared.control("POST", "/_sim/faults", {"kind": "hang", "action": "StopInstances"})
    client = prepared.client("ec2")
    client._endpoint.http_session = type(client._endpoint.http_session)(timeout=(1, 0.2))
    with pytest.raises(ReadTimeoutError):
        client.stop_instances(InstanceIds=ONE)


def test_garbage_with_status_200_reaches_a_boto3_user_as_an_empty_answer(prepared: Running) -> None:
    prepared.control("POST", "/_sim/faults", {"kind": "garbage"})
    answer = prepared.client("ec2").stop_instances(InstanceIds=ONE)
    assert "StoppingInstances" not in answer
    assert prepared.control("GET", "/_sim/ledger")[1]["entries"][0]["accepted"]


def test_a_slow_answer_is_late_and_right(prepared: Running) -> None:
    prepared.control("POST", "/_sim/faults", {"kind": "slow", "seconds": 0.2})
    answer: Any = prepared.client("ec2").stop_instances(InstanceIds=ONE)
    assert answer["StoppingInstances"][0]["CurrentState"]["Name"] == "stopping"
    assert prepared.control("GET", "/_sim/ledger")[1]["entries"][0]["answer"] == "slow"


def test_a_body_may_drip_longer_than_any_time_out_for_one_read(prepared: Running) -> None:
    prepared.control("POST", "/_sim/faults", {"kind": "slow_body", "seconds": 0.6})
    client = prepared.client("ec2")
    client._endpoint.http_session = type(client._endpoint.http_session)(timeout=(1, 0.3))
    answer: Any = client.stop_instances(InstanceIds=ONE)
    assert answer["StoppingInstances"][0]["CurrentState"]["Name"] == "stopping"
    assert prepared.control("GET", "/_sim/ledger")[1]["entries"][0]["answer"] == "slow_body"


def test_slow_headers_run_into_the_time_out_for_one_read(prepared: Running) -> None:
    prepared.control("POST", "/_sim/faults", {"kind": "slow", "seconds": 0.6})
    client = prepared.client("ec2")
    client._endpoint.http_session = type(client._endpoint.http_session)(timeout=(1, 0.3))
    with pytest.raises(ReadTimeoutError):
        client.stop_instances(InstanceIds=ONE)


@pytest.mark.parametrize("kind", ["slow", "slow_body"])
def test_the_ledger_tells_that_a_caller_left_before_its_answer(prepared: Running, kind: str) -> None:
    prepared.control("POST", "/_sim/faults", {"kind": kind, "seconds": 30})
    with stopping(prepared) as line:
        until(lambda: bool(entries(prepared)))
        line.shutdown(socket.SHUT_RDWR)
    until(lambda: entries(prepared)[0]["answer"] == "caller_gone")
    assert entries(prepared)[0]["accepted"]


@pytest.mark.parametrize("told", ["sent", "slow", "slow_body"])
def test_a_caller_that_leaves_after_its_answer_has_had_it(prepared: Running, told: str) -> None:
    if told != "sent":
        prepared.control("POST", "/_sim/faults", {"kind": told, "seconds": 0.1, "count": 1})
    answer = b""
    with stopping(prepared) as line:
        while not answer.endswith(b"</StopInstancesResponse>"):
            answer += line.recv(65536)
        line.shutdown(socket.SHUT_RDWR)
        assert line.recv(1) == b""
    assert prepared.client("ec2").describe_regions()["Regions"]
    assert entries(prepared)[0]["answer"] == told


def test_a_mutation_by_a_caller_nobody_knows_is_in_the_ledger_too(prepared: Running) -> None:
    stranger = {"aws_access_key_id": "AKIANOBODY", "aws_secret_access_key": "wrong"}
    with pytest.raises(ClientError, match="AuthFailure"):
        prepared.client("ec2", **stranger).stop_instances(InstanceIds=ONE)
    entry = prepared.control("GET", "/_sim/ledger")[1]["entries"][0]
    assert (entry["account"], entry["call"], entry["ids"]) == ("", "42", ONE)
    assert (entry["accepted"], entry["error"], entry["effects"]) == (False, "AuthFailure", {})


def test_a_mutation_with_a_wrong_secret_is_its_accounts(prepared: Running) -> None:
    wrong = {"aws_access_key_id": KEY, "aws_secret_access_key": "wrong"}
    with pytest.raises(ClientError, match="AuthFailure"):
        prepared.client("ec2", **wrong).stop_instances(InstanceIds=ONE)
    entry = entries(prepared)[0]
    assert (entry["account"], entry["before"]) == (ACCOUNT, {ONE[0]: "running"})


def test_a_fault_for_one_account_leaves_the_others_alone(prepared: Running) -> None:
    prepared.control("POST", "/_sim/faults", {"kind": "down", "account": "444455556666"})
    assert prepared.client("ec2").describe_regions()["Regions"]


def test_a_throttle_over_http_is_a_503(prepared: Running) -> None:
    prepared.control("POST", "/_sim/faults", {"kind": "throttle"})
    with pytest.raises(ClientError) as refused:
        prepared.client("ec2").stop_instances(InstanceIds=ONE)
    assert refused.value.response["Error"]["Code"] == "RequestLimitExceeded"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503


def test_a_connection_fault_on_a_call_that_never_was_one_leaves_the_ledger_alone(prepared: Running) -> None:
    prepared.client("ec2").reboot_instances(InstanceIds=ONE)
    prepared.control("POST", "/_sim/settings", {"verify_signatures": False})
    prepared.control("POST", "/_sim/faults", {"kind": "slow", "seconds": 0.01})
    scope = f"{KEY}/20260101/{REGION}/ec2/aws4_request"
    signed = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature={'0' * 64}"
    body = f"Action=StopInstances&InstanceId.1={ONE[0]}&Force=perhaps".encode()
    answer = Endpoint(prepared.simulation).handle(Request("POST", "/", {"authorization": signed}, body))
    assert (answer.status, answer.wait) == (400, 0.01)
    assert [one["answer"] for one in prepared.control("GET", "/_sim/ledger")[1]["entries"]] == ["sent"]


def test_deleted_faults_strike_no_more(prepared: Running) -> None:
    wanted = {"faults": [{"kind": "denied"}, {"kind": "error_500"}]}
    made = prepared.control("POST", "/_sim/faults", wanted)[1]["faults"]
    left = prepared.control("DELETE", f"/_sim/faults?number={made[0]['number']}")[1]["faults"]
    assert [fault["kind"] for fault in left] == ["error_500"]
    prepared.control("DELETE", "/_sim/faults")
    assert prepared.client("ec2").describe_regions()["Regions"]
