"""`python -m api bootstrap`: the first workspace and its owner. Safe at every start, and by several at once.

Either a password and a token are made up and written to a file, or the password is the one in a file given.
Nothing secret is printed, and nobody who is there already is changed.
"""

import json
import os
import secrets
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.db import transaction

from shared.people import services, tokens
from shared.people.models import Role, User


class Command(BaseCommand):
    help = "Makes the workspace `default` and its owner, unless it has one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--owner-email", required=True)
        way = parser.add_mutually_exclusive_group(required=True)
        way.add_argument(
            "--credentials-file",
            type=Path,
            help="a password and an API token are made up and written there on the first run, mode 0600",
        )
        way.add_argument(
            "--password-file", type=Path, help="holds the owner's password; read on the first run"
        )

    @transaction.atomic
    def handle(self, *args: Any, owner_email: str, **options: Any) -> None:
        services.lock_first_owner()
        owner = services.owner()
        if owner:
            self.stdout.write(f"The owner {owner.email} is there already; nothing changed.")
            return
        email = checked_email(owner_email)
        if options.get("password_file"):
            services.make_owner(email=email, password=given_password(options["password_file"], email=email))
            self.stdout.write(f"Made the owner {email} with the password in {options['password_file']}.")
            return
        keep(options["credentials_file"], make_up(email))
        self.stdout.write(f"Made the owner {email}; password and token are in {options['credentials_file']}.")


def checked_email(text: str) -> str:
    try:
        validate_email(text)
    except ValidationError:
        raise CommandError(f"{text!r} is not an e-mail address. Give one with --owner-email.") from None
    return text


def given_password(path: Path, *, email: str) -> str:
    """The file's content without the newline at its end, when it is good enough for a sign-in."""
    try:
        password = path.read_text(encoding="utf-8").rstrip("\r\n")
        validate_password(password, user=User(email=email))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise CommandError(f"The owner's password cannot be read from {path}: {reason}.") from error
    except ValidationError as error:
        raise CommandError(
            f"The password in {path} is refused: {' '.join(error.messages)} Put a better one there."
        ) from error
    return password


def make_up(email: str) -> dict[str, str]:
    password = secrets.token_urlsafe(18)
    made = services.make_owner(email=email, password=password)
    _, token = tokens.issue(user=made.user, workspace=made.workspace, name="bootstrap", scope=Role.OWNER)
    return {"username": made.user.email, "password": password, "api_token": token}


def keep(path: Path, credentials: dict[str, str]) -> None:
    """Write them for their owner alone, completely or not at all."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(credentials, file, indent=2)
        file.write("\n")
    draft.replace(path)
