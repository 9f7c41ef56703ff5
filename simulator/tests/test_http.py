"""The edges of HTTP: what is no AWS request gets an AWS-shaped error, and the server goes on."""

import socket

import pytest

from simulator.tests.support import KEY, Running

SIGNED = (
    f"Authorization: AWS4-HMAC-SHA256 Credential={KEY}/20260101/eu-central-1/ec2/aws4_request, "
    f"SignedHeaders=host, Signature={'0' * 64}\r\n"
)


def said(simulator: Running, request: str | bytes) -> str:
    """Everything the server sends until it closes or has answered once."""
    data = request if isinstance(request, bytes) else request.encode()
    with socket.create_connection(("127.0.0.1", simulator.port), timeout=5) as sock:
        sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)
        parts = []
        while part := sock.recv(65536):
            parts.append(part)
    return b"".join(parts).decode()


def form(body: str, headers: str = "") -> str:
    return f"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}Content-Length: {len(body)}\r\n\r\n{body}"


@pytest.mark.parametrize(
    ("request_text", "status", "code"),
    [
        ("garbage\r\n\r\n", 400, "InvalidRequest"),
        ("GET nowhere HTTP/1.1\r\n\r\n", 400, "InvalidRequest"),
        ("POST / HTTP/1.1\r\nno colon here\r\n\r\n", 400, "InvalidRequest"),
        ("POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n", 400, "InvalidRequest"),
        ("POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", 413, "InvalidRequest"),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 411, "InvalidRequest"),
        ("A" * 70_000, 431, "InvalidRequest"),
        (form("Action=DescribeRegions&Version=2016-11-15"), 401, "AuthFailure"),
        (form("Action=DescribeRegions", "Authorization: Basic Zm9v\r\n"), 401, "AuthFailure"),
        (form("Action=DescribeRegions", SIGNED), 401, "AuthFailure"),
        (form("Action=GetCallerIdentity&Version=2011-06-15"), 403, "MissingAuthenticationToken"),
        (form("\xff\xfe"), 401, "AuthFailure"),
    ],
)
def test_what_is_no_aws_request_gets_an_aws_shaped_error(
    simulator: Running, request_text: str, status: int, code: str
) -> None:
    answer = said(simulator, request_text)
    assert answer.startswith(f"HTTP/1.1 {status} ")
    assert f"<Code>{code}</Code>" in answer
    assert simulator.client("ec2").describe_regions()["Regions"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", "MissingAction"),
        ("Action=RunInstances&Version=2016-11-15", "InvalidAction"),
        ("Action=StopInstances&InstanceId.1=i-12345678&Force=maybe", "InvalidParameterValue"),
        ("Action=DescribeInstances&MaxResults=ten", "InvalidParameterValue"),
        ("Action=DescribeInstances&MaxResults=4", "InvalidParameterValue"),
        ("Action=DescribeInstances&MaxResults=1001", "InvalidParameterValue"),
        ("Action=DescribeInstances&MaxResults=5&NextToken=%FF", "InvalidNextToken"),
        ("Action=DescribeInstances&MaxResults=5&NextToken=nonsense", "InvalidNextToken"),
        ("Action=DescribeInstances&Filter.1.Name=colour&Filter.1.Value.1=red", "InvalidParameterValue"),
        ("Action=DescribeInstanceAttribute&InstanceId=i-12345678", "MissingParameter"),
        ("Action=DescribeInstanceAttribute&Attribute=mood&InstanceId=i-12345678", "InvalidParameterValue"),
        ("Action=DescribeRegions&RegionName.1=atlantis", "InvalidParameterValue"),
        ("Action=StartInstances&InstanceId.1=i-12345678%00%3Cscript%3E", "InvalidInstanceID.Malformed"),
    ],
)
def test_a_bad_parameter_is_refused_with_its_code(simulator: Running, body: str, code: str) -> None:
    simulator.control("POST", "/_sim/settings", {"verify_signatures": False})
    answer = said(simulator, form(body, SIGNED))
    assert f"<Code>{code}</Code>" in answer
    assert "<script>" not in answer


def test_one_connection_serves_many_requests_in_their_order(simulator: Running) -> None:
    simulator.control("POST", "/_sim/settings", {"verify_signatures": False, "read_latency": 0.01})
    names = ("us-east-1", "eu-west-1", "eu-west-2")
    bodies = [f"Action=DescribeRegions&RegionName.1={name}" for name in names]
    with socket.create_connection(("127.0.0.1", simulator.port), timeout=5) as sock:
        sock.sendall("".join(form(body, SIGNED) for body in bodies).encode())
        data = b""
        while data.count(b"</DescribeRegionsResponse>") < 3:
            data += sock.recv(65536)
    places = [data.find(f">{name}<".encode()) for name in names]
    assert places == sorted(places)


def test_a_request_may_come_in_pieces_and_by_get(simulator: Running) -> None:
    simulator.control("POST", "/_sim/settings", {"verify_signatures": False})
    target = "/?Action=DescribeRegions&RegionName.1=sa-east-1"
    whole = f"GET {target} HTTP/1.1\r\nHost: x\r\n{SIGNED}\r\n".encode()
    with socket.create_connection(("127.0.0.1", simulator.port), timeout=5) as sock:
        for cut in range(0, len(whole), 50):
            sock.sendall(whole[cut : cut + 50])
        data = b""
        while b"</DescribeRegionsResponse>" not in data:
            data += sock.recv(65536)
    assert b"sa-east-1" in data


def test_a_client_that_waits_for_permission_to_send_its_body_gets_it(simulator: Running) -> None:
    head = f"POST / HTTP/1.1\r\nHost: x\r\n{SIGNED}Expect: 100-continue\r\nContent-Length: 22\r\n\r\n"
    with socket.create_connection(("127.0.0.1", simulator.port), timeout=5) as sock:
        sock.sendall(head.encode())
        assert sock.recv(100).startswith(b"HTTP/1.1 100 ")
        sock.sendall(b"Action=DescribeRegions")
        assert b"AuthFailure" in sock.recv(65536)
