"""The form of a schedule as a person fills it in."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from playwright.sync_api import Locator, expect

from tests.e2e.screen import Screen

SAVES = re.compile("^(Create schedule|Save)")


class ScheduleForm:
    """The editor that is on screen."""

    def __init__(self, screen: Screen) -> None:
        self.page = screen.page

    @property
    def rule(self) -> Locator:
        """The first of single actions, which it is then made of."""
        self.page.get_by_role("radio", name="Single actions").check()
        return self.page.get_by_role("group", name="Rule 1")

    @property
    def grid(self) -> Locator:
        """The week, or the one day of it that is shown."""
        return self.page.get_by_role("grid")

    def cell(self, name: str) -> Locator:
        """An hour by its name, such as "Mon 08:00"."""
        return self.grid.get_by_role("gridcell", name=name)

    def hours(self, place: int) -> Locator:
        """A row of days, from and to, counted from 1."""
        return self.page.get_by_role("group", name=f"Hours {place}", exact=True)

    @property
    def zone_button(self) -> Locator:
        return self.page.get_by_role("button", name="Time zone: ")

    def name(self, text: str) -> "ScheduleForm":
        self.page.get_by_label("Name", exact=True).fill(text)
        return self

    def zone(self, zone: str) -> "ScheduleForm":
        """Pick a time zone from the list."""
        self.zone_button.click()
        self.page.get_by_label("Search time zones").fill(zone)
        self.page.get_by_role("option", name=zone.replace("_", " ")).first.click()
        return self

    def action(self, action: str) -> "ScheduleForm":
        self.rule.get_by_label("Action").select_option(action)
        return self

    def once(self, moment: datetime, zone: str) -> "ScheduleForm":
        """Once, at the wall clock of the schedule's zone."""
        self.rule.get_by_label("Once").check()
        text = moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M:%S")
        self.rule.get_by_label("Date and time").fill(text.removesuffix(":00"))
        return self

    def weekdays(self, *days: str) -> "ScheduleForm":
        """Exactly these days, by their short names."""
        for box in self.rule.get_by_role("group", name="Days").get_by_role("checkbox").all():
            box.set_checked((box.get_attribute("aria-label") or "")[:3] in days)
        return self

    def time(self, text: str) -> "ScheduleForm":
        self.rule.get_by_label("Time", exact=True).fill(text)
        return self

    def cron(self, line: str) -> "ScheduleForm":
        self.rule.get_by_label("Cron", exact=True).check()
        self.rule.get_by_label("Cron line").fill(line)
        return self

    @property
    def submit(self) -> Locator:
        """The button that saves; it says what is stopped soon."""
        return self.page.locator("main form").get_by_role("button", name=SAVES)

    def save(self) -> None:
        self.submit.click()

    def saved(self) -> None:
        """Save, and see that it was."""
        self.save()
        expect(self.submit).to_be_hidden()

    def wrong(self, label: str) -> Locator:
        """The words under a field that say what is wrong with it."""
        field = self.page.get_by_label(label, exact=True)
        expect(field).to_have_attribute("aria-invalid", "true")
        described = (field.get_attribute("aria-describedby") or "").split()
        return self.page.locator(f"#{next(each for each in described if each.endswith('-error'))}")
