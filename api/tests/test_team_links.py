"""Links to set a password: what they are good for, and all that ends them."""

from datetime import datetime, timedelta

import pytest

from api.tests.browsing import PASSWORD, Browser, browser, login, sign_in
from api.tests.conftest import Person, person
from api.tests.joining import NEW, code, join, membership, owner_of, stranger, value
from shared.people import team, tokens
from shared.people.models import Invitation, Membership, Role, User, Workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(alice: Person) -> Browser:
    return sign_in(alice)


@pytest.fixture
def admin(workspace: Workspace) -> Browser:
    return sign_in(person("ann@example.com", workspace, Role.ADMIN))


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


def test_an_address_is_kept_in_small_letters_and_signs_in(owner: Browser) -> None:
    link = value(owner.call("POST", "invitations", {"email": "Ivy@Example.COM"}))
    assert join(link).json() == {"email": "ivy@example.com"}
    for typed in ("ivy@example.com", "Ivy@Example.com"):
        assert login(browser(), typed, PASSWORD).status_code == 200


def test_a_link_of_somebody_who_left_does_not_work_when_they_are_back(
    owner: Browser, admin: Browser, workspace: Workspace
) -> None:
    link = value(admin.call("POST", "invitations", NEW))
    ann = User.objects.get(email="ann@example.com")
    assert owner.call("DELETE", f"team/{Membership.objects.get(user=ann).id}").status_code == 204
    Membership.objects.create(workspace=workspace, user=ann, role=Role.ADMIN)
    assert code(join(link)) == (410, "link_gone")


def test_who_was_switched_off_neither_makes_nor_uses_a_link(
    owner: Browser, admin: Browser, bob: Person
) -> None:
    made = value(admin.call("POST", "invitations", NEW))
    User.objects.filter(email="ann@example.com").update(is_active=False)
    assert code(join(made)) == (410, "link_gone")
    reset = value(owner.call("POST", f"team/{membership(bob)}/reset"))
    User.objects.filter(id=bob.user.id).update(is_active=False)
    assert code(join(reset)) == (410, "link_gone")
    Membership.objects.filter(user=bob.user).delete()
    again = value(owner.call("POST", "invitations", {"email": "bob@example.com"}))
    assert code(join(again)) == (410, "link_gone")


def test_a_reset_ends_when_the_member_works_elsewhere_too(
    owner: Browser, bob: Person, elsewhere: Workspace
) -> None:
    link = value(owner.call("POST", f"team/{membership(bob)}/reset"))
    Membership.objects.create(workspace=elsewhere, user=bob.user, role=Role.VIEWER)
    assert code(join(link)) == (410, "link_gone")


def test_a_link_that_was_used_cannot_be_taken_back(alice: Person, moment: datetime) -> None:
    row, link = team.invite(alice.workspace, NEW["email"], Role.VIEWER, by=owner_of(alice), now=moment)
    team.join(link, name="", password=PASSWORD, now=moment)
    with pytest.raises(Invitation.DoesNotExist):
        team.take_back(row, by=owner_of(alice))


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


ODD = ["a@b\u202ec.com", "\u212aim@example.com", '"a\x1b"@b.com']


@pytest.mark.parametrize("email", ["", "nobody", "a@b", 7, None, "x" * 250 + "@example.com", *ODD])
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
