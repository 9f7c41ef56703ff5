"""The week of a schedule, written with the keyboard alone, without drag, and with a finger on a phone."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import CDPSession, FilePayload, Locator, StorageState, expect

from deploy.demo.client import Json
from tests.e2e.conftest import OpenScreen
from tests.e2e.fleet import Fleet, Server
from tests.e2e.schedule_form import ScheduleForm
from tests.e2e.screen import Screen
from tests.e2e.visit import Visit
from tests.e2e.watch import refused

OFFICE = {"days": ["mon", "tue", "wed", "thu", "fri"], "from": "08:00", "to": "20:00"}
PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 780}, "has_touch": True, "is_mobile": True}
LONGEST_WAY = 120
CALENDAR = """BEGIN:VCALENDAR
BEGIN:VEVENT
SUMMARY:Boxing Day
DTSTART;VALUE=DATE:20271226
END:VEVENT
BEGIN:VEVENT
SUMMARY:Lunch
DTSTART:20271227T120000Z
END:VEVENT
END:VCALENDAR
"""


@pytest.fixture
def server(fleet: Fleet) -> Iterator[Server]:
    """Its schedules go with the test."""
    server = fleet.add("week", "running")
    yield server
    for schedule in schedules_of(fleet, server):
        fleet.api.call("DELETE", f"/schedules/{schedule['id']}", headers=matching(schedule))


def schedules_of(fleet: Fleet, server: Server) -> list[Json]:
    return fleet.api.all(f"/schedules?server={server.id}")


def matching(schedule: Json) -> dict[str, str]:
    return {"If-Match": f'"{schedule["revision"]}"'}


def saved_hours(fleet: Fleet, server: Server) -> list[Json]:
    (schedule,) = schedules_of(fleet, server)
    return list(schedule["windows"])


def window(days: str, start: str, to: str) -> Json:
    return {"days": days.split(), "from": start, "to": to}


def editor(screen: Screen, server: Server) -> ScheduleForm:
    screen.open(f"/schedules/new?server={server.id}")
    expect(screen.page.get_by_role("group", name="Hours 1", exact=True)).to_be_visible()
    return ScheduleForm(screen)


def tab_to(screen: Screen, goal: Locator) -> None:
    """As somebody without a mouse: from one thing to the next, until it is reached."""
    for _ in range(LONGEST_WAY):
        if goal.evaluate("(each) => each === document.activeElement"):
            return
        screen.page.keyboard.press("Tab")
    raise AssertionError(f"Tab never leads to {goal}")


def keys(screen: Screen, *names: str) -> None:
    for name in names:
        screen.page.keyboard.press(name)


def test_a_week_is_written_with_the_keyboard_alone(screen: Screen, fleet: Fleet, server: Server) -> None:
    form, page = editor(screen, server), screen.page
    tab_to(screen, page.get_by_label("Name", exact=True))
    page.keyboard.type(f"Keys {server.name}")
    tab_to(screen, page.get_by_role("button", name="Clear", exact=True))
    keys(screen, "Enter")
    tab_to(screen, form.cell("Mon 00:00"))
    keys(screen, *["ArrowRight"] * 8, "Space", *["Shift+ArrowRight"] * 3, "Shift+ArrowDown")
    expect(form.cell("Tue 11:00")).to_be_focused()
    keys(screen, "c", *["ArrowDown"] * 4, "v", "Control+z", "Control+y")
    expect(form.cell("Sat 11:00")).to_have_attribute("aria-selected", "true")
    keys(screen, "Control+Home", "ArrowLeft", "Enter")
    page.get_by_role("menuitem", name="Clear").wait_for()
    keys(screen, "ArrowDown", "Enter")
    expect(form.cell("Mon 08:00")).to_have_attribute("aria-selected", "false")
    keys(screen, "Control+s")
    expect(form.submit).to_be_hidden()
    assert saved_hours(fleet, server) == [window("tue sat", "08:00", "12:00")]


def test_a_week_is_written_without_drag(screen: Screen, fleet: Fleet, server: Server) -> None:
    form, page = editor(screen, server), screen.page
    form.name(f"Clicks {server.name}")
    form.cell("Sat 10:00").click()
    form.cell("Sun 13:00").click(modifiers=["Shift"])
    form.grid.get_by_role("button", name="06:00 on every day").click()
    form.grid.get_by_role("button", name="06:00 on every day").click()
    expect(form.hours(2).get_by_role("checkbox", name="Sunday")).to_be_checked()
    page.get_by_role("button", name="Add hours").click()
    form.hours(3).get_by_role("checkbox", name="Monday").check()
    form.hours(3).get_by_label("From").fill("22:10")
    form.hours(3).get_by_label("To").fill("01:45")
    expect(form.cell("Mon 22:00, partly on")).to_be_visible()
    expect(page.get_by_role("region", name="In words")).to_contain_text("Mon 22:10-01:45")
    form.saved()
    wanted = [OFFICE, window("sat sun", "10:00", "14:00"), window("mon", "22:10", "01:45")]
    assert saved_hours(fleet, server) == wanted


def test_a_week_is_painted_with_the_mouse_and_escape_gives_it_up(
    screen: Screen, fleet: Fleet, server: Server
) -> None:
    form, mouse = editor(screen, server).name(f"Mouse {server.name}"), screen.page.mouse
    for escape in (True, False):
        form.cell("Sat 09:00").hover()
        mouse.down()
        form.cell("Sun 11:00").hover()
        expect(form.cell("Sun 11:00")).to_have_attribute("aria-selected", "true")
        if escape:
            keys(screen, "Escape")
            expect(form.cell("Sun 11:00")).to_have_attribute("aria-selected", "false")
        mouse.up()
    form.saved()
    assert saved_hours(fleet, server) == [OFFICE, window("sat sun", "09:00", "12:00")]


class Finger:
    """One finger on the glass; Playwright itself can only tap."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self.glass: CDPSession = screen.page.context.new_cdp_session(screen.page)

    def draw(self, start: Locator, end: Locator) -> None:
        (x, top), (_, bottom) = self.middle(start), self.middle(end)
        self.touch("touchStart", x, top)
        for step in range(1, 9):
            self.touch("touchMove", x, top + (bottom - top) * step / 8)
            self.screen.wait(0.02)
        self.glass.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    def touch(self, kind: str, x: float, y: float) -> None:
        self.glass.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})

    @staticmethod
    def middle(place: Locator) -> tuple[float, float]:
        box = place.bounding_box()
        assert box
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_week_is_written_with_a_finger_on_a_phone(
    open_screen: OpenScreen, session: StorageState, fleet: Fleet, server: Server
) -> None:
    screen = open_screen(storage_state=session, **PHONE)
    form, page, finger = editor(screen, server), screen.page, Finger(screen)
    form.name(f"Finger {server.name}")
    rows, week = (each.bounding_box() for each in (form.hours(1), form.grid))
    assert rows
    assert week
    assert rows["y"] < week["y"]
    page.get_by_role("button", name="Sat 0 h").tap()
    first, last = form.cell("Sat 10:00"), form.cell("Sat 12:00")
    first.evaluate("(each) => each.scrollIntoView({ block: 'center' })")
    before = page.evaluate("scrollY")
    finger.draw(last, first)
    screen.until(lambda: bool(page.evaluate("scrollY") > before))
    expect(first).to_have_attribute("aria-selected", "false")
    form.cell("Sat 15:00").tap()
    page.get_by_role("button", name="Paint by dragging").tap()
    first.evaluate("(each) => each.scrollIntoView({ block: 'center' })")
    finger.draw(first, last)
    expect(last).to_have_attribute("aria-selected", "true")
    # A finger that has just been lifted does not count as a tap somewhere else yet.
    screen.wait(0.5)
    form.submit.tap()
    expect(form.submit).to_be_hidden()
    wanted = [OFFICE, window("sat", "10:00", "13:00"), window("sat", "15:00", "16:00")]
    assert saved_hours(fleet, server) == wanted


def test_every_cell_can_be_hit_and_nothing_in_the_editor_is_lost_to_anybody(
    visit: Visit, server: Server
) -> None:
    form, page = editor(visit.screen, server), visit.page
    form.hours(1).get_by_label("From").fill("08:15")
    sizes = form.grid.get_by_role("gridcell").evaluate_all(
        "(all) => all.map((each) => each.getBoundingClientRect()).flatMap((box) => [box.width, box.height])"
    )
    assert min(sizes) >= 24
    visit.see("editor-hours")
    page.get_by_role("radio", name="30 min").check()
    visit.see("editor-halves")
    page.set_viewport_size({"width": 1280, "height": 960})
    form.grid.get_by_role("button", name="Tue: fill, clear or copy").click()
    page.get_by_role("menuitem", name="Same on workdays").wait_for()
    visit.see("editor-day", looks=(("light", 1280), ("dark", 1280)), whole=False)
    page.keyboard.press("Escape")
    page.get_by_role("radio", name="By tags").check()
    page.get_by_label("Tags", exact=True).fill("team=*")
    expect(page.get_by_text("match now")).to_be_visible()
    page.get_by_role("button", name="Paste many").click()
    page.get_by_label("Dates, one to a line").fill("2027-12-25 Christmas\nsome day")
    page.get_by_role("button", name="Add these dates").click()
    expect(page.get_by_text("does not begin with a date")).to_be_visible()
    visit.see("editor-dates")
    assert visit.found == []


def test_stopping_several_servers_at_once_wants_their_number_typed(
    screen: Screen, fleet: Fleet, server: Server
) -> None:
    screen.watch.allow(refused(409))
    other = fleet.add("week-too", "running")
    form, page = editor(screen, server).name(f"Soon {server.name}").zone("UTC"), screen.page
    page.get_by_role("checkbox", name=other.name).check()
    end = datetime.now(UTC) + timedelta(minutes=4)
    for day in ("Saturday", "Sunday"):
        form.hours(1).get_by_role("checkbox", name=day).check()
    form.hours(1).get_by_label("From").fill((end - timedelta(hours=2)).strftime("%H:%M"))
    form.hours(1).get_by_label("To").fill(end.strftime("%H:%M"))
    expect(form.submit).to_contain_text("2 servers stop in")
    expect(page.get_by_role("region", name="If you save")).to_contain_text(other.name)
    form.save()
    dialog = screen.dialog("Stop 2 servers within five minutes?")
    expect(dialog.get_by_role("button", name="Save and stop")).to_be_disabled()
    assert schedules_of(fleet, server) == []
    dialog.get_by_label("Type 2 to confirm").fill("2")
    dialog.get_by_role("button", name="Save and stop").click()
    page.wait_for_url(f"**/servers/{server.id}")
    assert len(schedules_of(fleet, server)) == 1


def test_a_copy_begins_as_the_other_schedule_is(screen: Screen, fleet: Fleet, server: Server) -> None:
    name = f"First {server.name}"
    body = {"name": name, "timezone": "Asia/Kolkata", "servers": [server.id], "windows": [OFFICE]}
    fleet.api.post("/schedules", {**body, "skip_dates": [{"day": "2027-12-25", "note": "Christmas"}]})
    screen.open("/schedules").page.get_by_role("link", name=f"Duplicate {name}").click()
    form = ScheduleForm(screen)
    expect(screen.page.get_by_label("Name", exact=True)).to_have_value(f"Copy of {name}")
    form.cell("Sat 08:00").click()
    form.saved()
    first, copy = sorted(schedules_of(fleet, server), key=lambda each: int(each["id"]))
    assert (first["windows"], copy["name"]) == ([OFFICE], f"Copy of {name}")
    assert copy["windows"] == [OFFICE, window("sat", "08:00", "09:00")]
    assert copy["skip_dates"] == first["skip_dates"]


def test_dates_are_left_out_one_by_one_pasted_and_from_a_calendar(
    screen: Screen, fleet: Fleet, server: Server
) -> None:
    form, page = editor(screen, server).name(f"Dates {server.name}"), screen.page
    page.get_by_label("First day").fill("2027-12-01")
    page.get_by_label("Date", exact=True).fill("2027-12-25")
    page.get_by_label("Why").fill("Christmas")
    page.get_by_label("Why").press("Enter")
    page.get_by_role("button", name="Paste many").click()
    page.get_by_label("Dates, one to a line").fill("2027-12-31 New Year's Eve, 2028-01-01")
    page.get_by_role("button", name="Add these dates").click()
    page.get_by_role("button", name="From a calendar file").click()
    file = FilePayload(name="days.ics", mimeType="text/calendar", buffer=CALENDAR.encode())
    page.get_by_label("Calendar file").set_input_files(file)
    expect(page.get_by_text("1 date found; 1 entry left aside.")).to_be_visible()
    page.get_by_role("button", name="Remove Sat, 1 January 2028").click()
    expect(page.get_by_role("region", name="In words")).to_contain_text("except")
    form.saved()
    (schedule,) = schedules_of(fleet, server)
    days = [(each["day"], each["note"]) for each in schedule["skip_dates"]]
    assert days == [
        ("2027-12-25", "Christmas"),
        ("2027-12-26", "Boxing Day"),
        ("2027-12-31", "New Year's Eve"),
    ]
    assert schedule["valid_from"] == "2027-12-01"
