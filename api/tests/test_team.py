"""People: roles, who leaves, and links to set a password; nobody makes somebody mightier than they are."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from api.tests.browsing import PASSWORD, Browser, browser, login, sign_in
from api.tests.conftest import Person, person
from shared.errors import LastOwner
from shared.people import team, tokens
from shared.people.models import Invitation, Membership, Role, Token, User, Workspace

pytestmark = pytest.mark.django_db
NEW = {"email": "ivy@example.com"}


@pytest.fixture
def owner(alice: Person) -> Browser:
    return sign_in(alice)


@pytest.fixture
def admin(workspace: Workspace) -> Browser:
    return sign_in(person("ann@example.com", workspace, Role.ADMIN))


def membership(who: Person) -> int:
    return Membership.objects.get(user=who.user, workspace=who.workspace).id


def stranger() -> Browser:
    return Browser(browser())


def join(link: str, **said: str) -> Any:
    """Use a link as somebody who is not signed in."""
    return stranger().call("POST", "auth/join", {"link": link, "password": PASSWORD} | said)


def value(answer: Any) -> str:
    """What stands behind # in the link of an answer."""
    assert answer.status_code == 201, answer.content
    return str(answer.json()["url"].partition("/join#")[2])


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_somebody_new_joins_by_a_link_and_signs_in(owner: Browser, caplog: pytest.LogCaptureFixture) -> None:
    made = owner.call("POST", "invitations", NEW)
    link = value(made)
    assert made.json()["invitation"]["kind"] == "invitation"
    assert made.json()["invitation"]["role"] == "operator"
    assert link not in caplog.text + str(list(Invitation.objects.values()))
    told = stranger().call("POST", "auth/link", {"link": link}).json()
    assert told == {
        "email": "ivy@example.com",
        "name": "",
        "workspace": "default",
        "role": "operator",
        "kind": "invitation",
        "author": "alice@example.com",
    }
    joined = join(link, name="Ivy")
    assert (joined.status_code, joined.json()) == (200, {"email": "ivy@example.com"})
    client = browser()
    assert login(client, "ivy@example.com", PASSWORD).status_code == 200
    me = client.get("/api/v1/me").json()
    assert (me["name"], me["role"], me["workspace"]["name"]) == ("Ivy", "operator", "default")
    assert code(join(link)) == (
        410,
        "link_gone",
    )
    assert PASSWORD not in caplog.text
    assert "✉️  Invitation made by alice@example.com: for ivy@example.com, operator, until " in caplog.text


def test_a_member_who_forgot_the_password_sets_a_new_one_and_all_sessions_end(
    owner: Browser, bob: Person
) -> None:
    before = sign_in(bob)
    link = value(owner.call("POST", f"team/{membership(bob)}/reset"))
    told = stranger().call("POST", "auth/link", {"link": link}).json()
    assert (told["kind"], told["role"]) == ("reset", "viewer")
    assert before.call("GET", "me").status_code == 200
    fresh = "another horse battery"
    assert join(link, password=fresh).status_code == 200
    assert before.call("GET", "me").status_code == 401
    assert login(browser(), "bob@example.com", PASSWORD).status_code == 400
    assert login(browser(), "bob@example.com", fresh).status_code == 200
    assert Membership.objects.get(user=bob.user).role == "viewer"


@pytest.mark.parametrize(
    ("body", "status", "problem"),
    [
        ({"link": "x" * 43, "password": PASSWORD}, 410, "link_gone"),
        ({"password": PASSWORD}, 422, "required"),
        ({"link": "{link}"}, 422, "required"),
        ({"link": "{link}", "password": "tiny$1"}, 422, "weak_password"),
        ({"link": "{link}", "password": "qwerty123456"}, 422, "weak_password"),
        ({"link": "{link}", "password": "ivy@example.com"}, 422, "weak_password"),
        ({"link": "{link}", "password": "p" * 129}, 422, "too_long"),
        ({"link": "{link}", "password": PASSWORD, "role": "owner"}, 422, "unknown_field"),
        ({"link": "{link}", "password": PASSWORD, "name": "a\u202eb"}, 422, "invalid_text"),
    ],
    ids=str,
)
def test_a_wrong_use_of_a_link_changes_nothing_and_it_can_be_used_again(
    owner: Browser, body: dict[str, str], status: int, problem: str
) -> None:
    link = value(owner.call("POST", "invitations", NEW))
    said = {name: text.replace("{link}", link) for name, text in body.items()}
    answer = stranger().call("POST", "auth/join", said)
    codes = [each["code"] for each in answer.json()["errors"]] or [answer.json()["code"]]
    assert (answer.status_code, codes) == (status, [problem])
    assert said.get("password", "nowhere") not in answer.content.decode()
    assert not User.objects.filter(email="ivy@example.com").exists()
    assert join(link).status_code == 200


def test_joining_wants_a_csrf_token(owner: Browser) -> None:
    link = value(owner.call("POST", "invitations", NEW))
    for path in ("auth/join", "auth/link"):
        answer = browser().post(
            f"/api/v1/{path}", {"link": link, "password": PASSWORD}, content_type="application/json"
        )
        assert code(answer) == (403, "csrf_failed")


def test_a_link_ends_with_its_time_with_a_newer_one_and_with_whoever_made_it(
    owner: Browser, admin: Browser, bob: Person
) -> None:
    def works(link: str) -> bool:
        return bool(stranger().call("POST", "auth/link", {"link": link}).status_code == 200)

    first = value(admin.call("POST", "invitations", NEW))
    second = value(admin.call("POST", "invitations", NEW | {"email": "Ivy@Example.com", "role": "admin"}))
    assert (works(first), works(second)) == (False, True)
    Invitation.objects.update(expires_at=Invitation.objects.get().created_at)
    assert not works(second)
    third = value(admin.call("POST", "invitations", NEW | {"role": "admin"}))
    Membership.objects.filter(user__email="ann@example.com").update(role=Role.EDITOR)
    assert not works(third)
    Membership.objects.filter(user__email="ann@example.com").update(role=Role.ADMIN)
    assert works(third)
    assert owner.call("DELETE", f"invitations/{Invitation.objects.get().id}").status_code == 204
    assert not works(third)


def test_a_reset_ends_when_the_member_rises_above_whoever_made_it_or_leaves(
    owner: Browser, admin: Browser, bob: Person
) -> None:
    link = value(admin.call("POST", f"team/{membership(bob)}/reset"))
    assert owner.call("PATCH", f"team/{membership(bob)}", {"role": "owner"}).status_code == 200
    assert code(join(link)) == (
        410,
        "link_gone",
    )
    again = value(owner.call("POST", f"team/{membership(bob)}/reset"))
    assert owner.call("DELETE", f"team/{membership(bob)}").status_code == 204
    assert code(join(again)) == (
        410,
        "link_gone",
    )


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


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_leave_at_once_leave_one(alice: Person, bob: Person) -> None:
    Membership.objects.update(role=Role.OWNER)
    rows = list(Membership.objects.all())

    def leave(row: Membership) -> None:
        try:
            team.remove(row, by=team.By(row.user, Role.OWNER))
        finally:
            connection.close()

    with ThreadPoolExecutor() as pool:
        outcomes = [pool.submit(leave, row) for row in rows]
    refused = [type(each.exception()) for each in outcomes]
    assert sorted(refused, key=str) == sorted([type(None), LastOwner], key=str)
    assert Membership.objects.filter(role=Role.OWNER).count() == 1


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


def test_nobody_sets_the_password_of_somebody_who_works_elsewhere(
    owner: Browser, bob: Person, charlie: Person, elsewhere: Workspace
) -> None:
    assert code(owner.call("POST", "invitations", {"email": "charlie@example.com"})) == (
        409,
        "already_member",
    )
    Membership.objects.create(workspace=elsewhere, user=bob.user, role=Role.VIEWER)
    assert code(owner.call("POST", f"team/{membership(bob)}/reset")) == (409, "not_allowed")
    link = value(owner.call("POST", "invitations", NEW))
    joined = User.objects.create_user("ivy@example.com")
    Membership.objects.create(workspace=elsewhere, user=joined, role=Role.VIEWER)
    assert code(join(link)) == (409, "already_member")


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


@pytest.mark.parametrize("email", ["", "nobody", "a@b", 7, None, "x" * 250 + "@example.com"])
def test_an_address_that_is_none_is_refused_at_its_field(owner: Browser, email: object) -> None:
    answer = owner.call("POST", "invitations", {"email": email})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "#/email")


def test_open_links_are_listed_until_they_end(owner: Browser, alice: Person) -> None:
    value(owner.call("POST", "invitations", NEW))
    [row] = alice.get("invitations").json()["results"]
    assert (row["email"], row["kind"], row["author"]["email"]) == (
        "ivy@example.com",
        "invitation",
        "alice@example.com",
    )
    Invitation.objects.update(expires_at=Invitation.objects.get().created_at - timedelta(days=1))
    assert alice.get("invitations").json()["count"] == 0


def test_the_value_of_a_link_is_kept_as_its_hash(owner: Browser) -> None:
    link = value(owner.call("POST", "invitations", NEW))
    assert len(link) == 43
    assert Invitation.objects.get().sha256 == tokens.digest(link)
