"""API tokens: made by people, shown once, never mightier than their maker, and revoked at once."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from api.tests.browsing import sign_in
from api.tests.conftest import Person, person
from shared.people import tokens
from shared.people.models import Membership, Role, Token, Workspace

pytestmark = pytest.mark.django_db


def iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def make(who: Person, **said: Any) -> Any:
    return sign_in(who).call("POST", "tokens", {"name": "ci"} | said)


def holder(who: Person, value: str) -> Person:
    """Whoever holds that token."""
    return Person(who.user, who.workspace, value, who.client)


def problem(answer: Any) -> tuple[int, str, str]:
    [error] = answer.json()["errors"]
    return answer.status_code, error["pointer"], error["code"]


def test_it_is_shown_once_and_works(
    alice: Person, moment: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    answer = make(alice)
    made, value = answer.json()["token"], answer.json()["value"]
    assert answer.status_code == 201
    assert answer["Cache-Control"] == "no-store"
    assert (made["name"], made["scope"], made["last_used_at"]) == ("ci", "operator", None)
    assert made["author"] == {"email": "alice@example.com", "name": ""}
    ends = datetime.fromisoformat(made["expires_at"]) - moment
    assert timedelta(days=90) <= ends < timedelta(days=90, minutes=1)
    assert value.startswith(made["prefix"])
    assert len(value) == 47
    assert holder(alice, value).get("me").json()["role"] == "operator"
    listed = alice.get("tokens?search=ci")
    assert [each["id"] for each in listed.json()["results"]] == [made["id"]]
    assert listed.json()["results"][0]["last_used_at"] is not None
    said = listed.content.decode() + caplog.text + str(vars(Token.objects.get(id=made["id"])))
    assert value not in said
    assert value[12:] not in said
    assert f'🔑 Token made by alice@example.com: "ci" ({made["prefix"]}…), operator, until ' in caplog.text


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("scope", list(Role))
def test_nobody_makes_one_that_may_do_more_than_they_may(
    workspace: Workspace, role: Role, scope: Role
) -> None:
    answer = make(person(f"{role}@example.com", workspace, role), scope=scope)
    ranks = list(Role)
    if ranks.index(scope) <= ranks.index(role):
        assert answer.status_code == 201
    else:
        assert problem(answer) == (422, "#/scope", "beyond_your_role")
        assert Token.objects.count() == 1


def test_one_of_somebody_who_may_less_now_does_no_more_than_they(alice: Person) -> None:
    value = make(alice, scope="admin").json()["value"]
    Membership.objects.filter(user=alice.user).update(role=Role.VIEWER)
    assert holder(alice, value).get("me").json()["role"] == "viewer"


def test_a_token_makes_no_tokens(alice: Person) -> None:
    answer = alice.post("tokens", {"name": "ci"})
    assert (answer.status_code, answer.json()["code"]) == (403, "session_required")
    assert Token.objects.count() == 1


@pytest.mark.parametrize(
    ("said", "pointer", "code"),
    [
        ({"name": ""}, "#/name", "required"),
        ({"name": "x" * 81}, "#/name", "too_long"),
        ({"name": "a\nb"}, "#/name", "invalid_text"),
        ({"scope": "root"}, "#/scope", "invalid_choice"),
        ({"scope": None}, "#/scope", "required"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "#/expires_at", "in_the_past"),
        ({"expires_at": "2999-01-01T00:00:00Z"}, "#/expires_at", "out_of_range"),
        ({"expires_at": "tomorrow"}, "#/expires_at", "invalid_time"),
        ({"expires_at": None}, "#/expires_at", "required"),
        ({"value": "cvy_mine"}, "#/value", "unknown_field"),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused_at_its_field(
    alice: Person, said: dict[str, Any], pointer: str, code: str
) -> None:
    answer = make(alice, **said)
    assert problem(answer) == (422, pointer, code)
    assert "cvy_mine" not in answer.content.decode()
    assert Token.objects.count() == 1


def test_it_lasts_a_year_at_most(alice: Person, moment: datetime) -> None:
    assert make(alice, expires_at=iso(moment + timedelta(days=366))).status_code == 201
    assert make(alice, expires_at=iso(moment + timedelta(days=366, minutes=1))).status_code == 422


def test_nobody_has_more_than_fifty(alice: Person, bob: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "MOST_OF_ONE", 2)
    assert make(alice).status_code == 201
    full = make(alice)
    assert (full.status_code, full.json()["code"]) == (409, "quota_exceeded")
    assert make(bob, scope="viewer").status_code == 201


def test_revoked_is_refused_at_once(alice: Person, caplog: pytest.LogCaptureFixture) -> None:
    made = make(alice).json()
    machine = holder(alice, made["value"])
    assert machine.get("me").status_code == 200
    assert sign_in(alice).call("DELETE", f"tokens/{made['token']['id']}").status_code == 204
    assert machine.get("me").status_code == 401
    assert '🔑 Token revoked by alice@example.com: "ci"' in caplog.text
    assert alice.delete(f"tokens/{made['token']['id']}").status_code == 404


def test_a_token_may_revoke_itself_and_no_other(alice: Person) -> None:
    own = Token.objects.get().id
    made = make(alice, scope="viewer").json()
    machine = holder(alice, made["value"])
    refused = machine.delete(f"tokens/{own}")
    assert (refused.status_code, refused.json()["code"]) == (403, "session_required")
    assert machine.delete(f"tokens/{made['token']['id']}").status_code == 204
    assert machine.get("me").status_code == 401
    assert alice.get("me").status_code == 200


def test_whoever_has_left_meanwhile_makes_none(alice: Person, moment: datetime) -> None:
    wish = tokens.Wanted("late", Role.VIEWER, moment + timedelta(days=1))
    Membership.objects.filter(user=alice.user).delete()
    with transaction.atomic(), pytest.raises(Membership.DoesNotExist):
        tokens.check(wish, user=alice.user, workspace=alice.workspace, role=Role.OWNER, now=moment)


def test_everybody_sees_their_own_and_an_admin_all_of_the_workspace(
    workspace: Workspace, alice: Person, bob: Person, charlie: Person
) -> None:
    admin = person("ann@example.com", workspace, Role.ADMIN)
    editor = person("ed@example.com", workspace, Role.EDITOR)
    theirs = {
        who.user.email: Token.objects.get(user=who.user).id for who in (alice, bob, charlie, admin, editor)
    }

    def seen(who: Person) -> set[int]:
        return {each["id"] for each in who.get("tokens").json()["results"]}

    here = {theirs[who.user.email] for who in (alice, bob, admin, editor)}
    assert seen(alice) == seen(admin) == here
    assert seen(bob) == {theirs["bob@example.com"]}
    assert seen(editor) == {theirs["ed@example.com"]}
    assert seen(charlie) == {theirs["charlie@example.com"]}
    assert editor.delete(f"tokens/{theirs['bob@example.com']}").status_code == 404
    assert charlie.delete(f"tokens/{theirs['bob@example.com']}").status_code == 404
    refused = admin.delete(f"tokens/{theirs['bob@example.com']}")
    assert (refused.status_code, refused.json()["code"]) == (403, "session_required")
    assert sign_in(admin).call("DELETE", f"tokens/{theirs['bob@example.com']}").status_code == 204
    assert bob.get("me").status_code == 401
