"""Who may call: accounts, their access keys and roles, and the temporary credentials handed out for a role.

Must not know signatures or requests.
"""

import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from random import Random

from simulator import errors
from simulator.errors import AwsError

REGIONS = (
    "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2",
    "ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1",
    "us-east-1", "us-east-2", "us-west-1", "us-west-2",
)  # fmt: skip
LEARN = "any-nonempty"
_ROLE = re.compile(r"arn:aws:iam::(\d{12}):role/([\w+=,.@/-]+)")
_SESSION = re.compile(r"[\w+=,.@-]{2,64}")
_DURATIONS = range(900, 43201)
_LONGEST_CHAINED = 3600


@dataclass(frozen=True, slots=True)
class Credential:
    """An access key and whom it stands for. `token` and `expires_at` only on temporary ones.

    `denied` are actions no policy allows; `only_tagged` the tags a server needs before it may be changed.
    """

    key_id: str
    secret: str
    account: str
    arn: str
    user_id: str
    denied: frozenset[str] = frozenset()
    token: str | None = None
    expires_at: float | None = None
    only_tagged: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Role:
    """A role to assume. `external_id` may be LEARN: the first one presented is kept and enforced."""

    arn: str
    account: str
    trusts: frozenset[str]
    external_id: str | None = None
    denied: frozenset[str] = frozenset()
    learned: str | None = field(default=None)
    only_tagged: tuple[tuple[str, str], ...] = ()

    def accepts(self, caller: Credential, external_id: str | None) -> bool:
        if not ({caller.account, caller.arn} & self.trusts):
            return False
        if self.external_id is None:
            return True
        if not external_id:
            return False
        if self.external_id != LEARN:
            return hmac.compare_digest(self.external_id, external_id)
        self.learned = self.learned or external_id
        return hmac.compare_digest(self.learned, external_id)


@dataclass(frozen=True, slots=True)
class Wish:
    """What AssumeRole is asked for; `seconds` is how long the credentials shall last."""

    role_arn: str
    session: str
    external_id: str | None = None
    seconds: int = 3600


class Identities:
    """Every credential and role of a simulation."""

    def __init__(self, credentials: Iterable[Credential], roles: Iterable[Role], *, random: Random) -> None:
        self._credentials = {credential.key_id: credential for credential in credentials}
        self._roles = {role.arn: role for role in roles}
        self._random = random
        self._handed_out = 0

    def credential(self, key_id: str) -> Credential | None:
        return self._credentials.get(key_id)

    def assume(self, caller: Credential, wanted: Wish, *, now: float) -> Credential:
        """Temporary credentials for a role. AccessDenied without saying which condition failed."""
        _check(wanted, caller)
        role = self._roles.get(wanted.role_arn)
        if role is None or not role.accepts(caller, wanted.external_id):
            raise errors.role_denied(caller.arn, role=wanted.role_arn)
        return self._hand_out(role, wanted.session, expires_at=now + wanted.seconds)

    def _hand_out(self, role: Role, session: str, *, expires_at: float) -> Credential:
        self._handed_out += 1
        name = role.arn.rsplit("/", 1)[1]
        unique = f"{self._handed_out:012d}"
        credential = Credential(
            key_id=f"ASIASIM{unique}0",
            secret=sha256(f"{unique}{self._random.random()}".encode()).hexdigest()[:40],
            account=role.account,
            arn=f"arn:aws:sts::{role.account}:assumed-role/{name}/{session}",
            user_id=f"AROASIMULATOR0000001:{session}",
            denied=role.denied,
            token=f"simulated-session-token-{unique}",
            expires_at=expires_at,
            only_tagged=role.only_tagged,
        )
        self._credentials[credential.key_id] = credential
        return credential


def _check(wanted: Wish, caller: Credential) -> None:
    if not _ROLE.fullmatch(wanted.role_arn):
        raise AwsError("ValidationError", f"{wanted.role_arn} is invalid")
    if not _SESSION.fullmatch(wanted.session):
        text = (
            f"1 validation error detected: Value '{wanted.session}' at 'roleSessionName' failed to satisfy "
            "constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]{2,64}"
        )
        raise AwsError("ValidationError", text)
    if wanted.seconds not in _DURATIONS:
        text = f"The requested DurationSeconds {wanted.seconds} is not between 900 and 43200"
        raise AwsError("ValidationError", text)
    if caller.token and wanted.seconds > _LONGEST_CHAINED:
        text = "The requested DurationSeconds exceeds the 1 hour limit of sessions made by role chaining"
        raise AwsError("ValidationError", text)
