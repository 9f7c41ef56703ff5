"""What a failed question to AWS means, and who is told of it."""

import pytest

from scheduler.ec2 import gateway
from scheduler.troubles import Standing, Trouble, advice, classify, gravest, quoted, whom
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
