"""The people of a workspace: their roles, who leaves, and links by which they set a password.

Nobody manages somebody who may do more than they may, or makes somebody mightier than they are; and a
workspace always has an owner. A link is 256 random bits, works once, and is kept as its SHA-256 only. It
sends no mail: whoever makes a link hands it over. Knows nothing of HTTP.

Locks: a workspace's row first, so that one change of its people is decided after the other, each on what the
one before has left; then, where somebody joins, the address, which other workspaces may have invited too.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction

from shared.errors import AboveYourRole, AlreadyMember, LastOwner, LinkGone, NotAllowed, QuotaExceeded
from shared.people.models import Invitation, Membership, Role, Token, User, Workspace
from shared.people.roles import RANK, lesser
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


def enter(workspace: Workspace, by: By) -> By:
    """Wait for whoever changes its people, and read anew what the asker may do; AboveYourRole when that is
    nothing any more."""
    lock(workspace.id)
    member = Membership.objects.filter(workspace=workspace, user=by.user, user__is_active=True).first()
    if member is None:
        raise AboveYourRole
    return By(by.user, lesser(by.role, Role(member.role)))


def lock(workspace: int) -> None:
    Workspace.objects.select_for_update(no_key=True).get(id=workspace)


@transaction.atomic
def change_role(member: Membership, role: Role, *, by: By) -> Membership:
    """Give a member another role; LastOwner when nobody would own the workspace any more."""
    by = enter(member.workspace, by)
    row = Membership.objects.get(id=member.id)
    by.check(row.role, role)
    if role != Role.OWNER:
        keep_an_owner(row)
    row.role = role
    row.save(update_fields=["role"])
    return row


@transaction.atomic
def remove(member: Membership, *, by: By) -> None:
    """Take a member out of the workspace, with the tokens they have there, and the links by and for them."""
    by = enter(member.workspace, by)
    # Whoever makes a token locks this row too, see `tokens.check`: none is made meanwhile and left behind.
    row = Membership.objects.select_for_update().get(id=member.id)
    by.check(row.role)
    keep_an_owner(row)
    Token.objects.filter(workspace=row.workspace_id, user=row.user_id).delete()
    links = Invitation.objects.filter(workspace=row.workspace_id)
    (links.filter(user=row.user_id) | links.filter(author=row.user_id)).delete()
    row.delete()


def keep_an_owner(member: Membership) -> None:
    owners = Membership.objects.filter(workspace=member.workspace_id, role=Role.OWNER, user__is_active=True)
    if member.role == Role.OWNER and not owners.exclude(id=member.id).exists():
        raise LastOwner


@transaction.atomic
def invite(workspace: Workspace, email: str, role: Role, *, by: By, now: datetime) -> tuple[Invitation, str]:
    """A link for somebody new, in place of an earlier one; the value that belongs into it.

    AlreadyMember for an address that works here or elsewhere: whoever has the link sets the password.
    """
    by = enter(workspace, by)
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
    by = enter(member.workspace, by)
    row = Membership.objects.select_related("user", "workspace").get(id=member.id)
    by.check(row.role)
    if works_elsewhere(row.user, row.workspace):
        raise NotAllowed(ELSEWHERE)
    drop(row.workspace, row.user.email, by=by)
    wanted = Invitation(workspace=row.workspace, email=row.user.email, role=row.role, user=row.user)
    return link(wanted, by=by, until=now + RESET_FOR)


def works_elsewhere(user: User, workspace: Workspace) -> bool:
    return Membership.objects.filter(user=user).exclude(workspace=workspace).exists()


def drop(workspace: Workspace, email: str, *, by: By) -> None:
    """Take back an earlier link for that address, unless it belongs to somebody above."""
    for each in Invitation.objects.filter(workspace=workspace, email__iexact=email):
        by.check(each.role)
        each.delete()


def link(wanted: Invitation, *, by: By, until: datetime) -> tuple[Invitation, str]:
    value = secrets.token_urlsafe(32)
    wanted.author, wanted.expires_at, wanted.sha256 = by.user, until, digest(value)
    wanted.save()
    return wanted, value


@transaction.atomic
def take_back(row: Invitation, *, by: By) -> None:
    """The link does not work any more; Invitation.DoesNotExist when it was used meanwhile."""
    by = enter(row.workspace, by)
    found = Invitation.objects.get(id=row.id)
    by.check(found.role)
    found.delete()


def opened(value: str, *, now: datetime) -> Invitation:
    """The link of that value. LinkGone when there is none, or it is too old, or whoever made it is not here
    any more or may not have made it today."""
    rows = Invitation.objects.select_related("workspace", "user", "author")
    row = rows.filter(sha256=digest(value), expires_at__gt=now).first()
    if row is None:
        raise LinkGone
    makers = Membership.objects.filter(workspace=row.workspace, user=row.author, user__is_active=True)
    maker, role = makers.first(), role_behind(row)
    if maker is None or role is None or RANK[Role(maker.role)] < RANK[role]:
        raise LinkGone
    return row


def role_behind(row: Invitation) -> Role | None:
    """The role of whoever uses the link: a member's is that of today. None when they have left, were switched
    off, or work elsewhere too."""
    if row.user is None:
        return Role(row.role)
    member = Membership.objects.filter(workspace=row.workspace, user=row.user, user__is_active=True).first()
    if member is None or works_elsewhere(row.user, row.workspace):
        return None
    return Role(member.role)


@transaction.atomic
def join(value: str, *, name: str, password: str, now: datetime) -> User:
    """Use a link: the password is set, and whoever is new becomes a member. It works once."""
    lock(opened(value, now=now).workspace_id)
    row = opened(value, now=now)
    lock_address(row.email)
    user = User.objects.select_for_update().get(id=row.user_id) if row.user_id else newcomer(row)
    user.name = name or user.name
    user.set_password(password)
    user.save(update_fields=["name", "password"] if user.id else None)
    if row.user_id is None:
        Membership.objects.create(workspace=row.workspace, user=user, role=row.role)
    row.delete()
    return user


def lock_address(email: str) -> None:
    """Nobody else with that address joins anywhere until the end of the transaction."""
    with connection.cursor() as cursor:
        key = f"cloudevy joins {email.lower()}"
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])


def newcomer(row: Invitation) -> User:
    """A new user, or one who works nowhere any more and comes back. LinkGone where they were switched off."""
    if Membership.objects.filter(user__email__iexact=row.email).exists():
        raise AlreadyMember
    known = User.objects.select_for_update().filter(email__iexact=row.email).first()
    if known is not None and not known.is_active:
        raise LinkGone
    return known or User(email=row.email)
