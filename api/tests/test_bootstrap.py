"""The first owner: made once, with a password made up or brought along, by however many start at once."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from shared.people.models import Membership, Token, User


@pytest.mark.django_db
def test_bootstrap_makes_the_owner_once(tmp_path: Path, client: Client) -> None:
    file = tmp_path / "credentials.json"
    for _ in range(2):
        call_command("bootstrap", owner_email="admin@example.com", credentials_file=file)
    made = json.loads(file.read_text())
    assert set(made) == {"username", "password", "api_token"}
    assert file.stat().st_mode & 0o777 == 0o600
    me = client.get("/api/v1/me", headers={"authorization": f"Bearer {made['api_token']}"}).json()
    assert (me["email"], me["role"], me["workspace"]["name"]) == ("admin@example.com", "owner", "default")


def owners() -> list[User]:
    return [each.user for each in Membership.objects.filter(role="owner").select_related("user")]


@pytest.mark.django_db
def test_an_owner_may_bring_a_password_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "password"
    for password in ("correct horse battery staple\n", "another long password\n"):
        file.write_text(password)
        call_command("bootstrap", owner_email="admin@example.com", password_file=file)
    call_command("bootstrap", owner_email="other@example.com", password_file=tmp_path / "gone")
    (owner,) = owners()
    assert owner.email == "admin@example.com"
    assert owner.check_password("correct horse battery staple")
    assert not Token.objects.exists()
    assert "horse" not in capsys.readouterr().out


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "too short"),
        ("admin@example.com", "too similar"),
        ("password1234", "too common"),
        (None, "read"),
    ],
)
def test_a_weak_or_missing_password_makes_no_owner(tmp_path: Path, password: str | None, why: str) -> None:
    file = tmp_path / "password"
    if password:
        file.write_text(password)
    with pytest.raises(CommandError, match=why):
        call_command("bootstrap", owner_email="admin@example.com", password_file=file)
    assert owners() == []


@pytest.mark.django_db
def test_an_owner_is_not_made_when_the_credentials_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nowhere"):
        call_command("bootstrap", owner_email="a@example.com", credentials_file=tmp_path / "nowhere" / "file")
    assert owners() == []


@pytest.mark.django_db(transaction=True)
def test_two_bootstraps_at_once_make_one_owner(tmp_path: Path) -> None:
    def bootstrap(number: int) -> None:
        try:
            call_command(
                "bootstrap", owner_email=f"{number}@example.com", credentials_file=tmp_path / str(number)
            )
        finally:
            connection.close()

    with ThreadPoolExecutor() as pool:
        list(pool.map(bootstrap, range(4)))
    assert len(owners()) == len(list(tmp_path.iterdir())) == 1
