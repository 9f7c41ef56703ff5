"""Tell the scheduler that there is something to do: after the commit, and never at the request's expense.

A knock may be lost; the scheduler's own ticks find the row anyway.
"""

from functools import cache

from django.conf import settings
from django.db import transaction

from shared.broker import Door, sender


@cache
def door() -> Door:
    """One for the whole process, so that after a failure nobody waits again."""
    return Door(sender(settings.BROKER_URL))


def after_commit(task: str, **ids: int | str) -> None:
    """Knock once the surrounding transaction is committed, or at once when there is none."""

    # A named function: Django logs a failed callback by its name, which a partial does not have.
    def knock() -> None:
        door().knock(task, **ids)

    transaction.on_commit(knock, robust=True)
