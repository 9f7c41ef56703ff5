"""AWS-shaped errors and the sentences EC2 and STS use for them.

Must not know how an error is written on the wire.
"""

from base64 import urlsafe_b64encode
from collections.abc import Sequence
from hashlib import sha512
from time import gmtime, strftime

_SKEW_ALLOWED = 900.0


class AwsError(Exception):
    """A refusal with AWS's `code`, its message and the HTTP status AWS sends it with."""

    def __init__(self, code: str, message: str, *, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


def not_found(ids: Sequence[str]) -> AwsError:
    """Every unknown id is named, as StopInstances does."""
    if len(ids) == 1:
        text = f"The instance ID '{ids[0]}' does not exist"
    else:
        text = f"The instance IDs '{', '.join(ids)}' do not exist"
    return AwsError("InvalidInstanceID.NotFound", text)


def malformed(ids: Sequence[str]) -> AwsError:
    return AwsError("InvalidInstanceID.Malformed", f'Invalid id: "{", ".join(ids)}"')


def wrong_state(ids: Sequence[str], *, verb: str) -> AwsError:
    """`verb` is what could not happen: started, stopped or rebooted."""
    if len(ids) == 1:
        text = f"The instance '{ids[0]}' is not in a state from which it can be {verb}."
    else:
        text = f"The instances '{', '.join(ids)}' are not in a state from which they can be {verb}."
    return AwsError("IncorrectInstanceState", text)


def stop_protected(ids: Sequence[str]) -> AwsError:
    text = (
        f"The instance '{', '.join(ids)}' may not be stopped. "
        "Modify its 'disableApiStop' instance attribute and try again."
    )
    return AwsError("OperationNotPermitted", text)


def instance_store(ids: Sequence[str], *, verb: str) -> AwsError:
    text = f"The instance '{', '.join(ids)}' does not have an 'ebs' root device type and cannot be {verb}."
    return AwsError("UnsupportedOperation", text)


def one_time_spot(ids: Sequence[str]) -> AwsError:
    text = (
        f"You can't stop the Spot Instance '{', '.join(ids)}' because it is associated with a one-time Spot "
        "Instance request. "
        "You can only stop Spot Instances associated with persistent Spot Instance requests."
    )
    return AwsError("UnsupportedOperation", text)


def not_hibernatable(ids: Sequence[str]) -> AwsError:
    text = f"The instance '{', '.join(ids)}' is not configured for hibernation."
    return AwsError("UnsupportedHibernationConfiguration", text)


def not_ready_to_hibernate(ids: Sequence[str]) -> AwsError:
    """EC2 user guide, troubleshooting hibernation: not in the first two minutes, on Windows five."""
    text = f"The instance '{', '.join(ids)}' is not ready to hibernate yet. Retry in a few minutes."
    return AwsError("UnsupportedOperation", text)


def scheduled_lifecycle(ids: Sequence[str]) -> AwsError:
    """EC2 user guide, Scheduled Instances: to be terminated, not stopped. The code is not documented."""
    text = f"The Scheduled Instance '{', '.join(ids)}' cannot be stopped, started or rebooted."
    return AwsError("UnsupportedOperation", text)


def capacity_block_over(ids: Sequence[str]) -> AwsError:
    """EC2 user guide, Capacity Blocks: no restart after the block has expired. The code is not documented."""
    text = (
        f"The instance '{', '.join(ids)}' targets a Capacity Reservation that does not have enough "
        "available capacity."
    )
    return AwsError("ReservationCapacityExceeded", text)


def managed(ids: Sequence[str]) -> AwsError:
    """EC2 user guide, managed instances: only the provider changes them. The code is not documented."""
    text = f"The instance '{', '.join(ids)}' is managed by a service provider. It cannot be changed here."
    return AwsError("OperationNotPermitted", text)


def spot_request_not_ready(ids: Sequence[str]) -> AwsError:
    """As quoted in hashicorp/terraform-provider-aws#33399."""
    text = (
        f"You can't start the Spot Instance '{', '.join(ids)}' because the associated Spot Instance request "
        "is not in an appropriate state to support start."
    )
    return AwsError("IncorrectSpotRequestState", text)


def unlimited_on_host(ids: Sequence[str]) -> AwsError:
    """EC2 API reference, StartInstances: "the request fails"; the code is not documented."""
    text = (
        f"The instance '{', '.join(ids)}' cannot be started: the unlimited CPU credit option "
        "is not supported on Dedicated Hosts."
    )
    return AwsError("InvalidParameterCombination", text)


def throttled() -> AwsError:
    return AwsError("RequestLimitExceeded", "Request limit exceeded.", status=503)


def internal() -> AwsError:
    return AwsError("InternalError", "An internal error has occurred", status=500)


def unavailable() -> AwsError:
    return AwsError("Unavailable", "The service is unavailable. Please try again shortly.", status=503)


def no_capacity(kind: str, *, zone: str) -> AwsError:
    """HTTP 500, as a published trace of a refused start shows."""
    text = (
        f"We currently do not have sufficient {kind} capacity in the Availability Zone you requested "
        f"({zone}). Our system will be working on provisioning additional capacity."
    )
    return AwsError("InsufficientInstanceCapacity", text, status=500)


def unauthorized(arn: str, *, action: str, resource: str = "") -> AwsError:
    """With a `resource`, EC2 adds a message that only sts:DecodeAuthorizationMessage can read.

    Describes know no resources. Sources: EC2 user guide and Service Authorization Reference.
    """
    where = f" on resource: {resource}" if resource else ""
    text = (
        f"You are not authorized to perform this operation. User: {arn} is not authorized to perform: "
        f"ec2:{action}{where} because no identity-based policy allows the ec2:{action} action."
    )
    if resource:
        blob = urlsafe_b64encode(sha512(text.encode()).digest() * 4).decode().rstrip("=")
        text += f" Encoded authorization failure message: {blob}"
    return AwsError("UnauthorizedOperation", text, status=403)


def access_denied(arn: str, *, action: str) -> AwsError:
    """What other services than EC2 say; `action` with its service, as in sts:AssumeRole."""
    text = (
        f"User: {arn} is not authorized to perform: {action} "
        f"because no identity-based policy allows the {action} action"
    )
    return AwsError("AccessDenied", text, status=403)


def dry_run() -> AwsError:
    text = "Request would have succeeded, but DryRun flag is set."
    return AwsError("DryRunOperation", text, status=412)


def missing_parameter(name: str) -> AwsError:
    return AwsError("MissingParameter", f"The request must contain the parameter {name}")


def invalid_value(value: object, *, parameter: str, hint: str = "") -> AwsError:
    text = f"Value ({value}) for parameter {parameter} is invalid.{' ' + hint if hint else ''}"
    return AwsError("InvalidParameterValue", text)


def auth_failure() -> AwsError:
    text = "AWS was not able to validate the provided access credentials"
    return AwsError("AuthFailure", text, status=401)


def invalid_token() -> AwsError:
    return AwsError(
        "InvalidClientTokenId", "The security token included in the request is invalid.", status=403
    )


def unsigned() -> AwsError:
    return AwsError("MissingAuthenticationToken", "Missing Authentication Token", status=403)


def expired_token() -> AwsError:
    return AwsError("ExpiredToken", "The security token included in the request is expired", status=403)


def request_expired() -> AwsError:
    return AwsError("RequestExpired", "Request has expired.", status=400)


def signature_expired(now: float, *, skew: float, code: str, status: int) -> AwsError:
    """What STS and CloudWatch say to a request signed by a clock that is `skew` seconds behind."""
    signed, earliest, here = (
        strftime("%Y%m%dT%H%M%SZ", gmtime(at)) for at in (now - skew, now - _SKEW_ALLOWED, now)
    )
    text = f"Signature expired: {signed} is now earlier than {earliest} ({here} - 15 min.)"
    return AwsError(code, text, status=status)


def bad_signature() -> AwsError:
    text = (
        "The request signature we calculated does not match the signature you provided. "
        "Check your AWS Secret Access Key and signing method."
    )
    return AwsError("SignatureDoesNotMatch", text, status=403)


def role_denied(arn: str, *, role: str) -> AwsError:
    """One sentence for every reason, so that a caller cannot find out which roles exist."""
    text = f"User: {arn} is not authorized to perform: sts:AssumeRole on resource: {role}"
    return AwsError("AccessDenied", text, status=403)
