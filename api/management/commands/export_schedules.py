"""`python -m api export_schedules`: all schedules of a workspace as YAML, to keep in git."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from api.management.workspaces import add_workspace, workspace_named
from api.schedules import exporting


class Command(BaseCommand):
    help = "Writes the schedules of a workspace as one YAML document."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--output", type=Path, metavar="FILE", help="instead of standard output")
        add_workspace(parser)

    def handle(self, *args: Any, output: Path | None, workspace: str, **options: Any) -> None:
        text = exporting.export(workspace_named(workspace))
        if output is None:
            self.stdout.write(text, ending="")
            return
        try:
            output.write_text(text, encoding="utf-8")
        except OSError as error:
            raise CommandError(f"{output} cannot be written: {error.strerror}.") from error
        self.stdout.write(f"Wrote the schedules of the workspace {workspace} to {output}.")
