"""The people of a workspace: their roles, who leaves, and links by which they set a password.

Nobody manages somebody who may do more than they may, or makes somebody mightier than they are; and a
workspace always has an owner. A link is 256 random bits, works once, and is kept as its SHA-256 only. It
sends no mail: whoever makes a link hands it over. Knows nothing of HTTP.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from shared.errors import AboveYourRole, AlreadyMember, LastOwner, LinkGone, NotAllowed, QuotaExceeded
from shared.people.models import Invitation, Membership, Role, Token, User, Workspace
from shared.people.roles import RANK
from shared.people.tokens import digest

INVITED_FOR = timedelta(days=7)
RESET_FOR = timedelta(hours=24)
MOST = 500
ELSEWHERE = "They work in another workspace too, so nobody here can set their password for them."


@dataclass(frozen=True, slots=True)
class By:
    """Who does it, and in which role."""

    user: User
    role: Role

    def check(self, *roles: str) -> None:
        """AboveYourRole when one of these is."""
        if any(RANK[Role(role)] > RANK[self.role] for role in roles):
            raise AboveYourRole


@transaction.atomic
def change_role(member: Membership, role: Role, *, by: By) -> Membership:
    """Give a member another role; LastOwner when nobody would own the workspace any more."""
    row = locked(member)
    by.check(row.role, role)
    if role != Role.OWNER:
        keep_an_owner(row)
    row.role = role
    row.save(update_fields=["role"])
    return row


@transaction.atomic
def remove(member: Membership, *, by: By) -> None:
    """Take a member out of the workspace, with the tokens and links they have there."""
    row = locked(member)
    by.check(row.role)
    keep_an_owner(row)
    Token.objects.filter(workspace=row.workspace_id, user=row.user_id).delete()
    Invitation.objects.filter(workspace=row.workspace_id, user=row.user_id).delete()
    row.delete()


def locked(member: Membership) -> Membership:
    """The member's row. All owners are locked with it, so that two of them cannot leave at once."""
    owners = owners_of(member.workspace_id) | Membership.objects.filter(id=member.id)
    rows = {row.id: row for row in owners.select_for_update().order_by("id")}
    if member.id not in rows:
        raise Membership.DoesNotExist
    return rows[member.id]


def owners_of(workspace: int) -> QuerySet[Membership]:
    return Membership.objects.filter(workspace=workspace, role=Role.OWNER)


def keep_an_owner(member: Membership) -> None:
    others = owners_of(member.workspace_id).exclude(id=member.id)
    if member.role == Role.OWNER and not others.filter(user__is_active=True).exists():
        raise LastOwner


@transaction.atomic
def invite(workspace: Workspace, email: str, role: Role, *, by: By, now: datetime) -> tuple[Invitation, str]:
    """A link for somebody new, in place of an earlier one; the value that belongs into it.

    AlreadyMember for an address that works here or elsewhere: whoever has the link sets the password.
    """
    by.check(role)
    if Membership.objects.filter(user__email__iexact=email).exists():
        raise AlreadyMember
    drop(workspace, email, by=by)
    if Invitation.objects.filter(workspace=workspace).count() >= MOST:
        raise QuotaExceeded(f"{MOST} links are open, which is the most. Take some back first.")
    return link(Invitation(workspace=workspace, email=email, role=role), by=by, until=now + INVITED_FOR)


@transaction.atomic
def reset(member: Membership, *, by: By, now: datetime) -> tuple[Invitation, str]:
    """A link by which a member sets a new password; until it is used the old one goes on.

    NotAllowed for somebody who works in another workspace too: its people decide about them as well.
    """
    by.check(member.role)
    if Membership.objects.filter(user=member.user).exclude(id=member.id).exists():
        raise NotAllowed(ELSEWHERE)
    drop(member.workspace, member.user.email, by=by)
    wanted = Invitation(
        workspace=member.workspace, email=member.user.email, role=member.role, user=member.user
    )
    return link(wanted, by=by, until=now + RESET_FOR)


def drop(workspace: Workspace, email: str, *, by: By) -> None:
    """Take back an earlier link for that address, unless it belongs to somebody above."""
    for each in Invitation.objects.select_for_update().filter(workspace=workspace, email__iexact=email):
        by.check(each.role)
        each.delete()


def link(wanted: Invitation, *, by: By, until: datetime) -> tuple[Invitation, str]:
    value = secrets.token_urlsafe(32)
    wanted.author, wanted.expires_at, wanted.sha256 = by.user, until, digest(value)
    wanted.save()
    return wanted, value


def opened(value: str, *, now: datetime) -> Invitation:
    """The link of that value. LinkGone when there is none, or it is too old, or whoever made it is not here
    any more or may not have made it today."""
    return standing(Invitation.objects.select_related("workspace", "user", "author"), value, now=now)


def standing(rows: QuerySet[Invitation], value: str, *, now: datetime) -> Invitation:
    row = rows.filter(sha256=digest(value), expires_at__gt=now).first()
    if row is None:
        raise LinkGone
    maker = Membership.objects.filter(workspace=row.workspace, user=row.author).first()
    role = role_behind(row)
    if maker is None or role is None or RANK[Role(maker.role)] < RANK[role]:
        raise LinkGone
    return row


def role_behind(row: Invitation) -> Role | None:
    """The role of whoever uses the link: a member's is that of today; None when they have left."""
    if row.user is None:
        return Role(row.role)
    member = Membership.objects.filter(workspace=row.workspace, user=row.user).first()
    return Role(member.role) if member else None


@transaction.atomic
def join(value: str, *, name: str, password: str, now: datetime) -> User:
    """Use a link: the password is set, and whoever is new becomes a member. It works once."""
    row = standing(Invitation.objects.select_for_update(), value, now=now)
    user = row.user or newcomer(row)
    user.name = name or user.name
    user.set_password(password)
    user.save()
    if row.user is None:
        Membership.objects.create(workspace=row.workspace, user=user, role=row.role)
    row.delete()
    return user


def newcomer(row: Invitation) -> User:
    """A new user; or one who works nowhere any more, and comes back."""
    if Membership.objects.filter(user__email__iexact=row.email).exists():
        raise AlreadyMember
    return User.objects.filter(email__iexact=row.email).first() or User(email=row.email)
