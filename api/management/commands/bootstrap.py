"""`python -m api bootstrap`: the first workspace, its owner and a token. Safe to run at every start."""

import json
import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email

from shared.people import services


class Command(BaseCommand):
    help = "Makes the workspace `default`, its owner with a generated password, and an API token, if missing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--owner-email", required=True)
        parser.add_argument(
            "--credentials-file", type=Path, required=True, help="written on the first run, mode 0600"
        )

    def handle(self, *args: Any, owner_email: str, credentials_file: Path, **options: Any) -> None:
        try:
            validate_email(owner_email)
        except ValidationError:
            raise CommandError(
                f"{owner_email!r} is not an e-mail address. Give one with --owner-email."
            ) from None
        made = services.bootstrap(email=owner_email)
        if made.password is None:
            self.stdout.write(f"The owner {made.user.email} is there already; nothing changed.")
            return
        keep(
            credentials_file,
            {"username": made.user.email, "password": made.password, "api_token": made.token},
        )
        self.stdout.write(
            f"Made the owner {made.user.email}; the password and a token are in {credentials_file}."
        )


def keep(path: Path, credentials: dict[str, str | None]) -> None:
    """Write them for their owner alone, completely or not at all."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(credentials, file, indent=2)
        file.write("\n")
    draft.replace(path)
