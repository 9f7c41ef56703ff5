"""The one border where botocore's errors become ours; the only table of AWS error codes.

Sources: the EC2 API reference "Error codes" (quotas and Dedicated Hosts under client errors, capacity under
server errors), the STS and CloudWatch "Common errors", and the throttling codes that botocore's own retry
rules know. It knows neither tables nor what an error means for an operation.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from botocore import exceptions as aws
from botocore.parsers import ResponseParserError

from scheduler.ec2.gateway import (
    BadIds,
    CloudError,
    Denied,
    Impossible,
    NoCapacity,
    NotNow,
    Refused,
    Throttled,
    Unanswered,
    Unreachable,
)
from shared.logs import redact

LONGEST = 300
# A denial says last what denies it ("... in a service control policy"), behind ARNs of any length.
LONGEST_DENIAL = 2500
SERVER_ERROR = 500
ENCODED = re.compile(r"\s*Encoded authorization failure message: \S+")
# An id may stand between quotes or brackets, in a list, or at the end of an ARN.
WORD = re.compile(r"""[^\s'",;:/()\[\]]+""")

KINDS: dict[type[Refused], tuple[str, ...]] = {
    Denied: (
        "AccessDenied",
        "AccessDeniedException",
        "AuthFailure",
        "Blocked",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "NotAuthorized",
        "OptInRequired",
        "PendingVerification",
        "RegionDisabledException",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "UnauthorizedOperation",
        "UnrecognizedClientException",
    ),
    Throttled: (
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    ),
    NotNow: ("IncorrectInstanceState", "IncorrectSpotRequestState", "IncorrectState"),
    NoCapacity: (
        "IncompatibleHostRequirements",
        "InstanceLimitExceeded",
        "InsufficientCapacity",
        "InsufficientCapacityOnHost",
        "InsufficientHostCapacity",
        "InsufficientInstanceCapacity",
        "InsufficientReservedInstanceCapacity",
        "ReservationCapacityExceeded",
        "UnfulfillableCapacity",
        "VcpuLimitExceeded",
    ),
    BadIds: ("InvalidInstanceID", "InvalidInstanceID.Malformed", "InvalidInstanceID.NotFound"),
    Impossible: (
        "InvalidParameterCombination",
        "InvalidParameterValue",
        "OperationNotPermitted",
        "Unsupported",
        "UnsupportedHibernationConfiguration",
        "UnsupportedOperation",
    ),
}
CODES = {code: kind for kind, codes in KINDS.items() for code in codes}
# Says that there is too little of something, whatever EC2 calls it next.
TOO_LITTLE = "Insufficient"
# How STS and CloudWatch say that a request was signed too long ago, or in the future (AWS IAM user guide,
# "Troubleshoot Signature Version 4"); EC2 has RequestExpired for it.
SIGNED_IN_ANOTHER_TIME = re.compile("Signature (?:expired|not yet current)", re.IGNORECASE)
NOTHING_WRITTEN = (aws.EndpointConnectionError, aws.ConnectTimeoutError, aws.ProxyConnectionError)
NO_ANSWER = (aws.HTTPClientError, aws.ConnectionError, ResponseParserError)


@contextmanager
def translated(ids: Sequence[str] = ()) -> Iterator[None]:
    """Turn botocore's exceptions into ours. `ids` are the instances asked for, to find them in a message."""
    try:
        yield
    except aws.ClientError as error:
        raise answered(error, ids=ids) from error
    except NOTHING_WRITTEN as error:
        raise Unreachable(tidy(str(error)), code=type(error).__name__) from error
    except NO_ANSWER as error:
        raise Unanswered(tidy(str(error)), code=type(error).__name__) from error
    except (aws.NoCredentialsError, aws.CredentialRetrievalError) as error:
        text = "This host has no AWS identity to assume a role with. Give it one, or set an access key."
        raise Denied(text, code=type(error).__name__) from error
    except aws.BotoCoreError as error:
        raise Refused(tidy(str(error)), code=type(error).__name__) from error


def answered(error: aws.ClientError, *, ids: Sequence[str]) -> CloudError:
    """Ours for an error AWS sent."""
    details = error.response.get("Error", {})
    meta = error.response.get("ResponseMetadata", {})
    return told(
        details.get("Code", ""),
        details.get("Message", ""),
        status=meta.get("HTTPStatusCode", SERVER_ERROR),
        ids=ids,
        request_id=meta.get("RequestId", ""),
    )


def told(code: str, message: str, *, status: int, ids: Sequence[str], request_id: str = "") -> CloudError:
    """Ours for AWS's code, message and HTTP status."""
    code = code.removeprefix("Client.").removeprefix("Server.")
    if SIGNED_IN_ANOTHER_TIME.search(message):
        code = "RequestExpired"
    kind = kind_of(code, status=status)
    text = tidy(message, longest=LONGEST_DENIAL if kind is Denied else LONGEST) or code
    if not issubclass(kind, Refused):
        return kind(text, code=code, request_id=request_id)
    return kind(text, ids=named(message, ids), code=code, request_id=request_id)


def kind_of(code: str, *, status: int) -> type[CloudError]:
    """A 5xx with a code we do not know leaves open whether it was done."""
    if code in CODES:
        return CODES[code]
    if code.startswith(TOO_LITTLE):
        return NoCapacity
    return Unanswered if status >= SERVER_ERROR else Refused


def named(text: str, ids: Sequence[str]) -> frozenset[str]:
    """Which of `ids` AWS names, as in "The instance IDs 'i-1, i-2' do not exist" or ".../instance/i-1".

    `text` is the whole message: a long list of ids must not be cut short.
    """
    return frozenset(ids) & {word.rstrip(".") for word in WORD.findall(text)}


def tidy(text: str, *, longest: int = LONGEST) -> str:
    """A message fit to store and show: no credentials, no encoded blob, at most so many characters."""
    return redact(ENCODED.sub("", text)).strip()[:longest]
