"""How long a preview of 500 moments takes, for ordinary timetables and for the largest that may be saved.

    .venv/bin/python -m bench.preview                  the function behind it, beside two naive ways
    ./run --data DIR --port N --ready-file FILE        and in another terminal, through HTTP:
    .venv/bin/python -m bench.preview --through FILE

The naive ways are a walk over every minute that asks the wall clock, for windows; and for rules the cron
library asked in the zone itself, 500 moments of each rule, then sorted. Both leave out dates to skip, notes
and words. Times of the function are its processor time, those through HTTP the time on the clock.
"""

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from cronsim import CronSim

from api.schedules.preview import Wish, preview
from deploy.demo.client import Client
from deploy.embedded import ready
from shared.schedules.checks import RuleText
from shared.schedules.windows import DAYS, WindowText

ZONE, COUNT = "Europe/Berlin", 500
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOLIDAYS = (date(2026, 12, 25), date(2026, 12, 26), date(2027, 1, 1))
MOST_SKIPPED = tuple(date(2026, 11, 24) + timedelta(days=2 * number) for number in range(400))
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Timetable:
    name: str
    wish: Wish


def hours(start: int, length: int, *days: str) -> WindowText:
    """A window from a minute of the day on."""
    end = (start + length) % (24 * 60)
    return WindowText(days or DAYS, f"{start // 60:02}:{start % 60:02}", f"{end // 60:02}:{end % 60:02}")


def timetables() -> list[Timetable]:
    """Two that people have, and the largest: 50 windows or rules, and 400 dates to skip."""
    office = [hours(8 * 60, 12 * 60, *DAYS[:5]), hours(10 * 60, 4 * 60, "sat")]
    nights = [hours(22 * 60, 8 * 60 + number, day) for day in DAYS[:5] for number in range(10)]
    daily = [RuleText("stop", cron=f"{number} {number % 24} * * *") for number in range(50)]
    often = [RuleText("start", cron=f"{number} */2 * * 1-5") for number in range(50)]
    rare = [RuleText("stop", cron=f"{number} 3 L {1 + number % 12} *") for number in range(50)]
    two = [RuleText("start", cron="0 8 * * 1-5"), RuleText("stop", cron="30 18 * * 1-5")]
    full = Wish(ZONE, skip_dates=MOST_SKIPPED)
    return [
        Timetable("office hours, 2 windows", Wish(ZONE, windows=office, skip_dates=HOLIDAYS)),
        Timetable("office hours, 2 rules", Wish(ZONE, rules=two, skip_dates=HOLIDAYS)),
        Timetable("50 short windows a day", replace(full, windows=[hours(28 * n, 13) for n in range(50)])),
        Timetable("50 windows over midnight", replace(full, windows=nights)),
        Timetable("50 rules, once a day each", replace(full, rules=daily)),
        Timetable("50 rules, every other hour", replace(full, rules=often)),
        Timetable("50 rules, once a year each", replace(full, rules=rare)),
    ]


def ours(wish: Wish) -> int:
    found: Any = preview(wish, after=NOW, count=COUNT)["occurrences"]
    return len(found)


def naive(wish: Wish) -> int:
    return walked(wish) if wish.windows else asked(wish)


def walked(wish: Wish) -> int:
    """Minute by minute: is the time on the wall inside a window that began today or yesterday?"""
    zone, at, found, was_on = ZoneInfo(wish.zone), NOW, 0, None
    spans = [(set(each.days), each.start, each.to) for each in wish.windows]
    while found < COUNT:
        shown = at.astimezone(zone)
        clock, today, yesterday = f"{shown:%H:%M}", DAYS[shown.weekday()], DAYS[shown.weekday() - 1]
        is_on = any(
            (today in days and start <= clock and (clock < to or to <= start))
            or (yesterday in days and to <= start and clock < to)
            for days, start, to in spans
        )
        found += was_on is not None and is_on != was_on
        was_on, at = is_on, at + MINUTE
    return found


def asked(wish: Wish) -> int:
    begin, found = NOW.astimezone(ZoneInfo(wish.zone)), []
    for rule in wish.rules:
        engine = CronSim(rule.cron, begin)
        found += [next(engine).astimezone(UTC) for _ in range(COUNT)]
    return len(sorted(found)[:COUNT])


def body(wish: Wish) -> dict[str, Any]:
    """The same as a request."""
    windows = [{"days": each.days, "from": each.start, "to": each.to} for each in wish.windows]
    rules = [{"action": each.action, "cron": each.cron} for each in wish.rules]
    skipped = [each.isoformat() for each in wish.skip_dates]
    table: dict[str, Any] = {"windows": windows} if windows else {"rules": rules}
    return table | {"timezone": wish.zone, "skip_dates": skipped, "after": NOW.isoformat(), "count": COUNT}


def measured(work: Callable[[], int], *, times: int, clock: Callable[[], float]) -> list[float]:
    """Seconds of each repetition, shortest first."""
    took = []
    for _ in range(times):
        began = clock()
        if work() != COUNT:
            raise SystemExit(f"Less than {COUNT} moments: the measurement is none.")
        took.append(clock() - began)
    return sorted(took)


def told(name: str, took: list[float]) -> str:
    middle = took[len(took) // 2]
    return f"{name:28}{took[0] * 1000:9.1f}{middle * 1000:9.1f}{took[-1] * 1000:9.1f}"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.preview")
    parser.add_argument("--through", type=Path, metavar="READY_FILE", help="ask a running ./run over HTTP")
    parser.add_argument("--times", type=int, default=20)
    wanted = parser.parse_args(arguments)
    heading = f"{f'ms for {COUNT} moments':28}{'least':>9}{'p50':>9}{'most':>9}"
    if wanted.through:
        where = ready.read(wanted.through)
        api = Client(f"{where.url}/api/v1", where.api_token)
        print(f"{heading}   through HTTP")
        for each in timetables():
            request = body(each.wish)
            ask = lambda request=request: len(api.post("/schedules/preview", request)["occurrences"])  # noqa: E731
            print(told(each.name, measured(ask, times=wanted.times, clock=time.perf_counter)), flush=True)
        return 0
    print(f"{heading}   naive, once")
    # The first use of a zone reads its file.
    ours(timetables()[0].wish)
    for each in timetables():
        took = measured(lambda wish=each.wish: ours(wish), times=wanted.times, clock=time.process_time)  # type: ignore[misc]
        once = measured(lambda wish=each.wish: naive(wish), times=1, clock=time.process_time)  # type: ignore[misc]
        print(told(each.name, took) + f"{once[0] * 1000:14.0f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
