"""Turning the vault's key: what is turned, what is left and what is told; beside people who change things."""

import json
from collections.abc import Callable

import pytest
from django.db import OperationalError
from pytest_django import Settings

from scheduler import connect, rotate
from shared import vault
from shared.fleet.models import Account
from shared.people.models import Workspace
from shared.vault import PublicKey

OLD, NEW, LOST = (vault.generate(name) for name in ("k1", "k2", "k0"))
FIRST = "as it was"
K1, K2, K0 = (vault.parse_public(public) for public, _ in (OLD, NEW, LOST))
Add = Callable[..., Account]


@pytest.fixture(autouse=True)
def ring(settings: Settings) -> None:
    """The new key comes first; the old one opens still."""
    settings.VAULT_RING = vault.parse_ring(f"{NEW[1]}\n{OLD[1]}")


@pytest.fixture
def add(workspace: Workspace) -> Add:
    def make(name: str, key: PublicKey = K1, *, secret: str = FIRST) -> Account:
        account = Account(workspace=workspace, name=name, kind=Account.Kind.KEYS)
        account.sealed, account.key_id = sealed(account, key, secret), key.id
        account.save()
        return account

    return make


def sealed(account: Account, key: PublicKey, secret: str) -> str:
    pair = json.dumps({"access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": secret})
    return vault.seal(pair, key=key, uid=str(account.uid), field="credential")


def secret_of(account: Account) -> str:
    account.refresh_from_db()
    pair = connect.credentials(account).base
    assert pair is not None
    return pair[1]


def keys(account: Account) -> tuple[str, str]:
    account.refresh_from_db()
    return vault.key_of(account.sealed), account.key_id


def test_everything_is_sealed_with_the_new_key_and_opens_with_it_alone(
    add: Add, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    accounts = [add(f"old {number}", secret=f"secret {number}") for number in range(3)] + [add("new", K2)]
    assert rotate.run() == 0
    settings.VAULT_RING = vault.parse_ring(NEW[1])
    assert [secret_of(each) for each in accounts] == ["secret 0", "secret 1", "secret 2", FIRST]
    assert {keys(each) for each in accounts} == {("k2", "k2")}
    assert "3 sealed anew with k2, 1 were there already, 0 cannot be opened." in caplog.text
    assert "✅ Nothing stored needs k1 any more" in caplog.text


def test_what_is_there_already_is_not_sealed_again(add: Add) -> None:
    account = add("new", K2)
    assert rotate.run() == 0
    assert Account.objects.get().sealed == account.sealed


def test_an_account_that_stores_nothing_is_left_alone(workspace: Workspace) -> None:
    Account.objects.create(workspace=workspace, name="role", kind=Account.Kind.ROLE)
    assert rotate.run() == 0
    assert Account.objects.get().sealed == ""


def test_what_a_row_says_of_its_key_is_not_believed(add: Add) -> None:
    """Only the sealed value decides; the column is put right."""
    account = add("a row of before")
    Account.objects.update(key_id="k2")
    assert rotate.run(check=True) == 1
    assert rotate.run() == 0
    assert keys(account) == ("k2", "k2")


@pytest.mark.parametrize("key", [K0, K1, K2])
def test_what_nothing_opens_is_told_and_left_and_the_rest_is_turned(
    add: Add, caplog: pytest.LogCaptureFixture, key: PublicKey
) -> None:
    """By a key that is lost, and damaged under either of those that are there."""
    damaged, sound = add("damaged"), add("sound", secret="distinctive")
    text = sealed(damaged if key == K0 else sound, key, "of another row")
    Account.objects.filter(id=damaged.id).update(sealed=text)
    assert rotate.run() == 1
    assert Account.objects.get(id=damaged.id).sealed == text
    assert secret_of(sound) == "distinctive"
    assert f'🔒 Cloud account "damaged" (ID: {damaged.id}): no key of the ring opens' in caplog.text
    assert "1 sealed anew with k2" in caplog.text
    assert "1 cannot be opened." in caplog.text
    assert "⏳ Keep every key until the accounts named above" in caplog.text
    assert "distinctive" not in caplog.text
    assert text not in caplog.text


@pytest.mark.parametrize("theirs", [K1, K2])
def test_what_a_person_enters_while_it_is_being_turned_stays(
    add: Add, monkeypatch: pytest.MonkeyPatch, theirs: PublicKey
) -> None:
    """Through an api that has the new public key, and through one that has not yet."""
    account = add("mine")
    seal = vault.seal

    def after_somebody_else(plain: str, **bound: object) -> str:
        monkeypatch.setattr(vault, "seal", seal)
        Account.objects.update(sealed=sealed(account, theirs, "entered meanwhile"), key_id=theirs.id)
        return seal(plain, **bound)  # type: ignore[arg-type]

    monkeypatch.setattr(vault, "seal", after_somebody_else)
    assert rotate.run() == (1 if theirs == K1 else 0)
    assert secret_of(account) == "entered meanwhile"
    assert keys(account) == (theirs.id, theirs.id)
    assert rotate.run() == 0
    assert secret_of(account) == "entered meanwhile"
    assert keys(account) == ("k2", "k2")


def test_an_account_that_is_deleted_meanwhile_stays_deleted(
    add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    add("gone")
    seal = vault.seal
    monkeypatch.setattr(
        vault, "seal", lambda *all, **bound: (Account.objects.all().delete(), seal(*all, **bound))[1]
    )
    assert rotate.run() == 0
    assert not Account.objects.exists()


def test_what_the_old_key_seals_behind_its_back_is_turned_in_the_next_round(
    add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = add("first"), add("second")
    seal, sealing = vault.seal, iter([True, False])

    def after_somebody_else(plain: str, **bound: object) -> str:
        if not next(sealing, True):
            Account.objects.filter(id=first.id).update(sealed=behind)
        return seal(plain, **bound)  # type: ignore[arg-type]

    behind = sealed(first, K1, "entered meanwhile")
    monkeypatch.setattr(vault, "seal", after_somebody_else)
    assert rotate.run() == 0
    assert (secret_of(first), secret_of(second)) == ("entered meanwhile", FIRST)
    assert keys(first) == keys(second) == ("k2", "k2")


def test_more_than_a_batch_is_turned_and_counted(
    add: Add, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(rotate, "BATCH", 2)
    for number in range(5):
        add(str(number))
    assert rotate.run() == 0
    assert set(Account.objects.values_list("key_id", flat=True)) == {"k2"}
    assert "2 sealed anew with k2, 3 with another key." in caplog.text
    assert "k2 opens 5, k1 opens 0" in caplog.text


@pytest.mark.parametrize(
    ("what", "dry_run", "check"),
    [("new", 0, 0), ("old", 0, 1), ("lost", 1, 1)],
)
def test_looking_changes_nothing_and_its_code_says_what_was_found(
    add: Add, caplog: pytest.LogCaptureFixture, what: str, dry_run: int, check: int
) -> None:
    account = add(what, {"new": K2, "old": K1, "lost": K0}[what])
    assert rotate.run(dry_run=True) == dry_run
    assert rotate.run(check=True) == check
    assert Account.objects.get().sealed == account.sealed
    told = {"new": "k2 opens 1, k1 opens 0", "old": "k2 opens 0, k1 opens 1", "lost": "1 cannot be opened"}
    assert told[what] in caplog.text
    assert ("✅" in caplog.text) == (what == "new")
    assert "sealed anew" not in caplog.text


def test_a_ring_of_one_key_has_nothing_to_lose(
    add: Add, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.VAULT_RING = vault.parse_ring(OLD[1])
    add("old")
    assert rotate.run(check=True) == 0
    assert "✅ k1 is the only key of the ring" in caplog.text


def test_a_database_that_goes_away_is_a_sentence(
    add: Add, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    add("old")

    def away(*_: object) -> bool:
        raise OperationalError("server closed the connection")

    monkeypatch.setattr(rotate, "turn", away)
    assert rotate.run() == 1
    assert "❌ Broken off by the database: server closed the connection Run this again" in caplog.text
