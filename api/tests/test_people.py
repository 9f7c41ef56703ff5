"""Who may come in, and what each role may do."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver

from api import permissions, urls
from api.tests.browsing import LOGIN, PASSWORD, SESSION, browser, login, set_password, sign_in
from api.tests.conftest import HOST, Person, make_observation, make_operation, make_server, make_skip, person
from api.tests.questions import REQUESTS
from shared.clock import now
from shared.fleet.models import Server
from shared.people.models import Invitation, Membership, Role, Token, User, Workspace

pytestmark = pytest.mark.django_db

WITHOUT_IDS = {
    name for name, (_, path, body) in REQUESTS.items() if "{" not in path + str(body).replace("{'", "")
}


def ids(server: Server, nightly: dict[str, Any]) -> dict[str, Any]:
    ended = make_operation(make_server(server.region), state="failed")
    operation = make_operation(server)
    return {
        "server": server.id,
        "region": server.region_id,
        "observation": make_observation(server).id,
        "ended": ended.id,
        "account": server.region.account_id,
        "schedule": nightly["id"],
        "operation": operation.id,
        "rule": nightly["next"]["rule"],
        "at": nightly["next"]["at"],
        "skip": make_skip(server, nightly).id,
        "member": member(server.workspace),
        "invitation": make_invitation(server.workspace).id,
        "token": Token.objects.filter(workspace=server.workspace).latest("id").id,
        "soon": (now() + timedelta(hours=1)).isoformat(),
    }


def member(workspace: Workspace) -> int:
    """Somebody who may little."""
    user = User.objects.create_user("val@example.com")
    return Membership.objects.create(workspace=workspace, user=user, role=Role.VIEWER).id


def make_invitation(workspace: Workspace) -> Invitation:
    return Invitation.objects.create(
        workspace=workspace,
        email="ivy@example.com",
        role=Role.VIEWER,
        sha256="0" * 64,
        expires_at=now() + timedelta(days=1),
    )


def ask(who: Person, name: str, known: dict[str, Any]) -> Any:
    method, path, body = REQUESTS[name]
    if isinstance(body, dict) and "servers" in body:
        body = body | {"servers": [known["server"]] if body["servers"] else []}
    if isinstance(body, dict) and "region" in body:
        body = body | {"region": known["region"]}
    if isinstance(body, dict) and "until" in body:
        body = body | {"until": known["soon"]}
    if isinstance(body, dict) and "at" in body:
        body = body | {"rule": known["rule"], "at": known["at"]}
    return who.call(method, path.format(**known), body, **{"if-match": "*"})


def test_every_operation_of_the_api_has_a_role_and_a_request_here() -> None:
    patterns = [*urls.router.urls, *get_resolver("api.urls").url_patterns]
    views: list[Any] = [getattr(pattern, "callback", None) for pattern in patterns]
    served = {
        f"{view.initkwargs['basename']}_{action.rstrip('_').replace('partial_update', 'update')}"
        for view in views
        if hasattr(view, "actions")
        for action in view.actions.values()
    }
    assert served == set(permissions.NEEDS) == set(REQUESTS)


def test_nothing_else_is_open_to_somebody_who_is_not_signed_in() -> None:
    """Every path of the API is one of the operations above, allauth's, or one of these two."""
    outside = [each for each in get_resolver("api.urls").url_patterns if not hasattr(each, "url_patterns")]
    plain = {str(each.pattern) for each in outside if not hasattr(each.callback, "actions")}
    assert {each for each in plain if each.startswith("api/v1/")} == {"api/v1/auth/link", "api/v1/auth/join"}


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("name", sorted(REQUESTS))
def test_a_role_may_do_what_the_table_says_and_nothing_more(
    workspace: Workspace, server: Server, nightly: dict[str, Any], name: str, role: Role
) -> None:
    answer = ask(person(f"{role}@example.com", workspace, role), name, ids(server, nightly))
    if permissions.may(role, operation_id=name):
        refused = ("account_in_use", "session_required")
        assert answer.status_code < 300 or answer.json()["code"] in refused, answer.content
    else:
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


@pytest.mark.parametrize("name", sorted(REQUESTS))
def test_strangers_are_asked_to_sign_in(
    stranger: Client, server: Server, nightly: dict[str, Any], name: str
) -> None:
    method, path, _ = REQUESTS[name]
    answer = stranger.generic(method, f"/api/v1/{path.format(**ids(server, nightly))}")
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


IDS_IN_THE_QUESTION = {"servers_statuses", "servers_strips", "operations_create", "skips_create"}


@pytest.mark.parametrize("name", sorted(set(REQUESTS) - WITHOUT_IDS - IDS_IN_THE_QUESTION))
def test_charlie_finds_nothing_of_ours(
    charlie: Person, server: Server, nightly: dict[str, Any], name: str
) -> None:
    answer = ask(charlie, name, ids(server, nightly))
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_charlie_sees_none_of_our_rows_in_his_lists(
    charlie: Person, server: Server, nightly: dict[str, Any]
) -> None:
    make_operation(server)
    make_observation(server)
    make_skip(server, nightly)
    for path in ("accounts", "servers", "operations", "schedules", "observations", "skips"):
        assert charlie.get(path).json()["count"] == 0
    assert charlie.get(f"servers/statuses?ids={server.id}").json()["statuses"] == []
    assert charlie.get(f"servers?account={server.region.account_id}").json()["count"] == 0


def test_a_foreign_server_in_a_body_is_as_unknown_as_one_that_never_was(
    alice: Person, far_server: Server
) -> None:
    body = {"name": "n", "rules": [{"action": "stop", "cron": "0 7 * * *"}]}
    for path, more in (("operations", {"action": "stop"}), ("schedules", body)):
        theirs = alice.post(path, more | {"servers": [far_server.id]})
        nobodys = alice.post(path, more | {"servers": [2**40]})
        assert theirs.status_code == nobodys.status_code == 422
        assert theirs.json()["errors"][0]["code"] == nobodys.json()["errors"][0]["code"] == "unknown_server"


def test_a_token_does_no_more_than_its_scope(alice: Person, server: Server) -> None:
    Token.objects.filter(user=alice.user).update(scope=Role.VIEWER)
    assert alice.get("me").json()["role"] == "viewer"
    assert alice.post("operations", {"servers": [server.id], "action": "stop"}).status_code == 403


def test_a_token_does_no_more_than_its_owner(bob: Person) -> None:
    assert bob.get("me").json()["role"] == "viewer"


@pytest.mark.parametrize(
    "change",
    [
        lambda who: Token.objects.filter(user=who.user).update(expires_at=now() - timedelta(seconds=1)),
        lambda who: Token.objects.filter(user=who.user).delete(),
        lambda who: User.objects.filter(id=who.user.id).update(is_active=False),
        lambda who: Membership.objects.filter(user=who.user).delete(),
    ],
    ids=["expired", "revoked", "user switched off", "user left the workspace"],
)
def test_a_token_that_is_no_longer_good_is_refused(alice: Person, change: Any) -> None:
    assert alice.get("me").status_code == 200
    change(alice)
    answer = alice.get("me")
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")


def test_only_the_hash_of_a_token_is_kept(alice: Person) -> None:
    kept = Token.objects.get(user=alice.user)
    assert alice.token not in str(vars(kept))
    assert len(kept.sha256) == 64


@pytest.fixture
def signed_in(alice: Person) -> Client:
    """Alice's browser: a session and its CSRF token."""
    return sign_in(alice).client


def test_a_person_signs_in_and_out(signed_in: Client) -> None:
    assert signed_in.get("/api/v1/me").json()["email"] == "alice@example.com"
    signed_in.delete(SESSION, headers={"X-CSRFToken": signed_in.cookies["csrftoken"].value})
    assert signed_in.get("/api/v1/me").status_code == 401


def test_the_session_cookie_is_for_the_browser_alone(signed_in: Client) -> None:
    cookie = signed_in.cookies["sessionid"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")


def test_signing_in_wants_a_csrf_token(alice: Person) -> None:
    set_password(alice)
    client = Client(enforce_csrf_checks=True, raise_request_exception=False, headers={"host": HOST})
    body = {"email": "alice@example.com", "password": PASSWORD}
    answer = client.post(LOGIN, body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")


@pytest.mark.parametrize("headers", [{}, {"X-CSRFToken": "x" * 32}, {"Origin": "http://evil.example"}])
def test_a_session_without_its_csrf_token_changes_nothing(
    signed_in: Client, server: Server, headers: dict[str, str]
) -> None:
    if "Origin" in headers:
        headers["X-CSRFToken"] = signed_in.cookies["csrftoken"].value
    body = {"servers": [server.id], "action": "stop"}
    answer = signed_in.post("/api/v1/operations", body, content_type="application/json", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")


def test_a_bad_bearer_never_falls_back_to_the_session(signed_in: Client) -> None:
    for value in ("Bearer nonsense", "Basic YTpi", "Bearer"):
        assert signed_in.get("/api/v1/me", headers={"Authorization": value}).status_code == 401


def test_a_wrong_password_and_a_wrong_user_look_the_same(alice: Person) -> None:
    set_password(alice)
    wrong = login(browser(), "alice@example.com", "wrong password")
    unknown = login(browser(), "nobody@example.com", "wrong password")
    assert wrong.status_code == unknown.status_code == 400
    assert wrong.json()["errors"] == unknown.json()["errors"]


def test_the_sixth_wrong_password_is_not_even_looked_at(alice: Person) -> None:
    set_password(alice)
    codes = [login(browser(), "Alice@Example.com", "wrong").json()["errors"][0]["code"] for _ in range(6)]
    assert codes == ["email_password_mismatch"] * 5 + ["too_many_login_attempts"]
    assert login(browser(), "alice@example.com", PASSWORD).status_code == 400


def test_a_right_password_does_not_count(alice: Person) -> None:
    set_password(alice)
    for _ in range(7):
        assert login(browser(), "alice@example.com", PASSWORD).status_code == 200


def test_a_forged_address_does_not_reset_the_count(alice: Person) -> None:
    set_password(alice)
    client = browser()
    body = {"email": "alice@example.com", "password": "wrong"}
    for number in range(6):
        headers = {"X-CSRFToken": client.cookies["csrftoken"].value, "X-Forwarded-For": f"192.0.2.{number}"}
        answer = client.post(LOGIN, body, content_type="application/json", headers=headers)
    assert answer.json()["errors"][0]["code"] == "too_many_login_attempts"


def test_nobody_signs_up(alice: Person) -> None:
    client = browser()
    answer = client.post(
        LOGIN.replace("login", "signup"),
        {"email": "eve@example.com", "password": PASSWORD},
        content_type="application/json",
        headers={"X-CSRFToken": client.cookies["csrftoken"].value},
    )
    assert answer.status_code == 404
    assert not User.objects.filter(email="eve@example.com").exists()


def test_somebody_without_a_workspace_is_told_so(signed_in: Client, alice: Person) -> None:
    Membership.objects.filter(user=alice.user).delete()
    answer = signed_in.get("/api/v1/me")
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


def test_me_says_who_and_where(bob: Person) -> None:
    me = bob.get("me").json()
    assert (me["email"], me["role"], me["workspace"]["name"]) == ("bob@example.com", "viewer", "default")
    assert me["environment"] == {"demo": False, "plain_http": False, "version": "0.1.0"}
