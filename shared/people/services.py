"""Memberships and the first owner. Knows nothing of HTTP."""

from django.db import connection

from shared.people.models import Membership, Role, User, Workspace

FIRST_WORKSPACE = "default"


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
    user = User.objects.filter(email__iexact=email).first()
    # Sign-in looks for small letters.
    user = user or User.objects.create_user(email.lower(), password)
    made, _ = Membership.objects.update_or_create(workspace=place, user=user, defaults={"role": Role.OWNER})
    return made
