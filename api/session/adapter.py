"""How allauth behaves here: people are added by an owner, nobody signs up, and guessing is slowed down."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest

from shared.clock import now
from shared.people import attempts


class ClosedDoor(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Refuse before the password is looked at; allauth's own counter lives in one process and is racy."""
        if not attempts.take(**self.who(request, credentials), now=now()):
            raise self.validation_error("too_many_login_attempts")

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        user = super().authenticate(request, **credentials)
        if user:
            attempts.give_back(**self.who(request, credentials), now=now())
        return user

    def who(self, request: HttpRequest, credentials: dict[str, Any]) -> dict[str, str]:
        return {"email": str(credentials.get("email", "")), "address": self.get_client_ip(request)}
