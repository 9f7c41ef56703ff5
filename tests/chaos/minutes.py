"""Which minutes are whose turn. Pure: reckoned here, so that the product is not asked what it should do."""

from datetime import UTC, datetime, timedelta

# The product takes no rule that comes more often; five that take turns are one a minute.
EVERY = 5


def turn(place: int) -> str:
    """Every fifth minute, from this one on."""
    return f"{place % EVERY}-59/{EVERY} * * * *"


def minutes(since: datetime, until: datetime, *, place: int) -> list[datetime]:
    """The whole minutes between these that are this place's turn."""
    first = since.astimezone(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
    count = int((until - first) / timedelta(minutes=1)) + 1 if until >= first else 0
    found = (first + timedelta(minutes=nth) for nth in range(count))
    return [each for each in found if each.minute % EVERY == place % EVERY]
