"""What people do about tokens, as the log of the api tells it. A token's value is never among it."""

from typing import Any

from shared.logs import event
from shared.people.models import Token, User


def made(token: Token, *, by: User) -> None:
    until = f"until {token.expires_at:%Y-%m-%d %H:%M} UTC" if token.expires_at else "for ever"
    text = f"🔑 Token made by {by}: {named(token)}, {token.scope}, {until}"
    event("token.made", text=text, scope=token.scope, until=token.expires_at, **facts(token, by=by))


def revoked(token: Token, *, by: User) -> None:
    text = f"🔑 Token revoked by {by}: {named(token)} of {token.user}"
    event("token.revoked", text=text, **facts(token, by=by))


def named(token: Token) -> str:
    return f'"{token.name}" ({token.prefix}…)'


def facts(token: Token, *, by: User) -> dict[str, Any]:
    return {"token": token.id, "author": str(by)}
