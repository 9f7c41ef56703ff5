"""The form of what AWS gives people: ARNs, keys, region names. Form only; AWS itself judges later.

Messages never repeat the value: it may be a secret in the wrong field. Source of the forms: IAM identifiers,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
"""

import re

from rest_framework.serializers import ValidationError

from shared.fleet.regions import COMMERCIAL

ROLE_ARN = re.compile(r"arn:aws:iam::\d{12}:role/(?:[\x21-\x7e]{1,511}/)?[\w+=,.@-]{1,64}", re.ASCII)
# ASIA keys are temporary and want a session token; they would stop working within hours.
ACCESS_KEY = re.compile(r"AKIA[A-Z0-9]{16}")
SECRET_KEY = re.compile(r"[A-Za-z0-9/+=]{40}")


def role_arn(value: str) -> None:
    if not ROLE_ARN.fullmatch(value):
        raise ValidationError(
            "Write the ARN of a role, e.g. arn:aws:iam::123456789012:role/Cloudevy.", code="invalid_role_arn"
        )


def access_key_id(value: str) -> None:
    if not ACCESS_KEY.fullmatch(value):
        raise ValidationError(
            "An access key id has 20 letters and digits and begins with AKIA.", code="invalid_access_key_id"
        )


def secret_access_key(value: str) -> None:
    if not SECRET_KEY.fullmatch(value):
        raise ValidationError("A secret access key has 40 characters, on one line.", code="invalid_secret")


def region(value: str) -> None:
    if value not in COMMERCIAL:
        raise ValidationError("This is no AWS region we know, e.g. eu-central-1.", code="unknown_region")
