"""Tokens, memberships and the first owner. Knows nothing of HTTP.

A token is 256 random bits; the database keeps its SHA-256 only, enough for a secret nobody can guess.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from shared.people.models import Membership, Role, Token, User, Workspace

PREFIX = "cvy_"
SHOWN = 12
# Often enough for "last used", seldom enough not to write at every request.
USED_AGAIN = timedelta(minutes=1)
RANK = {role: rank for rank, role in enumerate(Role)}


@dataclass(frozen=True, slots=True)
class Known:
    """A valid token, with its user and workspace, and the role it acts in."""

    token: Token
    role: Role


@dataclass(frozen=True, slots=True)
class FirstOwner:
    """What `bootstrap` made: None where it was there before."""

    user: User
    password: str | None
    token: str | None


def issue(
    *, user: User, workspace: Workspace, name: str, scope: Role, expires_at: datetime | None = None
) -> str:
    """A new token. The answer is the only place where it can ever be read."""
    value = PREFIX + secrets.token_urlsafe(32)
    Token.objects.create(
        user=user,
        workspace=workspace,
        name=name,
        scope=scope,
        expires_at=expires_at,
        prefix=value[:SHOWN],
        sha256=digest(value),
    )
    return value


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


def lesser(one: Role, other: Role) -> Role:
    """The role that may do less."""
    return min(one, other, key=lambda role: RANK[role])


def membership(user: User) -> Membership | None:
    """The user's membership, with its workspace; the oldest one of several."""
    return Membership.objects.filter(user=user).select_related("workspace").order_by("id").first()


def bootstrap(*, email: str, workspace: str = "default") -> FirstOwner:
    """Make sure there is a workspace with an owner who can sign in. Makes only what is missing."""
    place, _ = Workspace.objects.get_or_create(name=workspace)
    user = User.objects.filter(email__iexact=email).first()
    password = None
    if user is None:
        password = secrets.token_urlsafe(18)
        user = User.objects.create_user(email, password)
    Membership.objects.get_or_create(workspace=place, user=user, defaults={"role": Role.OWNER})
    token = None
    if not Token.objects.filter(user=user, workspace=place).exists():
        token = issue(user=user, workspace=place, name="bootstrap", scope=Role.OWNER)
    return FirstOwner(user, password, token)
