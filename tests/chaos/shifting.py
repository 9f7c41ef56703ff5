"""Setting the clock of a house: `cloudevy_now()` replaced, as a wrong clock of Postgres' machine would be.

The witness and the simulator keep real time. Must not know what is tested.
"""

from dataclasses import dataclass
from datetime import datetime

from tests.chaos.house import House

REPLACED = """CREATE OR REPLACE FUNCTION cloudevy_now() RETURNS timestamptz LANGUAGE sql VOLATILE
 AS $$ SELECT clock_timestamp() + interval '{seconds:.3f} s' $$"""


@dataclass
class Clock:
    """By how many seconds the database's clock is ahead of the real one."""

    house: House
    ahead: float = 0.0

    def set(self, ahead: float) -> None:
        self.house.sql(REPLACED.format(seconds=ahead))
        self.ahead = ahead

    def jump(self, seconds: float) -> None:
        self.set(self.ahead + seconds)

    def now(self) -> datetime:
        moment: datetime = self.house.sql("SELECT cloudevy_now()")[0][0]
        return moment
