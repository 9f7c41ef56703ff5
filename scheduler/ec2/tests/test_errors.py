"""Every way in which AWS or the line can fail becomes one of ours."""

import pytest
from botocore import exceptions as aws
from botocore.parsers import ResponseParserError

from scheduler.ec2 import gateway
from scheduler.ec2.errors import CODES, translated

URL = "http://127.0.0.1:1"


def client_error(code: str, message: str = "no", *, status: int = 400) -> aws.ClientError:
    meta = {"RequestId": "req-1", "HTTPStatusCode": status}
    return aws.ClientError(
        {"Error": {"Code": code, "Message": message}, "ResponseMetadata": meta},  # type: ignore[typeddict-item]
        "StopInstances",
    )


def ours(error: Exception, *ids: str) -> gateway.CloudError:
    with pytest.raises(gateway.CloudError) as caught, translated(ids):
        raise error
    return caught.value


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("AuthFailure", 401, gateway.Denied),
        ("InvalidClientTokenId", 403, gateway.Denied),
        ("OptInRequired", 401, gateway.Denied),
        ("RequestExpired", 400, gateway.Denied),
        ("ExpiredToken", 403, gateway.Denied),
        ("SignatureDoesNotMatch", 403, gateway.Denied),
        ("InvalidSignatureException", 403, gateway.Denied),
        ("UnauthorizedOperation", 403, gateway.Denied),
        ("AccessDenied", 403, gateway.Denied),
        ("RequestLimitExceeded", 503, gateway.Throttled),
        ("Throttling", 400, gateway.Throttled),
        ("IncorrectInstanceState", 400, gateway.NotNow),
        ("IncorrectSpotRequestState", 400, gateway.NotNow),
        ("InsufficientInstanceCapacity", 500, gateway.NoCapacity),
        ("ReservationCapacityExceeded", 400, gateway.NoCapacity),
        ("InsufficientCapacityOnHost", 400, gateway.NoCapacity),
        ("IncompatibleHostRequirements", 400, gateway.NoCapacity),
        ("UnfulfillableCapacity", 400, gateway.NoCapacity),
        ("InsufficientReservedInstancesCapacity", 500, gateway.NoCapacity),
        ("InsufficientSomethingElse", 500, gateway.NoCapacity),
        ("InstanceLimitExceeded", 400, gateway.NoCapacity),
        ("VcpuLimitExceeded", 400, gateway.NoCapacity),
        ("Server.InsufficientInstanceCapacity", 500, gateway.NoCapacity),
        ("InvalidInstanceID.NotFound", 400, gateway.BadIds),
        ("InvalidInstanceID.Malformed", 400, gateway.BadIds),
        ("OperationNotPermitted", 400, gateway.Impossible),
        ("UnsupportedOperation", 400, gateway.Impossible),
        ("InternalError", 500, gateway.Unanswered),
        ("Unavailable", 503, gateway.Unanswered),
        ("ServiceUnavailable", 503, gateway.Unanswered),
        ("NobodyKnowsThisOne", 400, gateway.Refused),
    ],
)
def test_an_error_code_becomes_one_of_ours(code: str, status: int, kind: type[gateway.CloudError]) -> None:
    error = ours(client_error(code, "a sentence", status=status))
    assert type(error) is kind
    assert (str(error), error.code, error.request_id) == ("a sentence", code.removeprefix("Server."), "req-1")


def test_no_code_is_in_the_table_twice() -> None:
    assert len(CODES) == len(set(CODES))
    assert all(issubclass(kind, gateway.Refused) for kind in CODES.values())


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (aws.ReadTimeoutError(endpoint_url=URL), gateway.Unanswered),
        (aws.ConnectionClosedError(endpoint_url=URL), gateway.Unanswered),
        (aws.HTTPClientError(error="strange"), gateway.Unanswered),
        (aws.SSLError(endpoint_url=URL, error=OSError("broken")), gateway.Unanswered),
        (ResponseParserError("not XML"), gateway.Unanswered),
        (aws.ConnectTimeoutError(endpoint_url=URL), gateway.Unreachable),
        (aws.EndpointConnectionError(endpoint_url=URL), gateway.Unreachable),
        (aws.NoCredentialsError(), gateway.Denied),
        (aws.ParamValidationError(report="wrong"), gateway.Refused),
    ],
)
def test_trouble_on_the_line_says_whether_it_may_have_been_done(
    error: Exception, kind: type[gateway.CloudError]
) -> None:
    found = ours(error)
    assert type(found) is kind
    assert found.code == type(error).__name__


@pytest.mark.parametrize(
    ("message", "named"),
    [
        ("The instance ID 'i-1' does not exist", {"i-1"}),
        ("The instance IDs 'i-1, i-3' do not exist", {"i-1", "i-3"}),
        ('Invalid id: "i-2" (expecting "i-...")', {"i-2"}),
        ("The instance ID 'i-11' does not exist", set()),
        ("Something else is wrong.", set()),
    ],
)
def test_the_ids_a_message_names_are_found_among_those_asked_for(message: str, named: set[str]) -> None:
    error = ours(client_error("InvalidInstanceID.NotFound", message), "i-1", "i-2", "i-3")
    assert isinstance(error, gateway.BadIds)
    assert error.ids == named


ARN = "arn:aws:ec2:eu-central-1:111122223333:instance/i-2"


@pytest.mark.parametrize(
    ("code", "message", "named"),
    [
        ("IncorrectInstanceState", "The instance 'i-1' is not in a state from which it can be", {"i-1"}),
        ("IncorrectInstanceState", "The instances 'i-1, i-3' are not in a state from which", {"i-1", "i-3"}),
        (
            "OperationNotPermitted",
            "The instance 'i-1' may not be stopped. Modify its 'disableApiStop'",
            {"i-1"},
        ),
        ("UnsupportedOperation", "You can't stop the Spot Instance 'i-3' because it is", {"i-3"}),
        ("UnsupportedOperation", "The instance 'i-3' does not have an 'ebs' root device type", {"i-3"}),
        (
            "UnauthorizedOperation",
            f"not authorized to perform: ec2:StopInstances on resource: {ARN}",
            {"i-2"},
        ),
        ("UnauthorizedOperation", f"on resource: {ARN} because no identity-based policy", {"i-2"}),
        ("NobodyKnowsThisOne", "Something about i-2.", {"i-2"}),
        ("InsufficientInstanceCapacity", "We do not have sufficient m5.large capacity", set()),
    ],
)
def test_any_refusal_tells_which_of_its_members_it_names(code: str, message: str, named: set[str]) -> None:
    error = ours(client_error(code, message), "i-1", "i-2", "i-3")
    assert isinstance(error, gateway.Refused)
    assert error.ids == named


def test_a_list_of_ids_longer_than_what_is_kept_of_a_message_is_read_to_its_end() -> None:
    ids = [f"i-{number:017x}" for number in range(100)]
    error = ours(
        client_error("InvalidInstanceID.NotFound", f"The instance IDs '{', '.join(ids)}' do not"), *ids
    )
    assert isinstance(error, gateway.Refused)
    assert error.ids == set(ids)
    assert len(str(error)) == 300


def test_an_encoded_refusal_and_secrets_are_left_out_of_the_message() -> None:
    message = (
        "Not authorized for AKIAIOSFODNN7EXAMPLE. Encoded authorization failure message: 4GXyz" + "x" * 900
    )
    error = ours(client_error("UnauthorizedOperation", message, status=403))
    assert str(error) == "Not authorized for [redacted]."


@pytest.mark.parametrize(
    "text",
    [
        "Signature expired: 20261123T120000Z is now earlier than 20261123T124500Z (now - 15 min.)",
        "Signature not yet current: 20261123T140000Z is still later than 20261123T131500Z (now + 15 min.)",
    ],
)
def test_a_wrong_clock_is_told_from_a_wrong_secret(text: str) -> None:
    for code in ("SignatureDoesNotMatch", "InvalidSignatureException"):
        error = ours(client_error(code, text, status=403))
        assert (type(error), error.code) == (gateway.Denied, "RequestExpired")
    other = ours(client_error("SignatureDoesNotMatch", "The signature we calculated does not match"))
    assert other.code == "SignatureDoesNotMatch"


def test_what_denies_it_is_kept_however_long_the_names_before_it_are() -> None:
    arn = "arn:aws:sts::111122223333:assumed-role/" + "x" * 400
    message = f"User: {arn} is not authorized, with an explicit deny in a service control policy"
    assert str(ours(client_error("UnauthorizedOperation", message, status=403))).endswith("control policy")


def test_what_is_not_of_aws_passes_untouched() -> None:
    with pytest.raises(ZeroDivisionError), translated():
        raise ZeroDivisionError
    with pytest.raises(gateway.NotSent, match="guard"), translated():
        raise gateway.NotSent("guard")
