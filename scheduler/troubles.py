"""What a failed question to AWS means: its kind, what to do next, and whom to tell of it. Pure.

An account that cannot be read is told of once, and not once for each of its regions.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scheduler.ec2.gateway import CloudError, Denied, NotSent, Throttled, Unanswered
from shared.errors import CredentialUnusable

Trouble = CloudError | CredentialUnusable
# The gravest first: what a person has to see to stands before what passes by itself.
WORDS = ("unusable", "denied", "throttled", "unreachable", "unreadable")
FOR_PEOPLE = frozenset({"unusable", "denied"})
SECOND, THIRD = 2, 3
# An answer came, and it was not one.
GARBLED = frozenset({"", "KeyError", "ResponseParserError"})
KEYS = frozenset(
    {"AuthFailure", "InvalidClientTokenId", "UnrecognizedClientException", "MissingAuthenticationToken"}
)
NEXT = {
    "throttled": (
        "It refuses our questions as too many. Something else uses up this account's limit;"
        " we go on asking, more slowly."
    ),
    "unreachable": (
        "AWS does not answer. Check the network of Cloudevy's host and AWS' health page;"
        " we go on asking by ourselves."
    ),
    "unreadable": (
        "What AWS answers makes no sense. We go on asking; if it stays so, look for a proxy in between."
    ),
}
NOT_ENABLED = "This region is not enabled in the AWS account. Enable it there or remove it here."
CLOCK = "AWS finds our requests expired. Set the clock of Cloudevy's host."
NO_IDENTITY = (
    "Cloudevy's own AWS identity, which assumes roles, is missing or not accepted."
    " Set its access key, or give its host a role."
)
WRONG_PAIR = "The secret does not belong to this access key. Enter both again."
DENIED = {
    "SignatureDoesNotMatch": WRONG_PAIR,
    "InvalidSignatureException": WRONG_PAIR,
    "IncompleteSignature": WRONG_PAIR,
    "RequestExpired": CLOCK,
    "ExpiredToken": CLOCK,
    "ExpiredTokenException": CLOCK,
    "OptInRequired": NOT_ENABLED,
    "RegionDisabledException": NOT_ENABLED,
    "NoCredentialsError": NO_IDENTITY,
    "CredentialRetrievalError": NO_IDENTITY,
    "Blocked": "AWS has blocked this account. Its owner must write to AWS support.",
    "PendingVerification": "AWS is still verifying this account. Wait for its mail, or write to AWS support.",
}
REFUSED = "AWS refuses this account's role or keys. Test the account, and read what AWS says."
REJECTED_KEY = "AWS does not accept these keys. Make new ones in IAM and enter them under Accounts."
# A role has no keys of its own: what is signed with is ours, or was made from it.
REJECTED_ROLE = (
    "AWS does not accept what we sign with for this role. Enable this region in the AWS account, or check"
    " Cloudevy's own AWS identity."
)
ROLE = "The role cannot be assumed. Check its ARN, its trust policy and the external ID."
ASSUME = "sts:AssumeRole"
PERMISSIONS = frozenset({"UnauthorizedOperation", "AccessDenied", "AccessDeniedException", "NotAuthorized"})
PERMISSION = "Allow {action} to this account's role or keys in IAM."
BY_ORGANISATION = "service control policy"
ORGANISATION = (
    "A policy of your AWS organisation forbids {action}. Ask who runs the organisation to allow it."
)
LOOKING = "ec2:DescribeInstanceStatus and ec2:DescribeInstances"
NAMED = re.compile(r"not authorized to perform:? ([\w-]+:\w+)")


@dataclass(frozen=True, slots=True)
class Asked:
    """As whom, and for what, AWS was asked. `elsewhere`: another region takes the same credentials.

    A region that is not enabled knows no keys at all, so it calls good ones unknown.
    """

    by_role: bool = False
    elsewhere: bool = False
    wanted: str = LOOKING


A_LOOK = Asked()


@dataclass(frozen=True, slots=True)
class Standing:
    """One enabled region of an account: why it cannot be read (empty: it can), and for how many looks."""

    code: str
    failures: int


def classify(error: Trouble) -> str:
    """One of WORDS."""
    if isinstance(error, CredentialUnusable):
        return "unusable"
    if isinstance(error, Denied):
        return "denied"
    if isinstance(error, Throttled):
        return "throttled"
    if isinstance(error, NotSent):
        return "unreachable"
    if isinstance(error, Unanswered) and error.code not in GARBLED:
        return "unreachable"
    return "unreadable"


def advice(error: Trouble, asked: Asked = A_LOOK) -> str:
    """What happened and what to do next, in our words."""
    if isinstance(error, CredentialUnusable):
        return str(error)
    word = classify(error)
    if word != "denied":
        return NEXT[word]
    if error.code in KEYS:
        return rejected(asked)
    if error.code in PERMISSIONS:
        return permission(str(error), asked)
    found = DENIED.get(error.code, REFUSED)
    return NO_IDENTITY if found is WRONG_PAIR and asked.by_role else found


def rejected(asked: Asked) -> str:
    if asked.elsewhere:
        return NOT_ENABLED
    return REJECTED_ROLE if asked.by_role else REJECTED_KEY


def permission(text: str, asked: Asked) -> str:
    found = NAMED.search(text)
    action = found[1] if found else asked.wanted
    if BY_ORGANISATION in text:
        return ORGANISATION.format(action=action)
    return ROLE if action == ASSUME else PERMISSION.format(action=action)


def lacks_permission(error: CloudError) -> bool:
    """Whether AWS knows who asks and forbids it. Who cannot assume its role is not even known."""
    found = NAMED.search(str(error))
    return error.code in PERMISSIONS and (found is None or found[1] != ASSUME)


def quoted(error: Trouble) -> str:
    """Whose words are behind it: AWS's, with its code, when it answered; else what our own side met with.

    Nothing for a credential, of which the advice says everything.
    """
    if isinstance(error, CredentialUnusable):
        return ""
    return f"{'AWS says' if answered(error) else 'The error'}: {said(error)}"


def answered(error: CloudError) -> bool:
    """Whether AWS said this. What botocore met with has the name of an exception for its code."""
    if isinstance(error, NotSent) or error.code in GARBLED:
        return False
    return not error.code.endswith("Error") or error.code.startswith("Internal")


def said(error: CloudError) -> str:
    """The words with their code."""
    code, text = error.code, str(error).strip().rstrip(".")
    return f"{code}: {text}." if code and code not in text else f"{text}."


def gravest(codes: Iterable[str]) -> str:
    return min(codes, key=WORDS.index)


def whom(mine: Standing, others: Sequence[Standing], *, trouble: str) -> str:
    """Whose trouble to tell now: "account", "regions" or nobody's.

    A credential is the whole account's. Else it is the account's when no region of it can be read, and the
    regions' when others still can after three tries. What passes by itself mostly does so at once, so it is
    told from the second failure on.
    """
    if trouble:
        return ""
    if mine.code == "unusable":
        return "account"
    if all(other.code for other in others):
        return "account" if mine.code in FOR_PEOPLE or mine.failures >= SECOND else ""
    return "regions" if mine.failures == THIRD else ""
