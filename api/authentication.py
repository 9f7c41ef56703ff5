"""Who asks: a bearer token first, else the session cookie together with a CSRF token.

Either way `request.auth` is an `Access`: the workspace, the role in it, and the token if there was one.
"""

from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from api.errors import CsrfFailed
from shared.clock import now
from shared.people import services, tokens
from shared.people.models import Role, Token, User, Workspace

REFUSED = "This token is unknown, expired or revoked. Make a new one, or sign in."
NO_WORKSPACE = "You belong to no workspace. Ask an owner to add you."


@dataclass(frozen=True, slots=True)
class Access:
    """In which workspace somebody acts, as what, and with which token."""

    workspace: Workspace
    role: Role
    token: Token | None = None


class Bearer(authentication.BaseAuthentication):
    """`Authorization: Bearer cvy_...`. Whoever sends a bad one is refused, whatever cookies come with it."""

    def authenticate(self, request: Request) -> tuple[User, Access] | None:
        scheme, _, value = request.headers.get("Authorization", "").partition(" ")
        if not scheme:
            return None
        known = tokens.verify(value.strip(), now=now()) if scheme.lower() == "bearer" else None
        if known is None:
            raise AuthenticationFailed(REFUSED)
        return known.token.user, Access(known.token.workspace, known.role, known.token)

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="cloudevy"'


class Session(authentication.SessionAuthentication):
    """The session cookie; a changing request must prove that it comes from our page."""

    def authenticate(self, request: Request) -> tuple[User, Access] | None:
        user: User | AnonymousUser = request._request.user  # noqa: SLF001  REST framework has no other name for it
        if not isinstance(user, User) or not user.is_active:
            return None
        self.enforce_csrf(request)
        membership = services.membership(user)
        if membership is None:
            raise PermissionDenied(NO_WORKSPACE)
        return user, Access(membership.workspace, Role(membership.role))

    def enforce_csrf(self, request: Request) -> None:
        enforce_csrf(request)


def enforce_csrf(request: Request) -> None:
    """CsrfFailed unless the request proves that it comes from our page."""
    try:
        authentication.SessionAuthentication().enforce_csrf(request)
    except PermissionDenied as error:
        raise CsrfFailed from error
