"""The vault's keys on the way to AWS: how a pair is made, and that nothing tampered with is ever used."""

import json
import random
import socket
from collections.abc import Iterator

import pytest
from pytest_django import Settings

from scheduler import account_test, connect
from scheduler.__main__ import main
from shared import vault
from shared.errors import CredentialUnusable
from shared.fleet.models import Account, Region
from shared.people.models import Workspace

KEYS = 2
SWAPS, FLIPS = 200, 1000
PAIR = '{"access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": "of another field"}'


@pytest.fixture
def aws(settings: Settings) -> Iterator[socket.socket]:
    """Where AWS should be somebody would take every connection."""
    with socket.create_server(("127.0.0.1", 0), backlog=SWAPS) as server:
        server.setblocking(False)
        settings.AWS_ENDPOINT_URL = f"http://127.0.0.1:{server.getsockname()[1]}"
        settings.AWS_IDENTITY = ("AKIAIOSFODNN7EXAMPLE", "an identity nothing may fall back to")
        yield server


def nobody_called(server: socket.socket) -> bool:
    try:
        server.accept()
    except BlockingIOError:
        return True
    return False


@pytest.fixture
def accounts(settings: Settings, aws: socket.socket, db: None) -> list[Account]:
    """Accounts of two workspaces, by turns under either of two keys."""
    pairs = [vault.generate(f"k{number}") for number in range(KEYS)]
    settings.VAULT_RING = vault.parse_ring("\n".join(private for _, private in pairs))
    publics = [vault.parse_public(public) for public, _ in pairs]
    spaces = [Workspace.objects.create(name=name) for name in ("one", "two")]
    made = []
    for number in range(20):
        account = Account(workspace=spaces[number % 2], name=f"account {number}", kind=Account.Kind.KEYS)
        pair = {"access_key_id": f"AKIA{number:016}", "secret_access_key": f"secret {number}"}
        key = publics[number // 2 % KEYS]
        account.sealed = vault.seal(json.dumps(pair), key=key, uid=str(account.uid), field="credential")
        account.key_id = key.id
        made.append(account)
    Account.objects.bulk_create(made)
    return made


def test_each_opens_where_it_belongs(accounts: list[Account]) -> None:
    opened = [connect.credentials(account).base for account in accounts]
    assert opened == [(f"AKIA{number:016}", f"secret {number}") for number in range(20)]


def test_a_credential_moved_to_another_account_is_refused_before_anybody_is_called(
    accounts: list[Account], aws: socket.socket
) -> None:
    """Between rows, workspaces and keys: 200 of the 380 ways."""
    ways = [(mine, theirs) for mine in accounts for theirs in accounts if mine is not theirs]
    for mine, theirs in random.Random(37).sample(ways, SWAPS):
        Account.objects.filter(id=mine.id).update(
            sealed=theirs.sealed, key_id=theirs.key_id, wanted_test_at="2026-11-23T12:00Z", tested_at=None
        )
        account_test.test_account(mine.id)
        found = Account.objects.values_list("status", "error_code").get(id=mine.id)
        assert found == ("unusable", "credential_unusable")
    assert nobody_called(aws)


def test_a_value_sealed_for_another_field_is_refused(
    accounts: list[Account], aws: socket.socket, settings: Settings
) -> None:
    key = vault.newest(settings.VAULT_RING)
    for account in accounts:
        account.sealed = vault.seal(PAIR, key=key, uid=str(account.uid), field="external")
        with pytest.raises(CredentialUnusable):
            connect.connect(Region(account=account, name="eu-central-1"))
    assert nobody_called(aws)


def test_a_credential_with_one_bit_flipped_is_refused(accounts: list[Account], aws: socket.socket) -> None:
    """Any bit of the text as it is stored, 1,000 of them: version, key's id, every character of the rest."""
    account = accounts[0]
    whole = account.sealed
    bits = [(place, bit) for place in range(len(whole)) for bit in range(8)]
    for place, bit in random.Random(37).sample(bits, FLIPS):
        account.sealed = f"{whole[:place]}{chr(ord(whole[place]) ^ 1 << bit)}{whole[place + 1 :]}"
        with pytest.raises(CredentialUnusable):
            connect.connect(Region(account=account, name="eu-central-1"))
    assert nobody_called(aws)


def test_a_pair_is_made_under_the_name_that_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, name in ((["keygen"], "k1"), (["keygen", "k2"], "k2")):
        assert main(arguments) == 0
        public, private = capsys.readouterr().out.splitlines()
        assert vault.newest(vault.parse_ring(private)) == vault.parse_public(public)
        assert vault.parse_public(public).id == name


@pytest.mark.parametrize("name", ["k-2", "", "k" * 33])
def test_a_name_that_could_not_be_stored_is_refused(name: str) -> None:
    with pytest.raises(SystemExit):
        main(["keygen", name])
