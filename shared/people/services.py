"""Tokens, memberships and the first owner. Knows nothing of HTTP.

A token is 256 random bits; the database keeps its SHA-256 only, enough for a secret nobody can guess.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Q

from shared.people.models import Membership, Role, Token, User, Workspace

PREFIX = "cvy_"
SHOWN = 12
FIRST_WORKSPACE = "default"
# Often enough for "last used", seldom enough not to write at every request.
USED_AGAIN = timedelta(minutes=1)
RANK = {role: rank for rank, role in enumerate(Role)}


@dataclass(frozen=True, slots=True)
class Known:
    """A valid token, with its user and workspace, and the role it acts in."""

    token: Token
    role: Role


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


def lock_first_owner() -> None:
    """Until the surrounding transaction ends, nobody else makes a first owner: the next one sees ours."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('cloudevy first owner', 0))")


def owner(*, workspace: str = FIRST_WORKSPACE) -> User | None:
    """The one who has owned the workspace longest, if anybody does."""
    owners = Membership.objects.filter(workspace__name=workspace, role=Role.OWNER, user__is_active=True)
    first = owners.select_related("user").order_by("id").first()
    return first.user if first else None


def make_owner(*, email: str, password: str, workspace: str = FIRST_WORKSPACE) -> Membership:
    """A new owner of the workspace; both are made, unless the workspace is there."""
    place, _ = Workspace.objects.get_or_create(name=workspace)
    user = User.objects.filter(email__iexact=email).first() or User.objects.create_user(email, password)
    made, _ = Membership.objects.update_or_create(workspace=place, user=user, defaults={"role": Role.OWNER})
    return made
