"""People: their roles, and who leaves; nobody makes somebody mightier than they are."""

import pytest

from api.tests.browsing import Browser, sign_in
from api.tests.conftest import Person, person
from api.tests.joining import NEW, code, join, membership, value
from shared.people.models import Invitation, Membership, Role, Token, User, Workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(alice: Person) -> Browser:
    return sign_in(alice)


@pytest.fixture
def admin(workspace: Workspace) -> Browser:
    return sign_in(person("ann@example.com", workspace, Role.ADMIN))


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "team/{alice}", {"role": "viewer"}),
        ("PATCH", "team/{bob}", {"role": "owner"}),
        ("DELETE", "team/{alice}", None),
        ("POST", "team/{alice}/reset", None),
        ("POST", "invitations", NEW | {"role": "owner"}),
        ("DELETE", "invitations/{theirs}", None),
    ],
    ids=str,
)
def test_an_admin_neither_touches_an_owner_nor_makes_one(
    admin: Browser, owner: Browser, alice: Person, bob: Person, method: str, path: str, body: object
) -> None:
    value(owner.call("POST", "invitations", {"email": "olaf@example.com", "role": "owner"}))
    ids = {"alice": membership(alice), "bob": membership(bob), "theirs": Invitation.objects.get().id}
    assert code(admin.call(method, path.format(**ids), body)) == (403, "above_your_role")
    assert Membership.objects.filter(role=Role.OWNER).count() == 1
    assert Invitation.objects.count() == 1


@pytest.mark.parametrize(("method", "body"), [("PATCH", {"role": "admin"}), ("DELETE", None)])
def test_the_last_owner_stays(owner: Browser, alice: Person, bob: Person, method: str, body: object) -> None:
    path = f"team/{membership(alice)}"
    assert code(owner.call(method, path, body)) == (409, "last_owner")
    assert owner.call("PATCH", f"team/{membership(bob)}", {"role": "owner"}).status_code == 200
    assert owner.call(method, path, body).status_code in (200, 204)


def test_when_somebody_signed_in_is_told_to_admins_alone(owner: Browser, alice: Person, bob: Person) -> None:
    told = [who.get("team").json()["results"][0]["last_login"] is not None for who in (alice, bob)]
    assert told == [True, False]


def test_who_leaves_can_do_nothing_any_more_and_comes_back_with_a_new_password_only(
    owner: Browser, bob: Person, workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    session = sign_in(bob)
    assert owner.call("DELETE", f"team/{membership(bob)}").status_code == 204
    assert bob.get("me").status_code == 401
    assert session.call("GET", "me").status_code == 403
    assert not Token.objects.filter(user=bob.user).exists()
    assert "👤 Member removed by alice@example.com: bob@example.com, who was viewer" in caplog.text
    link = value(owner.call("POST", "invitations", {"email": "Bob@example.com", "role": "editor"}))
    assert join(link, password="brand new battery").status_code == 200
    assert User.objects.filter(email__iexact="bob@example.com").count() == 1
    assert session.call("GET", "me").status_code == 401
    assert Membership.objects.get(user=bob.user).role == "editor"


def test_a_token_manages_nobody(alice: Person, bob: Person) -> None:
    theirs = membership(bob)
    for method, path, body in (
        ("PATCH", f"team/{theirs}", {"role": "editor"}),
        ("DELETE", f"team/{theirs}", None),
        ("POST", f"team/{theirs}/reset", None),
        ("POST", "invitations", NEW),
    ):
        assert code(alice.call(method, path, body)) == (403, "session_required")
    assert Membership.objects.get(id=theirs).role == "viewer"


def test_the_team_is_seen_by_its_members_alone(alice: Person, bob: Person, charlie: Person) -> None:
    seen = [(each["email"], each["role"]) for each in bob.get("team").json()["results"]]
    assert seen == [("alice@example.com", "owner"), ("bob@example.com", "viewer")]
    assert [each["email"] for each in charlie.get("team").json()["results"]] == ["charlie@example.com"]
    assert charlie.delete(f"team/{membership(bob)}").status_code == 404
