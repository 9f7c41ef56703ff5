"""Schedules that repeat: what is due is reckoned by the minute, here and not by the product.

Needs Django to be set up.
"""

import time
from dataclasses import dataclass, field
from datetime import datetime

from shared import clock
from shared.schedules import services
from shared.schedules.checks import RuleText
from shared.schedules.models import Schedule
from shared.schedules.services import Draft
from tests.chaos import fleet
from tests.chaos.fleet import Expected
from tests.chaos.minutes import EVERY, minutes, turn
from tests.chaos.run import Lived

BETWEEN = 2
DUE = "SELECT count(*) FROM schedules_rule WHERE next_run_at <= cloudevy_now() + interval '2 s'"
LONGEST = 60.0


@dataclass
class EveryMinute:
    """On some servers of their own one is stopped and another started each minute, until `end`."""

    lived: Lived
    rows: list[Schedule] = field(default_factory=list)
    since: datetime = field(init=False)

    def __post_init__(self) -> None:
        away_from_the_minute()
        self.since = clock.now()
        for nth, server in enumerate(sorted(self.lived.fleet.servers)[-EVERY:]):
            rules = [RuleText("stop", cron=turn(nth)), RuleText("start", cron=turn(nth + BETWEEN))]
            self.rows.append(fleet.create(f"minute {nth}", rules, [server], now=self.since))

    def end(self) -> int:
        """Switch them off when all that was due has been fired; how many occurrences there were."""
        deadline = time.monotonic() + LONGEST
        while self.lived.house.sql(DUE)[0][0] and time.monotonic() < deadline:
            time.sleep(0.1)
        until, found = clock.now(), []
        for nth, row in enumerate(self.rows):
            server = sorted(self.lived.fleet.servers)[-EVERY:][nth]
            numbers = {rule.action: rule.id for rule in row.rules.all()}
            services.change(row, Draft(enabled=False), revision=None, now=until)
            for action, place in (("stop", nth), ("start", nth + BETWEEN)):
                moments = minutes(self.since, until, place=place)
                found += [Expected(numbers[action], server, action, due) for due in moments]
        self.lived.fleet.expected += found
        return len(found)


def away_from_the_minute() -> None:
    """So that it is no question which minute comes next."""
    while not 2 <= clock.now().second <= 57:
        time.sleep(0.1)
