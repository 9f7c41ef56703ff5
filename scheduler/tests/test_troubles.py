"""What a failed question to AWS means, and who is told of it."""

import pytest

from scheduler.ec2 import gateway
from scheduler.troubles import (
    Asked,
    Standing,
    Trouble,
    advice,
    classify,
    gravest,
    lacks_permission,
    quoted,
    whom,
)
from shared.errors import CredentialUnusable

FINE = Standing("", 0)


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (CredentialUnusable(), "unusable"),
        (gateway.Denied("no", code="UnauthorizedOperation"), "denied"),
        (gateway.Throttled("too many", code="RequestLimitExceeded"), "throttled"),
        (gateway.NotSent("no route", code="EndpointConnectionError"), "unreachable"),
        (gateway.Unanswered("too slow", code="ReadTimeoutError"), "unreachable"),
        (gateway.Unanswered("Internal error", code="InternalError"), "unreachable"),
        (gateway.Unanswered("AWS' answer lacks 'Reservations'.", code="KeyError"), "unreadable"),
        (gateway.Unanswered("not XML", code="ResponseParserError"), "unreadable"),
        (gateway.Refused("what?", code="InvalidParameter"), "unreadable"),
    ],
)
def test_each_error_has_one_word(error: Trouble, word: str) -> None:
    assert classify(error) == word


@pytest.mark.parametrize(
    ("error", "next_step"),
    [
        (gateway.Denied("no", code="UnauthorizedOperation"), "Allow ec2:DescribeInstanceStatus and"),
        (
            gateway.Denied(
                "User: arn:aws:iam::1:user/x is not authorized to perform: ec2:DescribeInstances because ...",
                code="UnauthorizedOperation",
            ),
            "Allow ec2:DescribeInstances to",
        ),
        (
            gateway.Denied("x is not authorized to perform: sts:AssumeRole on y", code="AccessDenied"),
            "The role cannot be assumed",
        ),
        (gateway.Denied("no", code="AuthFailure"), "Make new ones in IAM"),
        (gateway.Denied("no", code="RequestExpired"), "Set the clock"),
        (gateway.Denied("no", code="OptInRequired"), "not enabled"),
        (gateway.NotSent("no route"), "Check the network"),
        (gateway.Throttled("no"), "more slowly"),
        (CredentialUnusable(), "Enter it again"),
    ],
)
def test_the_advice_says_what_to_do_next(error: Trouble, next_step: str) -> None:
    assert next_step in advice(error)


MY_ROLE, NEXT_DOOR = Asked(by_role=True), Asked(elsewhere=True)


@pytest.mark.parametrize(
    ("code", "asked", "next_step"),
    [
        ("AuthFailure", NEXT_DOOR, "region is not enabled"),
        ("InvalidClientTokenId", Asked(by_role=True, elsewhere=True), "region is not enabled"),
        ("InvalidClientTokenId", MY_ROLE, "Cloudevy's own AWS identity"),
        ("SignatureDoesNotMatch", MY_ROLE, "Cloudevy's own AWS identity"),
        ("SignatureDoesNotMatch", Asked(), "Enter both again"),
        ("CredentialRetrievalError", MY_ROLE, "give its host a role"),
        ("NoCredentialsError", MY_ROLE, "give its host a role"),
        ("ExpiredToken", MY_ROLE, "Set the clock"),
        ("UnauthorizedOperation", Asked(wanted="ec2:StopInstances"), "Allow ec2:StopInstances to"),
        ("PendingVerification", Asked(), "still verifying"),
        ("SomethingNew", Asked(), "read what AWS says"),
    ],
)
def test_the_advice_knows_who_asked_and_for_what(code: str, asked: Asked, next_step: str) -> None:
    assert next_step in advice(gateway.Denied("no", code=code), asked)


def test_what_an_organisation_forbids_no_account_can_allow() -> None:
    text = (
        "x is not authorized to perform: ec2:StopInstances with an explicit deny in a service control policy"
    )
    told = advice(gateway.Denied(text, code="UnauthorizedOperation"))
    assert told.startswith("A policy of your AWS organisation forbids ec2:StopInstances.")


@pytest.mark.parametrize(
    ("code", "text", "lacks"),
    [
        ("UnauthorizedOperation", "no", True),
        ("AccessDenied", "x is not authorized to perform: ec2:StopInstances", True),
        ("AccessDenied", "x is not authorized to perform: sts:AssumeRole on resource: y", False),
        ("AuthFailure", "no", False),
        ("RequestExpired", "no", False),
        ("NoCredentialsError", "no", False),
    ],
)
def test_only_a_missing_permission_is_one(code: str, text: str, lacks: bool) -> None:
    assert lacks_permission(gateway.Denied(text, code=code)) is lacks


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (gateway.Denied("You may not.", code="AccessDenied"), "AWS says: AccessDenied: You may not."),
        (gateway.Unanswered("Oh dear", code="InternalError"), "AWS says: InternalError: Oh dear."),
        (
            gateway.Unreachable("Could not connect to the endpoint URL", code="EndpointConnectionError"),
            "The error: EndpointConnectionError: Could not connect to the endpoint URL.",
        ),
        (gateway.NotSent("No route to host"), "The error: No route to host."),
        (gateway.Unanswered("Read timed out", code="ReadTimeoutError"), "The error: ReadTimeoutError: Read"),
        (
            gateway.Unanswered("AWS' answer lacks 'Reservations'.", code="KeyError"),
            "The error: KeyError: AWS",
        ),
        (gateway.Denied("No identity here", code="NoCredentialsError"), "The error: NoCredentialsError: No"),
        (CredentialUnusable(), ""),
    ],
)
def test_words_are_only_put_into_the_mouth_of_who_said_them(error: Trouble, words: str) -> None:
    assert quoted(error).startswith(words)
    assert bool(words) == bool(quoted(error))


def test_a_credential_that_must_not_be_used_is_explained_by_the_finding() -> None:
    assert advice(CredentialUnusable("These are the root user's keys.")) == "These are the root user's keys."


def test_the_gravest_word_stands_for_the_account() -> None:
    assert gravest(["unreachable", "denied", "throttled"]) == "denied"


@pytest.mark.parametrize(
    ("mine", "others", "told"),
    [
        (Standing("denied", 1), [], "account"),
        (Standing("unreachable", 1), [], ""),  # one time-out is not worth a line
        (Standing("unreachable", 2), [], "account"),
        (Standing("denied", 1), [FINE], ""),  # is it the others too?
        (Standing("denied", 2), [Standing("denied", 1)], "account"),
        (Standing("denied", 2), [FINE, Standing("denied", 1)], ""),
        (Standing("denied", 3), [FINE, Standing("denied", 1)], "regions"),
        (Standing("denied", 4), [FINE], ""),  # told already
        (Standing("unusable", 1), [FINE], "account"),
    ],
)
def test_it_is_the_accounts_trouble_when_nothing_of_it_can_be_read(
    mine: Standing, others: list[Standing], told: str
) -> None:
    assert whom(mine, others, trouble="") == told


def test_an_account_in_trouble_is_not_told_of_again() -> None:
    assert whom(Standing("denied", 5), [], trouble="unreachable") == ""
