"""API tokens: a machine's way in. Knows nothing of HTTP.

A token is 256 random bits; the database keeps its SHA-256 only, enough for a secret nobody can guess. It acts
as whoever made it, in no higher role than its scope and no higher than that person's of today.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from shared.errors import Invalid, QuotaExceeded
from shared.people.models import Membership, Role, Token, User, Workspace
from shared.people.roles import RANK, lesser

PREFIX = "cvy_"
SHOWN = 12
MOST_OF_ONE = 50
USUAL = timedelta(days=90)
LONGEST = timedelta(days=366)
# Often enough for "last used", seldom enough not to write at every request.
USED_AGAIN = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Known:
    """A valid token, with its user and workspace, and the role it acts in."""

    token: Token
    role: Role


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody says of a token to be made."""

    name: str
    scope: Role
    expires_at: datetime


def check(wanted: Wanted, *, user: User, workspace: Workspace, role: Role, now: datetime) -> None:
    """Invalid for a scope above the maker's role or an end that is past or too far; QuotaExceeded for one too
    many; Membership.DoesNotExist for somebody who has left. Locks the membership: no token outlives it."""
    member = Membership.objects.select_for_update().get(user=user, workspace=workspace)
    role = lesser(role, Role(member.role))
    if RANK[wanted.scope] > RANK[role]:
        message = f"Your role is {role.value}, so a token of yours can do no more than that."
        raise Invalid(message, code="beyond_your_role", field="scope")
    if wanted.expires_at <= now:
        raise Invalid("This moment has passed.", code="in_the_past", field="expires_at")
    if wanted.expires_at > now + LONGEST:
        message = f"A token lasts at most {LONGEST.days} days. Make a new one before it ends."
        raise Invalid(message, code="out_of_range", field="expires_at")
    if Token.objects.filter(user=user, workspace=workspace).count() >= MOST_OF_ONE:
        message = f"You have {MOST_OF_ONE} tokens here, which is the most. Revoke some first."
        raise QuotaExceeded(message)


def issue(
    *, user: User, workspace: Workspace, name: str, scope: Role, expires_at: datetime | None = None
) -> tuple[Token, str]:
    """A new token, and its value: the answer is the only place where that can ever be read."""
    value = PREFIX + secrets.token_urlsafe(32)
    token = Token.objects.create(
        user=user,
        workspace=workspace,
        name=name,
        scope=scope,
        expires_at=expires_at,
        prefix=value[:SHOWN],
        sha256=digest(value),
    )
    return token, value


def digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()


def verify(value: str, *, now: datetime) -> Known | None:
    """The token of that value, when it is valid and its user still works in its workspace."""
    valid = Q(expires_at=None) | Q(expires_at__gt=now)
    rows = Token.objects.filter(valid, sha256=digest(value), user__is_active=True)
    token = rows.select_related("user", "workspace").first()
    if token is None:
        return None
    member = Membership.objects.filter(user=token.user, workspace=token.workspace).first()
    if member is None:
        return None
    if token.last_used_at is None or now - token.last_used_at > USED_AGAIN:
        Token.objects.filter(id=token.id).update(last_used_at=now)
    return Known(token, lesser(Role(member.role), Role(token.scope)))
