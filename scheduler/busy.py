"""What somebody else holds is left to them: whatever is due then comes with the next tick."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError
from psycopg.errors import LockNotAvailable


@contextmanager
def left_to_others() -> Iterator[None]:
    """Ends the block quietly where a lock cannot be had in time, and there alone."""
    try:
        yield
    except OperationalError as error:
        if not isinstance(error.__cause__, LockNotAvailable):
            raise
