"""Changes of people that happen at the same moment: each is decided after the other."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial

import pytest
from django.db import connection

from api.tests.browsing import PASSWORD
from api.tests.conftest import Person
from api.tests.joining import NEW, owner_of
from shared.errors import AppError
from shared.people import team
from shared.people.models import Invitation, Membership, Role, User


def at_once(*works: Callable[[], object]) -> list[str]:
    """How works that run side by side end: the names of their errors, empty for none."""

    def run(work: Callable[[], object]) -> str:
        try:
            work()
        except AppError as error:
            return type(error).__name__
        finally:
            connection.close()
        return ""

    with ThreadPoolExecutor() as pool:
        return sorted(pool.map(run, works))


@pytest.mark.django_db(transaction=True)
def test_of_two_owners_who_leave_at_once_one_stays(alice: Person, bob: Person) -> None:
    Membership.objects.update(role=Role.OWNER)
    rows = {who.user.id: Membership.objects.get(user=who.user) for who in (alice, bob)}
    leaving = [partial(team.remove, rows[who.user.id], by=owner_of(who)) for who in (alice, bob)]
    assert at_once(*leaving) == ["", "LastOwner"]
    assert Membership.objects.filter(role=Role.OWNER).count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_owners_who_remove_each_other_at_once_one_stays(alice: Person, bob: Person) -> None:
    Membership.objects.update(role=Role.OWNER)
    rows = {who.user.id: Membership.objects.get(user=who.user) for who in (alice, bob)}
    pairs = ((alice, bob), (bob, alice))
    removing = [partial(team.remove, rows[gone.user.id], by=owner_of(who)) for who, gone in pairs]
    assert at_once(*removing) == ["", "AboveYourRole"]
    assert Membership.objects.filter(role=Role.OWNER).count() == 1


@pytest.mark.django_db(transaction=True)
def test_links_for_one_address_at_once_replace_each_other(
    alice: Person, bob: Person, moment: datetime
) -> None:
    row = Membership.objects.get(user=bob.user)
    assert at_once(*[partial(team.reset, row, by=owner_of(alice), now=moment)] * 4) == [""] * 4
    assert Invitation.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_link_used_by_several_at_once_works_once(alice: Person, moment: datetime) -> None:
    _, link = team.invite(alice.workspace, NEW["email"], Role.VIEWER, by=owner_of(alice), now=moment)
    use = partial(team.join, link, name="", password=PASSWORD, now=moment)
    assert at_once(use, use, use) == ["", "LinkGone", "LinkGone"]


@pytest.mark.django_db(transaction=True)
def test_links_of_two_workspaces_used_at_once_let_into_one(
    alice: Person, charlie: Person, moment: datetime
) -> None:
    User.objects.create_user(NEW["email"], "password of before")
    links = [
        team.invite(who.workspace, NEW["email"], Role.VIEWER, by=owner_of(who), now=moment)[1]
        for who in (alice, charlie)
    ]
    uses = [partial(team.join, link, name="", password=PASSWORD, now=moment) for link in links]
    assert at_once(*uses) == ["", "AlreadyMember"]
    assert Membership.objects.filter(user__email=NEW["email"]).count() == 1
