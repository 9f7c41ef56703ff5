"""The two IAM policies that let Cloudevy into an AWS account: who may come in, and what it may do there.

Texts to copy, made from an account's row. Facts: IAM policy grammar,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html, and the confused deputy,
https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
"""

from typing import Any

from shared.fleet.models import Account

# The API does not know its installation's own AWS identity, and must not.
PRINCIPAL = "arn:aws:iam::ACCOUNT-CLOUDEVY-RUNS-IN:root"
LOOK = ["ec2:DescribeInstances", "ec2:DescribeInstanceStatus", "cloudwatch:GetMetricData"]
POWER = ["ec2:StartInstances", "ec2:StopInstances", "ec2:RebootInstances"]


def policies(account: Account) -> dict[str, Any]:
    """`trust` for the role (None where there is no role), `permissions` for the role or user."""
    return {
        "trust": trust(account.external_id) if account.external_id else None,
        "permissions": permissions(),
    }


def trust(external_id: str) -> dict[str, Any]:
    return document(
        {
            "Effect": "Allow",
            "Principal": {"AWS": PRINCIPAL},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": external_id}},
        }
    )


def permissions() -> dict[str, Any]:
    return document(
        {"Sid": "Look", "Effect": "Allow", "Action": LOOK, "Resource": "*"},
        {"Sid": "Power", "Effect": "Allow", "Action": POWER, "Resource": "arn:aws:ec2:*:*:instance/*"},
    )


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}
