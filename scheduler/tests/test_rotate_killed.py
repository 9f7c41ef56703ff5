"""`python -m scheduler rotate` killed ten times on a database in use: nobody notices, and nothing is lost."""

import signal

from deploy.embedded.postgres import Postgres
from scheduler.tests import test_programs
from scheduler.tests.rotating import House, under_fire
from scheduler.tests.test_programs_broker import address

no_database, template, database = test_programs.no_database, test_programs.template, test_programs.database
CREDENTIALS, KILLS = 300, 10


def test_killed_ten_times_it_ends_with_all_on_the_new_key_and_nobody_shut_out(database: Postgres) -> None:
    house = House(address())
    house.furnish(CREDENTIALS)
    assert house.finished("--check")[0] == 1
    assert house.finished("--dry-run")[0] == 0
    assert house.turned() == 0
    found = under_fire(house, kills=KILLS)
    assert (found["killed"], found["code"]) == (KILLS, 0), found
    assert (found["failures"], found["wrong"]) == ([], [])
    assert house.opened > CREDENTIALS
    assert house.replaced > KILLS
    assert house.turned() == CREDENTIALS
    code, told = house.finished("--check")
    assert code == 0
    assert f"k2 opens {CREDENTIALS}, k1 opens 0; 0 cannot be opened." in told
    assert "Traceback" not in told


def test_told_to_end_half_way_it_does_not_call_that_a_success(database: Postgres) -> None:
    house = House(address())
    house.furnish(CREDENTIALS)
    assert house.killed(after=3, sign=signal.SIGTERM) == 128 + signal.SIGTERM
    assert 3 <= house.turned() < CREDENTIALS
