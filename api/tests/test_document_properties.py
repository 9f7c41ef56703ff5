"""Any schedules at all survive the way through a document."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.fields import INVISIBLE
from api.schedules.documents import dump
from api.schedules.entries import read
from api.schedules.exporting import export
from api.schedules.importing import Import, Options
from api.tests.conftest import make_region, make_server
from api.tests.documenting import everything
from shared.clock import now
from shared.fleet.models import Server
from shared.people.models import Workspace
from shared.schedules import services
from shared.schedules.checks import RuleText
from shared.schedules.models import Schedule
from shared.schedules.parts import SkipDay
from shared.schedules.services import Draft
from shared.schedules.windows import DAYS, WindowText

pytestmark = pytest.mark.django_db


def line(most: int) -> st.SearchStrategy[str]:
    """What the API takes as a text of one line."""
    letters = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="".join(INVISIBLE))
    words = st.text(letters, max_size=most) | st.sampled_from(
        ["on", "~", "2026-12-25", "20:00", "- a: #b", "12"]
    )
    return words.map(str.strip)


DATES = st.dates(date(2027, 1, 1), date(2099, 12, 31))
SKIPS = st.builds(SkipDay, DATES, line(120))
WINDOWS = st.builds(
    WindowText,
    days=st.lists(st.sampled_from(DAYS[:6]), min_size=1, max_size=6, unique=True),
    start=st.sampled_from(["00:00", "08:00", "12:30", "22:00"]),
    to=st.sampled_from(["00:00", "06:15", "18:00", "23:59"]),
)
RULES = st.sampled_from(
    [
        RuleText("start", cron="0 7 * * 1-5"),
        RuleText("stop", cron="30 18 L * *"),
        RuleText("stop", cron="0 1 * * 1#1"),
        RuleText("reboot", at="2199-12-24T07:00:00"),
        RuleText("start", at="2199-12-24T07:00:30"),
    ]
)
TIMETABLES = st.lists(WINDOWS, min_size=1, max_size=4).map(lambda each: {"windows": each}) | st.lists(
    RULES, min_size=1, max_size=4, unique=True
).map(lambda each: {"rules": each})
DRAFTS = st.builds(
    lambda timetable, said: said | timetable,
    TIMETABLES,
    st.fixed_dictionaries(
        {
            "name": line(120).filter(bool),
            "timezone": st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kolkata"]),
            "enabled": st.booleans(),
            "mode": st.sampled_from(Schedule.Mode.values),
            "hibernate": st.booleans(),
            "grace_seconds": st.none() | st.integers(60, 86400),
            "skip_dates": st.lists(
                st.builds(SkipDay, DATES, line(120)), max_size=5, unique_by=lambda at: at.day
            ),
            "valid_from": st.none() | st.just(date(2026, 1, 1)),
            "valid_to": st.none() | DATES,
            "servers": st.lists(st.integers(0, 2), unique=True),
        }
    ),
)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(drafts=st.lists(DRAFTS, max_size=4, unique_by=lambda draft: draft["name"]), others=st.booleans())
def test_any_schedules_go_out_and_in_unchanged(
    workspace: Workspace, fleet: Sequence[Server], drafts: list[dict[str, Any]], others: bool
) -> None:
    """Into the same workspace nothing changes; into an empty one the very same document comes out again."""
    Schedule.objects.all().delete()
    for draft in drafts:
        servers = [fleet[place].id for place in draft["servers"]]
        services.create(Draft(**draft | {"servers": servers}), workspace=workspace, author=None, now=now())
    document, before = export(workspace), everything()
    job = Import(workspace, None, now(), Options(remove_others=others and bool(drafts)))
    assert job.run(document).unchanged == sorted(draft["name"] for draft in drafts)
    assert everything() == before
    Schedule.objects.all().delete()
    assert len(job.run(document).created) == len(drafts)
    assert export(workspace) == document


@pytest.fixture
def fleet(workspace: Workspace) -> Sequence[Server]:
    region = make_region(workspace)
    return [make_server(region) for _ in range(3)]


def test_the_document_of_the_how_to_is_what_an_export_writes() -> None:
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "schedules-as-code.md").read_text()
    example = page.split("```yaml\n")[1].split("```")[0]
    schedules, _ = read(example, zone="UTC")
    assert dump(entry.written for entry in schedules) == example
