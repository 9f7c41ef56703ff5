"""Schedules out of a document: what differs is made so, all of it or nothing.

What a document says of a schedule is all there is to say of it: what it leaves out goes back to its default.
Schedules are found by their names. A dry run takes the very same way and is rolled back at its end. Changes
are made by `saving` like any other edit, so none is retroactive.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from api.schedules import exporting, reading, saving, telling
from api.schedules.confirming import Stop, insist, stopped_at_once, stopped_by_deleting
from api.schedules.documents import FIELDS, Difference, differences
from api.schedules.entries import Entry, Refusals, read
from api.schedules.resolving import Servers
from shared.errors import Invalid
from shared.operations import firing
from shared.people.models import User, Workspace
from shared.schedules import services
from shared.schedules.models import Rule, Schedule
from shared.schedules.services import Draft

PLAIN = frozenset({"name", "timezone", "enabled", "mode", "hibernate", "valid_from", "valid_to"})
TIMETABLE = frozenset({"windows", "rules"})
TARGETS = frozenset({"servers", "tag_query"})
# Who starts a command signs in nowhere.
SOMEBODY = "a command"


@dataclass(frozen=True, slots=True)
class Options:
    """A dry run changes nothing; `remove_others` ends the schedules that the document does not name.

    `confirm_stops` is how many servers the asker knows to be stopped within minutes by all of it together.
    """

    dry_run: bool = False
    remove_others: bool = False
    confirm_stops: int = 0


@dataclass(frozen=True, slots=True)
class Differing:
    """A schedule that a document wants otherwise."""

    schedule: Schedule
    entry: Entry
    fields: Sequence[Difference]

    @property
    def name(self) -> str:
        return self.schedule.name

    @property
    def names(self) -> list[str]:
        return [each.field for each in self.fields]


@dataclass(frozen=True)
class Survey:
    """What a document comes to beside the schedules there are."""

    fresh: Sequence[Entry] = ()
    differing: Sequence[Differing] = ()
    unchanged: Sequence[str] = ()
    others: Sequence[Schedule] = ()

    @property
    def changes(self) -> list[tuple[Entry, Schedule | None, Sequence[str]]]:
        """What is to be saved: an entry, the schedule that is there, and the fields to save."""
        fresh = [(entry, None, ("name", *FIELDS)) for entry in self.fresh]
        return [*fresh, *((each.entry, each.schedule, each.names) for each in self.differing)]

    @property
    def touched(self) -> list[Schedule]:
        return [*(each.schedule for each in self.differing), *self.others]


@dataclass(frozen=True, slots=True)
class Report:
    """What an import has done, or in a dry run would do; every list by name."""

    dry_run: bool
    created: Sequence[str]
    changed: Sequence[Differing]
    unchanged: Sequence[str]
    removed: Sequence[str]
    stops_soon: Sequence[Stop]

    @property
    def confirm(self) -> int | None:
        """The number that a real import has to be given; None when it needs none."""
        return len(self.stops_soon) if len(self.stops_soon) > 1 else None


@dataclass(frozen=True, slots=True)
class Import:
    """Into which workspace, in whose name, and when."""

    workspace: Workspace
    author: User | None
    now: datetime
    options: Options = field(default_factory=Options)

    def run(self, text: str) -> Report:
        """Carry the document out. ValidationError with everything that is wrong; then nothing has changed."""
        entries, refusals = read(text, zone=self.workspace.time_zone)
        if self.options.remove_others and not entries:
            detail = "The document names no schedule, so this would delete all of them."
            raise Invalid(detail, code="names_none", field="remove_others")
        with transaction.atomic():
            # One import at a time: of two with the same document the second finds everything done.
            Workspace.objects.select_for_update(no_key=True).get(id=self.workspace.id)
            hold(self.survey(entries).touched)
            survey = self.survey(entries)
            soon = self.carry_out(survey, refusals)
            refusals.check()
            if self.options.dry_run:
                transaction.set_rollback(True)
            else:
                insist(soon, stops=self.options.confirm_stops)
        if not self.options.dry_run:
            self.tell(survey)
        return self.report(survey, soon)

    def survey(self, entries: Sequence[Entry]) -> Survey:
        rows = exporting.rows(self.workspace)
        have = {row.name: (row, exporting.written(row)) for row in rows}
        named = {entry.written.name for entry in entries}
        known = [(entry, *have[entry.written.name]) for entry in entries if entry.written.name in have]
        compared = [Differing(row, entry, differences(now, entry.written)) for entry, row, now in known]
        return Survey(
            fresh=[entry for entry in entries if entry.written.name not in have],
            differing=[each for each in compared if each.fields],
            unchanged=[each.name for each in compared if not each.fields],
            others=[row for row in rows if row.name not in named] if self.options.remove_others else [],
        )

    def carry_out(self, survey: Survey, refusals: Refusals) -> Sequence[Stop]:
        """Save and delete; what a service refuses is gathered. The servers this stops within minutes."""
        servers = Servers(self.workspace, [entry for entry, _, _ in survey.changes])
        soon: dict[int, Stop] = {}
        for entry, schedule, names in survey.changes:
            with gathered(entry, refusals):
                draft = wanted(entry, names, servers.ids(entry, schedule, refusals))
                note(stopped_at_once(draft, schedule, self.workspace, now=self.now), soon)
                self.save(draft, schedule)
        for schedule in survey.others:
            note(stopped_by_deleting(schedule, now=self.now), soon)
            saving.delete(schedule, revision=None, now=self.now)
        return list(soon.values())

    def save(self, draft: Draft, schedule: Schedule | None) -> None:
        if schedule is None:
            services.create(draft, workspace=self.workspace, author=self.author, now=self.now)
        else:
            saving.change(schedule, draft, revision=None, now=self.now)

    def tell(self, survey: Survey) -> None:
        """In the log, as if each had been saved on its own."""
        by = self.author or SOMEBODY
        names = [entry.written.name for entry, _, _ in survey.changes]
        rows = reading.base(Schedule.objects.filter(workspace=self.workspace, name__in=names))
        for shown in reading.shown(list(rows.order_by("name")), now=self.now):
            telling.saved(shown, by=by)
        for shown in reading.shown(survey.others, now=self.now):
            telling.deleted(shown, by=by)

    def report(self, survey: Survey, soon: Sequence[Stop]) -> Report:
        return Report(
            dry_run=self.options.dry_run,
            created=sorted(entry.written.name for entry in survey.fresh),
            changed=sorted(survey.differing, key=lambda each: each.name),
            unchanged=sorted(survey.unchanged),
            removed=sorted(schedule.name for schedule in survey.others),
            stops_soon=soon,
        )


def note(stops: Iterable[Stop], soon: dict[int, Stop]) -> None:
    """Each server once."""
    for stop in stops:
        soon.setdefault(stop["server"]["id"], stop)


@contextmanager
def gathered(entry: Entry, refusals: Refusals) -> Iterator[None]:
    """Goes on after a refusal, so that the next schedule's is heard as well."""
    try:
        yield
    except Invalid as error:
        refusals.note(entry, error)


def hold(schedules: Iterable[Schedule]) -> None:
    """Lock them all before any is changed, in everybody's order: schedules, rules, operations."""
    ids = [schedule.id for schedule in schedules]
    rows = list(Schedule.objects.select_for_update(no_key=True).filter(id__in=ids).order_by("id"))
    list(Rule.objects.select_for_update(no_key=True).filter(schedule__in=rows).order_by("id"))
    firing.hold_still(*rows)


def wanted(entry: Entry, names: Collection[str], servers: Sequence[int]) -> Draft:
    """The fields of those names as the entry wants them; a timetable and servers are said as a whole."""
    written, said = entry.written, entry.said
    values: dict[str, Any] = {each: getattr(written, each) for each in names if each in PLAIN}
    if "grace_seconds" in names:
        values["grace_seconds"] = written.grace_seconds or 0
    if "skip_dates" in names:
        values["skip_dates"] = said.get("skip_dates", ())
    if not TIMETABLE.isdisjoint(names):
        values |= {each: said[each] for each in TIMETABLE if each in said}
    if not TARGETS.isdisjoint(names):
        values["tag_query"] = written.tag_query
        values["servers"] = None if written.tag_query else servers
    return Draft(**values)
