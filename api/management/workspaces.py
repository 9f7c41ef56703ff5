"""Which workspace a command is about."""

from argparse import ArgumentParser

from django.core.management.base import CommandError

from shared.people.models import Workspace
from shared.people.services import FIRST_WORKSPACE


def add_workspace(parser: ArgumentParser) -> None:
    parser.add_argument("--workspace", metavar="NAME", default=FIRST_WORKSPACE, help="default: %(default)s")


def workspace_named(name: str) -> Workspace:
    """CommandError when there is none of that name."""
    found = Workspace.objects.filter(name=name).order_by("id").first()
    if found is None:
        raise CommandError(f"There is no workspace '{name}'. Name one with --workspace.")
    return found
