"""Slow down whoever guesses passwords. The count is one atomic statement, so parallel guesses all count.

An attempt is taken before the password is looked at and given back when it was right. Only hashes are
kept. Nobody can lock a person out for good: the limits hold per network address.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import F

from shared.people.models import SignInAttempts

TAKE = """
    INSERT INTO people_signinattempts AS known (subject, failures, ends_at) VALUES (%s, 1, %s)
    ON CONFLICT (subject) DO UPDATE SET
        failures = CASE WHEN known.ends_at <= %s THEN 1 ELSE known.failures + 1 END,
        ends_at = CASE WHEN known.ends_at <= %s THEN EXCLUDED.ends_at ELSE known.ends_at END
    RETURNING failures
"""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `failures` of this subject within `span`."""

    subject: str
    failures: int
    span: timedelta


def limits(*, email: str, address: str) -> tuple[Limit, Limit]:
    """5 in 15 minutes for one person from one address, 100 in an hour for an address."""
    person = f"{email.strip().lower()} {address}"
    return Limit(hashed(person), 5, timedelta(minutes=15)), Limit(hashed(address), 100, timedelta(hours=1))


def hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def take(*, email: str, address: str, now: datetime) -> bool:
    """Count one attempt; False when there were too many already."""
    counts = [(count(limit, now=now), limit.failures) for limit in limits(email=email, address=address)]
    return all(failures <= most for failures, most in counts)


def count(limit: Limit, *, now: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(TAKE, [limit.subject, now + limit.span, now, now])
        row = cursor.fetchone()
    return int(row[0])


def give_back(*, email: str, address: str, now: datetime) -> None:
    """The attempt was right and does not count; what has run out is forgotten by the way."""
    subjects = [limit.subject for limit in limits(email=email, address=address)]
    SignInAttempts.objects.filter(subject__in=subjects, failures__gt=0).update(failures=F("failures") - 1)
    SignInAttempts.objects.filter(ends_at__lt=now).delete()
