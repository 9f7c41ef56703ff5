"""`python -m api import_schedules FILE`: make the schedules those of a YAML document, or say what would be.

Exit code 0 when that was done, also when there was nothing to do; 1 when anything is wrong, and then nothing
has changed.
"""

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rest_framework.exceptions import ValidationError

from api.errors import problem_for
from api.management.workspaces import add_workspace, workspace_named
from api.schedules.documents import Difference
from api.schedules.importing import Import, Options, Report
from shared import clock
from shared.errors import AppError

NOTHING = "nothing"
FEW = 4


class Command(BaseCommand):
    help = "Makes the schedules of a workspace those of a YAML document: all of it, or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help="the document; - is standard input")
        parser.add_argument("--dry-run", action="store_true", help="say what would change, change nothing")
        parser.add_argument(
            "--remove-others", action="store_true", help="delete schedules that the document does not name"
        )
        parser.add_argument(
            "--confirm-stops",
            type=int,
            default=0,
            metavar="N",
            help="how many servers it is known to stop within 5 minutes; needed when more than one",
        )
        add_workspace(parser)

    def handle(self, *args: Any, file: str, workspace: str, **options: Any) -> None:
        text = text_of(file)
        chosen = Options(**{each.name: options[each.name] for each in fields(Options)})
        job = Import(workspace_named(workspace), None, clock.now(), chosen)
        try:
            report = job.run(text)
        except (ValidationError, AppError) as error:
            raise CommandError("\n".join(["Nothing was changed.", *complaints(error)])) from error
        for line in lines(report):
            self.stdout.write(line)


def text_of(file: str) -> str:
    """CommandError when it cannot be read as UTF-8."""
    try:
        raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return raw.decode("utf-8")
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{file} is not a text in UTF-8.") from error


def complaints(error: Exception) -> list[str]:
    """Everything that is wrong, each with its place in the document."""
    problem = problem_for(error)
    each = [f"{wrong.pointer.lstrip('#/')}: {wrong.detail} ({wrong.code})" for wrong in problem.errors]
    return each or [f"{problem.detail} ({problem.code})"]


def lines(report: Report) -> Iterator[str]:
    yield from (f"+ {name}" for name in report.created)
    for each in report.changed:
        yield from (f"~ {each.name}: {difference(found)}" for found in each.fields)
    yield from (f"- {name}" for name in report.removed)
    counts = f"{len(report.created)} created, {len(report.changed)} changed, {len(report.removed)} removed"
    told = f"{counts}, {len(report.unchanged)} unchanged."
    if report.confirm:
        named = ", ".join(str(stop["server"]["name"]) for stop in report.stops_soon)
        yield f"! This stops {report.confirm} servers within 5 minutes: {named}."
        if report.dry_run:
            yield f"  To import it add --confirm-stops {report.confirm}."
    yield f"Dry run, nothing was changed. It would be: {told}" if report.dry_run else told


def difference(found: Difference) -> str:
    before, after = shortened(found.before, found.after), shortened(found.after, found.before)
    return f"{found.field}: {before} -> {after}"


def shortened(text: str | None, other: str | None) -> str:
    """A long list without what stands in the other one too."""
    parts = (text or NOTHING).split("; ")
    if len(parts) <= FEW:
        return "; ".join(parts)
    rest = [part for part in parts if part not in (other or "").split("; ")]
    return "; ".join([*rest, f"{len(parts) - len(rest)} others as before"])
