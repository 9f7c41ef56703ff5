"""What people do about people, as the log of the api tells it. A link's value is never among it."""

from typing import Any

from shared.logs import event
from shared.people.models import Invitation, Membership, User


def changed(member: Membership, *, before: str, by: User) -> None:
    text = f"👤 Role changed by {by}: {member.user} is {member.role} now, was {before}"
    event("member.changed", text=text, role=member.role, before=before, **facts(member.user, by=by))


def removed(member: Membership, *, by: User) -> None:
    text = f"👤 Member removed by {by}: {member.user}, who was {member.role}"
    event("member.removed", text=text, role=member.role, **facts(member.user, by=by))


def linked(row: Invitation, *, by: User) -> None:
    what = "Password link" if row.kind == "reset" else "Invitation"
    text = f"✉️  {what} made by {by}: for {row.email}, {row.role}, until {row.expires_at:%Y-%m-%d %H:%M} UTC"
    event("link.made", text=text, role=row.role, until=row.expires_at, email=row.email, author=str(by))


def taken_back(row: Invitation, *, by: User) -> None:
    event(
        "link.taken_back",
        text=f"✉️  Link taken back by {by}: for {row.email}",
        email=row.email,
        author=str(by),
    )


def joined(user: User) -> None:
    event("link.used", text=f"👤 {user} ({user.email}) has set a password by a link", user=user.id)


def facts(user: User, *, by: User) -> dict[str, Any]:
    return {"user": user.id, "email": user.email, "author": str(by)}
