"""Guessing passwords is counted, per person and address, and no guess slips through beside another."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from shared.people import attempts
from shared.people.models import SignInAttempts

NOW = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)
ALICE = {"email": "alice@example.com", "address": "192.0.2.1"}


@pytest.mark.django_db
def test_five_attempts_are_allowed_and_the_sixth_is_not() -> None:
    assert [attempts.take(**ALICE, now=NOW) for _ in range(6)] == [True] * 5 + [False]


@pytest.mark.django_db
def test_after_a_quarter_of_an_hour_the_count_begins_anew() -> None:
    for _ in range(6):
        attempts.take(**ALICE, now=NOW)
    assert not attempts.take(**ALICE, now=NOW + timedelta(minutes=14, seconds=59))
    assert attempts.take(**ALICE, now=NOW + timedelta(minutes=15))


@pytest.mark.django_db
def test_another_person_or_another_address_is_counted_apart() -> None:
    for _ in range(6):
        attempts.take(**ALICE, now=NOW)
    assert attempts.take(email="bob@example.com", address="192.0.2.1", now=NOW)
    assert attempts.take(email="alice@example.com", address="192.0.2.2", now=NOW)
    assert not attempts.take(email=" ALICE@example.com", address="192.0.2.1", now=NOW)


@pytest.mark.django_db
def test_an_address_that_tries_many_people_is_stopped() -> None:
    tried = [attempts.take(email=f"{each}@example.com", address="192.0.2.1", now=NOW) for each in range(101)]
    assert tried == [True] * 100 + [False]


@pytest.mark.django_db
def test_a_right_password_is_given_back_and_old_counts_are_forgotten() -> None:
    for _ in range(20):
        attempts.take(**ALICE, now=NOW)
        attempts.give_back(**ALICE, now=NOW)
    assert attempts.take(**ALICE, now=NOW)
    attempts.give_back(**ALICE, now=NOW + timedelta(hours=2))
    assert not SignInAttempts.objects.exists()


@pytest.mark.django_db
def test_nothing_readable_is_kept() -> None:
    attempts.take(**ALICE, now=NOW)
    kept = str(list(SignInAttempts.objects.values()))
    assert "alice" not in kept
    assert "192.0.2" not in kept


@pytest.mark.django_db(transaction=True)
def test_guesses_at_the_same_time_all_count() -> None:
    def guess(_: int) -> bool:
        try:
            return attempts.take(**ALICE, now=NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        allowed = list(pool.map(guess, range(24)))
    assert sum(allowed) == 5
